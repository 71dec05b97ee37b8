#include "mockcloud/gate.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/digest.h"
#include "mockcloud/routes.h"

enum { GATE_MS_A_SECOND = 1000 };

static void
gate_refuse(struct call *call, int status, const char *message)
{
    call_reply(call, status,
               json_pack("{s:s, s:s}", "type", "invalid_request_error", "message", message));
}

static bool
gate_host_is_local(const char *host)
{
    const char *after;

    if (host == NULL) {
        return false;
    }
    if (strncasecmp(host, "localhost", 9) == 0) {
        after = host + 9;
    } else if (strncmp(host, "[::1]", 5) == 0) {
        after = host + 5;
    } else if (strncmp(host, "127.", 4) == 0) {
        after = host + strspn(host, "0123456789.");
    } else {
        return false;
    }
    if (*after == ':') {
        after += 1 + strspn(after + 1, "0123456789");
    }
    return *after == '\0';
}

static bool
gate_content_type_is(const char *given, const char *wanted)
{
    size_t length = strlen(wanted);

    return given != NULL && strncasecmp(given, wanted, length) == 0 &&
           (given[length] == '\0' || given[length] == ';' || isspace((unsigned char)given[length]));
}

static bool
gate_body_is_declared(const struct call *call)
{
    const char *given = http_request_header(call->request, "Content-Type");

    switch (call->route->body) {
    case ROUTE_BODY_NONE:
        return true;
    case ROUTE_BODY_JSON:
        return gate_content_type_is(given, "application/json");
    case ROUTE_BODY_TEXT:
        return gate_content_type_is(given, "text/plain");
    }
    return false;
}

static bool
gate_token_fits(const struct call *call)
{
    const char *given = http_request_header(call->request, "X-Auth-Token");
    const char *wanted = config_text(call->cloud->config, SETTING_MOCKCLOUD_SECRET_KEY);

    return given != NULL && digest_equal(given, wanted);
}

/* At most MOCKCLOUD_CALLS_PER_SECOND in each second of the clock. */
static bool
gate_rate_allows(struct cloud *cloud)
{
    int64_t limit = config_count(cloud->config, SETTING_MOCKCLOUD_CALLS_PER_SECOND);
    int64_t second = clock_monotonic_ms() / GATE_MS_A_SECOND;

    if (second != cloud->rate_second) {
        cloud->rate_second = second;
        cloud->rate_calls = 0;
    }
    cloud->rate_calls++;
    return limit == 0 || cloud->rate_calls <= limit;
}

static bool
gate_refuse_rate(struct call *call)
{
    int64_t limit = config_count(call->cloud->config, SETTING_MOCKCLOUD_CALLS_PER_SECOND);

    call_throttled(call, limit, 1);
    return false;
}

static bool
gate_refuse_token(struct call *call)
{
    bool given = http_request_header(call->request, "X-Auth-Token") != NULL;

    call_denied(call, given ? "not_found" : "invalid_argument");
    return false;
}

bool
gate_admits(struct call *call)
{
    if (http_request_header(call->request, "Origin") != NULL) {
        gate_refuse(call, 403, "requests of web pages are refused");
        return false;
    }
    if (!gate_host_is_local(http_request_header(call->request, "Host"))) {
        gate_refuse(call, 403, "this cloud answers to loopback names only");
        return false;
    }
    if (call->route->is_provider) {
        if (!gate_token_fits(call)) {
            return gate_refuse_token(call);
        }
        if (!gate_rate_allows(call->cloud)) {
            return gate_refuse_rate(call);
        }
    }
    if (!gate_body_is_declared(call)) {
        gate_refuse(call, 415, "wrong Content-Type");
        return false;
    }
    return true;
}
