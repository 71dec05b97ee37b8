/* scaleway.h: the driver for Scaleway's Instance v1 and Block v1 APIs. */
#ifndef INVENTIV_PROVIDER_SCALEWAY_H
#define INVENTIV_PROVIDER_SCALEWAY_H

#include "provider/provider.h"

extern const struct provider_ops scaleway;

#endif
