/* dispatch.h: from a request to its handler and back: finds the route, holds to its limits, runs
 * the handler on the loop or in its pool, sends the reply, logs what went wrong. */
#ifndef INVENTIV_API_DISPATCH_H
#define INVENTIV_API_DISPATCH_H

#include "api/api.h"

/* The http_handler of the API's server; context is the struct api. */
void dispatch_request(struct http_request *request, void *context);

#endif
