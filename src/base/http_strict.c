/* http_strict.c: what libmicrohttpd lets through and must not reach a handler, because another
 * server on the way may read it differently (request smuggling), or because MHD would wait for a
 * body that never ends.  A refused request closes its connection.
 *
 * What cannot be seen from here, and is left to the proxy in front: a line ": x" ends the headers
 * for MHD, and a NUL ends a value. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/http_parts.h"

struct http_strict_seen {
    int content_lengths;
    int transfer_encodings;
    int hosts;
    bool bad_name;
    bool chunked;
    unsigned long long content_length;
};

#define HTTP_REFUSAL(name, number, text)                                                           \
    static const struct http_refusal http_refusal_##name = { (number), "bad_request", (text) }

HTTP_REFUSAL(uri, 400, "the request target is not well formed");
HTTP_REFUSAL(name, 400, "a header name is not well formed");
HTTP_REFUSAL(length, 400, "more than one Content-Length");
HTTP_REFUSAL(host, 400, "more than one Host");
HTTP_REFUSAL(coding, 400, "a Transfer-Encoding other than chunked");
HTTP_REFUSAL(both, 400, "Transfer-Encoding beside Content-Length");
HTTP_REFUSAL(old, 400, "Transfer-Encoding in HTTP/1.0");
static const struct http_refusal http_refusal_connect = { 405, "method_not_allowed",
                                                          "CONNECT is not offered" };
static const struct http_refusal http_refusal_large = { 413, "body_too_large",
                                                        "the request body is too large" };

static bool
http_strict_is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Where the path begins in "http://host/path"; false where there is none or it is no such URI. */
static bool
http_strict_absolute(const char *uri, size_t *path_offset)
{
    size_t scheme = strncasecmp(uri, "http://", 7) == 0    ? 7
                    : strncasecmp(uri, "https://", 8) == 0 ? 8
                                                           : 0;
    size_t host = strcspn(uri + scheme, "/?#%");

    *path_offset = scheme + host;
    return scheme > 0 && host > 0 && uri[scheme + host] == '/';
}

const struct http_refusal *
http_strict_uri(const char *uri, size_t *path_offset)
{
    *path_offset = 0;
    for (const char *c = uri; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte <= 0x20 || byte == 0x7f) {
            return &http_refusal_uri;
        }
        if (byte == '%' && (!http_strict_is_hex(c[1]) || !http_strict_is_hex(c[2]) ||
                            (c[1] == '0' && c[2] == '0'))) {
            return &http_refusal_uri;
        }
    }
    if (uri[0] == '/' || strcmp(uri, "*") == 0 || http_strict_absolute(uri, path_offset)) {
        return NULL;
    }
    return &http_refusal_uri;
}

/* RFC 9110, 5.6.2: token. */
static bool
http_strict_is_token(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool alphanumeric =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alphanumeric && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL)) {
            return false;
        }
    }
    return length > 0;
}

static enum MHD_Result
http_strict_see(void *argument, enum MHD_ValueKind kind, const char *key, size_t key_size,
                const char *value, size_t value_size)
{
    struct http_strict_seen *seen = argument;

    (void)kind;
    (void)value_size;
    seen->bad_name |= !http_strict_is_token(key, key_size);
    if (key_size == 4 && strcasecmp(key, "Host") == 0) {
        seen->hosts++;
    } else if (key_size == 14 && strcasecmp(key, "Content-Length") == 0) {
        seen->content_lengths++;
        seen->content_length = strtoull(value == NULL ? "" : value, NULL, 10);
    } else if (key_size == 17 && strcasecmp(key, "Transfer-Encoding") == 0) {
        seen->transfer_encodings++;
        seen->chunked = value != NULL && strcasecmp(value, "chunked") == 0;
    }
    return MHD_YES;
}

static const struct http_refusal *
http_strict_framing(const struct http_strict_seen *seen, const char *version)
{
    if (seen->content_lengths > 1) {
        return &http_refusal_length;
    }
    if (seen->transfer_encodings == 0) {
        return NULL;
    }
    if (seen->transfer_encodings > 1 || !seen->chunked) {
        return &http_refusal_coding;
    }
    if (seen->content_lengths > 0) {
        return &http_refusal_both;
    }
    return strcmp(version, "HTTP/1.0") == 0 ? &http_refusal_old : NULL;
}

const struct http_refusal *
http_strict_headers(struct MHD_Connection *mhd, const char *method, const char *version,
                    size_t body_max, size_t *content_length)
{
    struct http_strict_seen seen = { 0 };

    MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, http_strict_see, &seen);
    *content_length = seen.content_length > body_max ? body_max : (size_t)seen.content_length;
    if (seen.bad_name) {
        return &http_refusal_name;
    }
    if (seen.hosts > 1) {
        return &http_refusal_host;
    }
    const struct http_refusal *framing = http_strict_framing(&seen, version);
    if (framing != NULL) {
        return framing;
    }
    if (strcmp(method, "CONNECT") == 0) {
        return &http_refusal_connect;
    }
    return seen.content_length > body_max ? &http_refusal_large : NULL;
}
