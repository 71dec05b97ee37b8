#include "base/http_transfer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

static size_t
http_transfer_on_body(char *bytes, size_t size, size_t count, void *argument)
{
    struct http_transfer *transfer = argument;
    size_t length = size * count;

    if (transfer->reply.length + length > transfer->call->reply_max) {
        transfer->reply_too_long = true;
        return CURL_WRITEFUNC_ERROR;
    }
    buffer_add(&transfer->reply, bytes, length);
    return length;
}

/* A whole number of at most 15 digits, or -1. */
static int64_t
http_transfer_number(const char *text, size_t length)
{
    int64_t number = 0;

    if (length == 0 || length > 15) {
        return -1;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

/* The value of the header line when it is called name; trimmed. */
static bool
http_transfer_header_is(const char *line, size_t length, const char *name, const char **value,
                        size_t *value_length)
{
    size_t name_length = strlen(name);

    if (length <= name_length || line[name_length] != ':' ||
        strncasecmp(line, name, name_length) != 0) {
        return false;
    }
    const char *begin = line + name_length + 1;
    const char *end = line + length;
    while (begin < end && strchr(" \t", *begin) != NULL) {
        begin++;
    }
    while (end > begin && strchr(" \t\r\n", end[-1]) != NULL) {
        end--;
    }
    *value = begin;
    *value_length = (size_t)(end - begin);
    return true;
}

static size_t
http_transfer_on_header(char *line, size_t size, size_t count, void *argument)
{
    struct http_transfer *transfer = argument;
    struct http_call *call = transfer->call;
    size_t length = size * count;
    const char *value;
    size_t value_length;

    if (length > 5 && strncmp(line, "HTTP/", 5) == 0) {
        transfer->head_whole = false; /* another head, after a 100 */
    } else if (line[0] == '\r' || line[0] == '\n') {
        transfer->head_whole = true; /* trailers may follow */
    }
    if (http_transfer_header_is(line, length, "Retry-After", &value, &value_length)) {
        int64_t seconds = http_transfer_number(value, value_length);
        call->retry_after_ms = seconds < 0 ? -1 : seconds * 1000;
    } else if (http_transfer_header_is(line, length, "X-Total-Count", &value, &value_length)) {
        call->total_count = http_transfer_number(value, value_length);
    } else if (call->wanted_header != NULL && call->header[0] == '\0' &&
               http_transfer_header_is(line, length, call->wanted_header, &value, &value_length)) {
        call->header = arena_strndup(transfer->arena, value, value_length);
    }
    return length;
}

static void
http_transfer_count_sent(struct http_transfer *transfer, const char *bytes, size_t length)
{
    static const char blank_line[] = "\r\n\r\n";
    size_t i = 0;

    for (; i < length && transfer->head_end < 4; i++) {
        bool next = bytes[i] == blank_line[transfer->head_end];
        transfer->head_end = next ? transfer->head_end + 1 : bytes[i] == '\r';
    }
    transfer->body_sent += length - i;
    transfer->sent_any = true;
    if (transfer->sent_all || transfer->head_end < 4 ||
        transfer->body_sent < transfer->call->body_length) {
        return;
    }
    transfer->sent_all = true;
    if (transfer->call->on_sent != NULL) {
        transfer->call->on_sent(transfer->call->on_sent_argument);
    }
}

/* libcurl tells here, right after each write to the connection, what it wrote: the one way to
 * know that a request is on the wire, or that nothing of it is. */
static int
http_transfer_on_debug(CURL *easy, curl_infotype type, char *bytes, size_t length, void *argument)
{
    struct http_transfer *transfer = argument;

    (void)easy;
    if (type == CURLINFO_HEADER_OUT) { /* once a request: a repeated one starts anew */
        transfer->head_end = 0;
        transfer->body_sent = 0;
    }
    if (type == CURLINFO_HEADER_OUT || type == CURLINFO_DATA_OUT) {
        http_transfer_count_sent(transfer, bytes, length);
    }
    return 0;
}

/* Once connected, right before the first byte.  This process may have been stopped meanwhile; what is
 * sent later than its deadline can be counted on by nobody any more. */
static int
http_transfer_on_connected(void *argument, char *peer, char *own, int peer_port, int own_port)
{
    const struct http_transfer *transfer = argument;

    (void)peer, (void)own, (void)peer_port, (void)own_port;
    return clock_monotonic_ms() < transfer->deadline_ms ? CURL_PREREQFUNC_OK
                                                        : CURL_PREREQFUNC_ABORT;
}

static void
http_transfer_set_headers(struct http_transfer *transfer)
{
    const char *const *headers = transfer->call->headers;
    bool typed = false;

    for (size_t i = 0; headers != NULL && headers[i] != NULL; i++) {
        transfer->headers = curl_slist_append(transfer->headers, headers[i]);
        typed = typed || strncasecmp(headers[i], "Content-Type:", 13) == 0;
    }
    /* Without a value libcurl sends none of its own making. */
    transfer->headers = curl_slist_append(transfer->headers, "Expect:");
    if (!typed) {
        transfer->headers = curl_slist_append(transfer->headers, "Content-Type:");
    }
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
}

static void
http_transfer_set_request(struct http_transfer *transfer)
{
    const struct http_call *call = transfer->call;
    CURL *easy = transfer->easy;
    bool takes_body = strcmp(call->method, "POST") == 0 || strcmp(call->method, "PUT") == 0 ||
                      strcmp(call->method, "PATCH") == 0;

    curl_easy_setopt(easy, CURLOPT_URL, call->url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    if (call->body != NULL || takes_body) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_length);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body == NULL ? "" : call->body);
    } else if (strcmp(call->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
    http_transfer_set_headers(transfer);
}

static void
http_transfer_set_limits(struct http_transfer *transfer, int64_t now_ms)
{
    const struct http_call *call = transfer->call;
    CURL *easy = transfer->easy;
    int64_t left_ms = transfer->deadline_ms - now_ms;
    int64_t connect_ms = call->connect_timeout_ms > 0 ? call->connect_timeout_ms : left_ms;

    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)left_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)call->fresh);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, (long)call->fresh);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* wait for no name server at the end */
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

