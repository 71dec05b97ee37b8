#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/http_parts.h"
#include "base/mem.h"

/* MHD calls this when the request line is whole, with the URI as it came. */
void *
http_request_on_uri(void *argument, const char *uri, struct MHD_Connection *mhd)
{
    struct http_server *server = argument;
    struct http_request *request = mem_zalloc(sizeof *request);
    struct http_connection *connection =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;

    request->mhd = mhd;
    request->connection = connection;
    request->peer = connection->peer;
    request->started_ms = clock_monotonic_ms();
    request->refusal = http_strict_uri(uri, &request->path_offset);
    connection->request = request;
    connection->since_ms = request->started_ms;
    server->requests++;
    return request;
}

void
http_request_free(struct http_request *request)
{
    if (request->response != NULL) {
        MHD_destroy_response(request->response);
    }
    if (request->stream.fill != NULL) {
        request->stream.ended(request->stream.context);
    }
    arena_free(request->arena);
    buffer_free(&request->body);
    mem_free(request);
}

/* The one place where a request ends for MHD, however it ended. */
void
http_request_on_completed(void *argument, struct MHD_Connection *mhd, void **context,
                          enum MHD_RequestTerminationCode code)
{
    struct http_server *server = argument;
    struct http_request *request = *context;

    (void)mhd;
    (void)code;
    *context = NULL;
    if (request == NULL) {
        return;
    }
    struct http_connection *connection = request->connection;
    connection->request = NULL;
    connection->since_ms = clock_monotonic_ms();
    server->requests--;
    if (server->draining) {
        shutdown(connection->fd, SHUT_RD); /* what was written still goes out */
    }
    request->connection = NULL;
    request->mhd = NULL;
    if (!request->handed || request->replied) {
        http_request_free(request);
    }
}

void
http_request_orphan(struct http_request *request)
{
    struct arena *arena = http_request_arena(request);

    request->method = arena_strdup(arena, request->method);
    request->path = arena_strdup(arena, request->path);
    request->peer = arena_strdup(arena, request->peer);
    if (request->suspended) {
        request->suspended = false;
        MHD_resume_connection(request->mhd);
    }
    request->mhd = NULL;
}

static enum MHD_Result
http_request_refuse(struct http_request *request, const struct http_refusal *refusal)
{
    request->in_call = true;
    http_request_reply_error(request, refusal->status, refusal->code, refusal->message);
    return http_reply_queue(request);
}

/* The headers are whole.  Any answer given here makes MHD close the connection. */
static enum MHD_Result
http_request_begin(struct http_server *server, struct http_request *request, const char *url,
                   const char *method, const char *version)
{
    size_t content_length = 0;
    const struct http_refusal *refusal = http_strict_headers(
        request->mhd, method, version, server->options.body_max, &content_length);

    request->begun = true;
    request->method = method;
    request->path = url + request->path_offset;
    if (request->refusal != NULL || refusal != NULL) {
        return http_request_refuse(request, request->refusal == NULL ? refusal : request->refusal);
    }
    if (content_length > 0) {
        request->body.bytes = mem_alloc(content_length + 1);
        request->body.capacity = content_length + 1;
    }
    return MHD_YES;
}

/* Only a chunked body can turn out too long here.  It cannot be refused before its end, so it is
 * swallowed up to twice the limit, for the sake of an answer, and then cut. */
static enum MHD_Result
http_request_take(struct http_server *server, struct http_request *request, const char *upload,
                  size_t *upload_length)
{
    request->body_seen += *upload_length;
    if (request->body_seen > 2 * server->options.body_max) {
        return MHD_NO;
    }
    if (request->body_seen <= server->options.body_max) {
        buffer_add(&request->body, upload, *upload_length);
    }
    *upload_length = 0;
    return MHD_YES;
}

static enum MHD_Result
http_request_hand(struct http_server *server, struct http_request *request)
{
    static const struct http_refusal too_large = { 413, "body_too_large",
                                                   "the request body is too large" };

    if (request->body_seen > server->options.body_max) {
        return http_request_refuse(request, &too_large);
    }
    request->in_call = true;
    request->handed = true;
    server->options.handler(request, server->options.context);
    request->in_call = false;
    if (request->replied) {
        return http_reply_queue(request);
    }
    request->suspended = true;
    MHD_suspend_connection(request->mhd);
    return MHD_YES;
}

enum MHD_Result
http_request_on_call(void *argument, struct MHD_Connection *mhd, const char *url,
                     const char *method, const char *version, const char *upload,
                     size_t *upload_length, void **context)
{
    struct http_request *request = *context;

    (void)mhd;
    if (request == NULL || request->mhd == NULL || request->handed) {
        return MHD_NO;
    }
    if (!request->begun) {
        return http_request_begin(argument, request, url, method, version);
    }
    if (*upload_length > 0) {
        return http_request_take(argument, request, upload, upload_length);
    }
    return http_request_hand(argument, request);
}

const char *
http_request_method(const struct http_request *request)
{
    return request->method;
}

const char *
http_request_path(const struct http_request *request)
{
    return request->path;
}

static const char *
http_request_value(const struct http_request *request, enum MHD_ValueKind kind, const char *name)
{
    const char *value = NULL;

    if (request->mhd == NULL ||
        MHD_lookup_connection_value_n(request->mhd, kind, name, strlen(name), &value, NULL) !=
            MHD_YES) {
        return NULL;
    }
    return value == NULL ? "" : value; /* "?name" without "=" */
}

const char *
http_request_query(const struct http_request *request, const char *name)
{
    return http_request_value(request, MHD_GET_ARGUMENT_KIND, name);
}

const char *
http_request_header(const struct http_request *request, const char *name)
{
    return http_request_value(request, MHD_HEADER_KIND, name);
}

const char *
http_request_body(const struct http_request *request, size_t *length)
{
    if (length != NULL) {
        *length = request->body.length;
    }
    return request->body.length == 0 ? "" : request->body.bytes;
}

const char *
http_request_peer(const struct http_request *request)
{
    return request->peer;
}

struct arena *
http_request_arena(struct http_request *request)
{
    if (request->arena == NULL) {
        request->arena = arena_new();
    }
    return request->arena;
}

int64_t
http_request_age_ms(const struct http_request *request)
{
    return clock_monotonic_ms() - request->started_ms;
}

bool
http_request_is_surplus(const struct http_request *request)
{
    return request->connection->surplus;
}

bool
http_request_hung_up(const struct http_request *request)
{
    return request->mhd == NULL || request->connection->hung_up_ms != 0;
}
