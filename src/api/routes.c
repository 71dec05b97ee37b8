/* routes.c: the table of endpoint.h.  What is asked most comes first. */
#include "api/agent_binary.h"
#include "api/endpoint.h"
#include "api/event_stream.h"
#include "api/handlers.h"
#include "api/ingest.h"
#include "base/mem.h"

#define ON_LOOP(handler) .on_loop = (handler)
#define IN(pool_id, handler) .pool = API_POOL_##pool_id, .in_pool = (handler)

const struct endpoint endpoints[] = {
    { "POST", "/internal/worker/heartbeat", ROLE_WORKER, ENDPOINT_WORKER_JSON,
      ON_LOOP(ingest_take) },
    { "POST", "/internal/worker/register", ROLE_WORKER, ENDPOINT_WORKER_JSON,
      IN(ENROLMENT, handle_register) },
    { "GET", "/agent/{id}", ROLE_NOBODY, ENDPOINT_NO_BODY, ON_LOOP(agent_binary_serve) },
    { "GET", "/healthz", ROLE_NOBODY, ENDPOINT_NO_BODY, ON_LOOP(handle_healthz) },
    { "GET", "/readyz", ROLE_NOBODY, ENDPOINT_NO_BODY, IN(ORDINARY, handle_readyz) },
    { "GET", "/version", ROLE_NOBODY, ENDPOINT_NO_BODY, ON_LOOP(handle_version) },
    { "GET", "/", ROLE_NOBODY, ENDPOINT_NO_BODY, ON_LOOP(handle_welcome) },
    { "POST", "/auth/login", ROLE_NOBODY, ENDPOINT_JSON, IN(PASSWORD, handle_login) },
    { "POST", "/auth/logout", ROLE_VIEWER, ENDPOINT_NO_BODY, IN(ORDINARY, handle_logout) },
    { "GET", "/auth/me", ROLE_VIEWER, ENDPOINT_NO_BODY, IN(ORDINARY, handle_me) },
    { "POST", "/deployments", ROLE_OPERATOR, ENDPOINT_JSON, IN(ORDINARY, handle_deploy) },
    { "GET", "/instances", ROLE_VIEWER, ENDPOINT_NO_BODY, IN(ORDINARY, handle_instances) },
    { "GET", "/instances/{id}", ROLE_VIEWER, ENDPOINT_NO_BODY, IN(ORDINARY, handle_instance) },
    { "DELETE", "/instances/{id}", ROLE_OPERATOR, ENDPOINT_NO_BODY,
      IN(ORDINARY, handle_terminate) },
    { "POST", "/instances/{id}/drain", ROLE_OPERATOR, ENDPOINT_NO_BODY,
      IN(ORDINARY, handle_drain) },
    { "POST", "/instances/{id}/reinstall", ROLE_OPERATOR, ENDPOINT_NO_BODY,
      IN(ORDINARY, handle_reinstall) },
    { "PUT", "/instances/{id}/archive", ROLE_OPERATOR, ENDPOINT_NO_BODY,
      IN(ORDINARY, handle_archive) },
    { "POST", "/instances/{id}/ask", ROLE_OPERATOR, ENDPOINT_JSON, IN(ASK, handle_ask) },
    { "GET", "/routing", ROLE_VIEWER, ENDPOINT_NO_BODY, IN(ORDINARY, handle_routing) },
    { "GET", "/models", ROLE_VIEWER, ENDPOINT_NO_BODY, IN(ORDINARY, handle_models) },
    { "GET", "/providers", ROLE_VIEWER, ENDPOINT_NO_BODY, IN(ORDINARY, handle_providers) },
    { "GET", "/regions", ROLE_VIEWER, ENDPOINT_NO_BODY, IN(ORDINARY, handle_regions) },
    { "GET", "/zones", ROLE_VIEWER, ENDPOINT_NO_BODY, IN(ORDINARY, handle_zones) },
    { "POST", "/zones/{id}/confirm-vanished", ROLE_OPERATOR, ENDPOINT_NO_BODY,
      IN(ORDINARY, handle_confirm_vanished) },
    { "GET", "/instance_types", ROLE_VIEWER, ENDPOINT_NO_BODY,
      IN(ORDINARY, handle_instance_types) },
    { "GET", "/alerts", ROLE_VIEWER, ENDPOINT_NO_BODY, IN(ORDINARY, handle_alerts) },
    { "GET", "/action_logs", ROLE_VIEWER, ENDPOINT_NO_BODY, IN(ORDINARY, handle_action_logs) },
    { "GET", EVENT_STREAM_PATH, ROLE_VIEWER, ENDPOINT_NO_BODY, IN(ORDINARY, handle_events) },
    { "GET", "/action_types", ROLE_VIEWER, ENDPOINT_NO_BODY, IN(ORDINARY, handle_action_types) },
};

const size_t endpoint_count = ARRAY_LENGTH(endpoints);
