/* gate.h: who may ask at all: Origin, Host, Content-Type, rate and token, before any route acts. */
#ifndef INVENTIV_MOCKCLOUD_GATE_H
#define INVENTIV_MOCKCLOUD_GATE_H

#include "mockcloud/call.h"

/* False when the call is refused, and then answered. */
bool gate_admits(struct call *call);

#endif
