/* http_client.c: drives the multi handle.  What becomes of one call is decided in
 * http_transfer.c. */
#include "base/http_client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/http_transfer.h"
#include "base/mem.h"

struct http_client {
    CURLM *multi;
};

static void
http_client_start_curl(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        abort();
    }
}

struct http_client *
http_client_new(size_t at_once)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct http_client *client = mem_zalloc(sizeof *client);

    pthread_once(&once, http_client_start_curl);
    client->multi = curl_multi_init();
    if (client->multi == NULL) {
        abort(); /* only for want of memory */
    }
    curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)at_once);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)at_once); /* kept when idle */
    curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    return client;
}

void
http_client_free(struct http_client *client)
{
    if (client != NULL) {
        curl_multi_cleanup(client->multi);
        mem_free(client);
    }
}

static void
http_client_collect(struct http_client *client)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        struct http_transfer *transfer = NULL;
        CURLcode code = message->data.result;
        if (message->msg == CURLMSG_DONE) {
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
            curl_multi_remove_handle(client->multi, transfer->easy);
            http_transfer_end(transfer, code);
        }
    }
}

/* Calls that libcurl did not end in time itself, such as those that wait for a connection. */
static size_t
http_client_expire(struct http_client *client, struct http_transfer *transfers, size_t count,
                   int64_t *next_ms)
{
    int64_t now_ms = clock_monotonic_ms();
    size_t open = 0;

    *next_ms = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        if (transfers[i].easy == NULL) {
            continue;
        }
        if (transfers[i].deadline_ms <= now_ms) {
            curl_multi_remove_handle(client->multi, transfers[i].easy);
            http_transfer_end(&transfers[i], CURLE_OPERATION_TIMEDOUT);
            continue;
        }
        open++;
        if (transfers[i].deadline_ms < *next_ms) {
            *next_ms = transfers[i].deadline_ms;
        }
    }
    *next_ms -= now_ms;
    return open;
}

void
http_client_run(struct http_client *client, struct arena *arena, struct http_call **calls,
                size_t count)
{
    struct http_transfer *transfers = mem_zalloc(sizeof *transfers * count);
    int64_t now_ms = clock_monotonic_ms();
    int64_t next_ms;
    int running;

    for (size_t i = 0; i < count; i++) {
        http_transfer_begin(&transfers[i], arena, calls[i], now_ms);
        curl_multi_add_handle(client->multi, transfers[i].easy);
    }
    while (http_client_expire(client, transfers, count, &next_ms) > 0) {
        curl_multi_perform(client->multi, &running);
        http_client_collect(client);
        if (running > 0) {
            /* libcurl's own timers, of which each call's limit is one, cut this short. */
            curl_multi_poll(client->multi, NULL, 0, (int)next_ms, NULL);
        }
    }
    mem_free(transfers);
}
