/* http_transfer.h: one call of http_client.h on one libcurl handle: its options, the bytes that
 * went out, the reply, and what the outcome is. */
#ifndef INVENTIV_BASE_HTTP_TRANSFER_H
#define INVENTIV_BASE_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "base/buffer.h"
#include "base/http_client.h"

struct http_lane;

struct http_transfer {
    struct http_call *call;
    CURL *easy; /* from its start to its end */
    bool ended;
    struct http_lane *lane; /* the client's; where it waits, and whose room it takes */
    struct http_transfer *next_in_lane;
    struct curl_slist *headers;
    struct arena *arena;
    struct buffer reply;
    int64_t started_ms;
    int64_t deadline_ms;
    bool reply_too_long;
    bool head_whole; /* libcurl is content with a head that was cut off */
    char failure[CURL_ERROR_SIZE];
    /* The request as it went out, byte by byte. */
    bool sent_any;
    bool sent_all;
    int head_end; /* how much of the blank line that ends the head has been seen */
    size_t body_sent;
};

/* The call's time runs from now on. */
void http_transfer_prepare(struct http_transfer *transfer, struct arena *arena,
                           struct http_call *call, int64_t now_ms);
/* Makes the handle, which the caller gives to the multi handle. */
void http_transfer_start(struct http_transfer *transfer, int64_t now_ms);
/* Fills the second part of the call; a handle must have left the multi handle. */
void http_transfer_end(struct http_transfer *transfer, CURLcode code);

#endif