static void
http_transfer_set_callbacks(struct http_transfer *transfer)
{
    CURL *easy = transfer->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->failure);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, http_transfer_on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, http_transfer_on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, http_transfer_on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, http_transfer_on_debug);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}

void
http_transfer_prepare(struct http_transfer *transfer, struct arena *arena, struct http_call *call,
                      int64_t now_ms)
{
    *transfer = (struct http_transfer){
        .call = call, .arena = arena, .started_ms = now_ms, .deadline_ms = now_ms + call->timeout_ms
    };
    call->outcome = HTTP_NOT_SENT;
    call->status = 0;
    call->retry_after_ms = -1;
    call->total_count = -1;
    call->header = "";
}

void
http_transfer_start(struct http_transfer *transfer, int64_t now_ms)
{
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL) {
        abort(); /* only for want of memory */
    }
    http_transfer_set_request(transfer);
    http_transfer_set_limits(transfer, now_ms);
    http_transfer_set_callbacks(transfer);
}

static const char *
http_transfer_failure(const struct http_transfer *transfer, CURLcode code, int64_t duration_ms)
{
    if (code == CURLE_OK) {
        return "the connection ended in the head of the reply";
    }
    if (transfer->reply_too_long) {
        return arena_printf(transfer->arena, "reply longer than %zu bytes",
                            transfer->call->reply_max);
    }
    if (code == CURLE_ABORTED_BY_CALLBACK) {
        return "its time was over before it could be sent";
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return arena_printf(transfer->arena, "%s within %lld ms",
                            transfer->sent_any ? "no whole answer" : "not connected",
                            (long long)duration_ms);
    }
    return transfer->failure[0] == '\0' ? curl_easy_strerror(code)
                                        : arena_strdup(transfer->arena, transfer->failure);
}

static void
http_transfer_keep_reply(struct http_transfer *transfer, long status)
{
    struct http_call *call = transfer->call;
    const char *type = NULL;

    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
    call->outcome = HTTP_ANSWERED;
    call->status = (int)status;
    call->content_type = type == NULL ? "" : arena_strdup(transfer->arena, type);
    call->reply_length = transfer->reply.length;
    if (call->reply_length > 0) {
        call->reply = arena_strndup(transfer->arena, transfer->reply.bytes, call->reply_length);
    }
}

void
http_transfer_end(struct http_transfer *transfer, CURLcode code)
{
    struct http_call *call = transfer->call;
    long status = 0;

    call->duration_ms = clock_monotonic_ms() - transfer->started_ms;
    call->outcome = transfer->sent_any ? HTTP_NO_ANSWER : HTTP_NOT_SENT;
    call->reply = "";
    call->reply_length = 0;
    call->content_type = "";
    call->failure = "";
    if (transfer->easy != NULL) {
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    }
    if (code == CURLE_OK && status > 0 && transfer->head_whole) {
        http_transfer_keep_reply(transfer, status);
    } else {
        call->failure = http_transfer_failure(transfer, code, call->duration_ms);
    }
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    buffer_free(&transfer->reply);
    transfer->easy = NULL;
    transfer->headers = NULL;
    transfer->ended = true;
}
