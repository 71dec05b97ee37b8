#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/http_parts.h"
#include "base/json.h"
#include "base/mem.h"

/* MHD keeps as much beside each response whose bytes it asks for. */
enum { HTTP_STREAM_BLOCK = 1024 };

/* Gives the reply to MHD, inside MHD's call or while the connection is suspended. */
enum MHD_Result
http_reply_queue(struct http_request *request)
{
    enum MHD_Result queued =
        MHD_queue_response(request->mhd, (unsigned)request->status, request->response);

    MHD_destroy_response(request->response); /* gives up our reference */
    request->response = NULL;
    return queued;
}

static void
http_reply_give(struct http_request *request, int status, struct MHD_Response *response)
{
    assert(!request->replied);
    request->replied = true;
    request->status = status;
    request->response = response;
    if (request->mhd == NULL) {
        http_request_free(request);
        return;
    }
    if (request->connection->server->draining) {
        MHD_add_response_header(response, "Connection", "close");
    }
    for (const struct http_header *header = request->headers; header != NULL;
         header = header->next) {
        MHD_add_response_header(response, header->name, header->value);
    }
    if (request->in_call) {
        return;
    }
    assert(request->suspended);
    http_reply_queue(request);
    request->suspended = false;
    MHD_resume_connection(request->mhd);
    http_server_ask_run(request->connection->daemon);
}

void
http_request_add_header(struct http_request *request, const char *name, const char *value)
{
    struct arena *arena = http_request_arena(request);
    struct http_header *header = arena_alloc(arena, sizeof *header);
    struct http_header **last = &request->headers;

    while (*last != NULL) {
        last = &(*last)->next;
    }
    header->name = arena_strdup(arena, name);
    header->value = arena_strdup(arena, value);
    *last = header;
}

void
http_request_reply(struct http_request *request, int status, const char *content_type,
                   const void *body, size_t length)
{
    void *copy = mem_alloc(length);

    if (length > 0) {
        memcpy(copy, body, length);
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(length, copy, mem_free);
    if (content_type != NULL) {
        MHD_add_response_header(response, "Content-Type", content_type);
    }
    http_reply_give(request, status, response);
}

void
http_request_reply_file(struct http_request *request, const char *path, const char *content_type)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold the loop */

    if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        if (fd >= 0) {
            close(fd);
        }
        http_request_reply_error(request, 404, "not_found", "no such file");
        return;
    }
    struct MHD_Response *response = MHD_create_response_from_fd64((uint64_t)about.st_size, fd);
    if (content_type != NULL) {
        MHD_add_response_header(response, "Content-Type", content_type);
    }
    http_reply_give(request, 200, response);
}

/* The bytes of a stream, asked for by MHD whenever the socket takes some. */
static ssize_t
http_reply_fill(void *argument, uint64_t position, char *bytes, size_t room)
{
    struct http_request *request = argument;
    struct http_connection *connection = request->connection;

    (void)position;
    connection->since_ms = clock_monotonic_ms();
    if (connection->hung_up_ms != 0) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    ssize_t count = connection->server->draining
                        ? HTTP_STREAM_OVER
                        : request->stream.fill(request->stream.context, bytes, room);
    if (count == HTTP_STREAM_OVER) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    if (count == 0) {
        request->suspended = true;
        MHD_suspend_connection(request->mhd);
    }
    return count;
}

void
http_request_reply_stream(struct http_request *request, const char *content_type,
                          const struct http_stream *stream)
{
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, HTTP_STREAM_BLOCK, http_reply_fill, request, NULL);

    bool goes_nowhere = request->mhd == NULL;

    request->stream = *stream;
    MHD_add_response_header(response, "Content-Type", content_type);
    http_reply_give(request, 200, response);
    if (!goes_nowhere) { /* streams are many and stay */
        arena_free(request->arena);
        request->arena = NULL;
        request->headers = NULL;
    }
}

void
http_request_wake(struct http_request *request)
{
    if (request->suspended && request->stream.fill != NULL) {
        request->suspended = false;
        MHD_resume_connection(request->mhd);
        http_server_ask_run(request->connection->daemon);
    }
}

static json_t *
http_reply_error_body(const char *code, const char *message)
{
    json_t *body = json_pack("{s:s, s:s}", "error", code, "message", message);

    /* A message that quotes a client may hold bytes that are no UTF-8. */
    return body == NULL ? json_pack("{s:s, s:s}", "error", code, "message", "") : body;
}

void
http_request_reply_error(struct http_request *request, int status, const char *code,
                         const char *message)
{
    CLEANUP_JSON json_t *body = http_reply_error_body(code, message == NULL ? "" : message);
    const char *text = json_text(http_request_arena(request), body);

    http_request_reply(request, status, "application/json", text, strlen(text));
}

/* The descriptor is MHD's and stays open: it finds that it cannot send, and closes it. */
void
http_request_abort(struct http_request *request, const void *bytes, size_t length)
{
    if (request->mhd != NULL) {
        int fd = request->connection->fd;
        ssize_t ignored = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)ignored;
        shutdown(fd, SHUT_RDWR);
    }
    http_reply_give(request, 500,
                    MHD_create_response_from_buffer_with_free_callback(0, mem_alloc(0), mem_free));
}
