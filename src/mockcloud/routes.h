/* routes.h: the one table of what the local cloud answers to.  An operation's name is what
 * /_requests counts by and what a fault's rule names. */
#ifndef INVENTIV_MOCKCLOUD_ROUTES_H
#define INVENTIV_MOCKCLOUD_ROUTES_H

#include "mockcloud/call.h"

enum route_body { ROUTE_BODY_NONE, ROUTE_BODY_JSON, ROUTE_BODY_TEXT };

struct route {
    const char *method;
    const char *path; /* {zone}, {id} and {key} stand for one segment each */
    const char *operation;
    void (*handler)(struct call *call);
    enum route_body body;
    bool is_provider; /* of the provider's API: needs the token, is counted in the rate */
};

/* Every operation of the provider's API, with blanks between. */
extern const char routes_provider_operations[];

/* The http_handler of the cloud's listener; context is the struct cloud. */
void routes_handle(struct http_request *request, void *context);

#endif
