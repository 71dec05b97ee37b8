/* http_client.c: which calls run, and when.  What becomes of one call is decided in
 * http_transfer.c.
 *
 * Calls wait for their host's turn here, in lanes, and not in libcurl: of the handles that wait
 * in its own queue (CURLMOPT_MAX_HOST_CONNECTIONS) 7.88 forgets some, which then end by their
 * time limit. */
#include "base/http_client.h"

#include <curl/curl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/http_transfer.h"
#include "base/mem.h"

struct http_client {
    CURLM *multi;
    size_t at_once;
};

/* The calls to one scheme, host and port. */
struct http_lane {
    struct http_lane *next;
    const char *host;
    size_t host_length;
    size_t running;
    struct http_transfer *first; /* of those that wait */
    struct http_transfer **last;
};

struct http_run {
    struct http_client *client;
    struct arena *arena;
    struct http_lane *lanes;
    struct http_transfer *transfers;
    size_t count;
    size_t open; /* not yet ended */
    int64_t next_deadline_ms;
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
    client->at_once = at_once == 0 ? 1 : at_once;
    client->multi = curl_multi_init();
    if (client->multi == NULL) {
        abort(); /* only for want of memory */
    }
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS,
                      (long)client->at_once); /* kept when idle */
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

/* "http://host:port" of a URL. */
static size_t
http_lane_host_length(const char *url)
{
    const char *scheme_end = strstr(url, "://");
    size_t scheme = scheme_end == NULL ? 0 : (size_t)(scheme_end - url) + 3;

    return scheme + strcspn(url + scheme, "/?#");
}

static struct http_lane *
http_lane_find(struct http_run *run, const char *url)
{
    size_t length = http_lane_host_length(url);
    struct http_lane *lane = run->lanes;

    while (lane != NULL && (lane->host_length != length || strncmp(lane->host, url, length) != 0)) {
        lane = lane->next;
    }
    if (lane == NULL) {
        lane = arena_alloc(run->arena, sizeof *lane);
        *lane = (struct http_lane){ .next = run->lanes, .host = url, .host_length = length };
        lane->last = &lane->first;
        run->lanes = lane;
    }
    return lane;
}

static void
http_lane_advance(struct http_run *run, struct http_lane *lane)
{
    int64_t now_ms = clock_monotonic_ms();

    while (lane->first != NULL && lane->running < run->client->at_once) {
        struct http_transfer *transfer = lane->first;
        lane->first = transfer->next_in_lane;
        if (transfer->ended || transfer->deadline_ms <= now_ms) {
            continue; /* its time has passed while it waited */
        }
        lane->running++;
        http_transfer_start(transfer, now_ms);
        curl_multi_add_handle(run->client->multi, transfer->easy);
    }
    if (lane->first == NULL) {
        lane->last = &lane->first;
    }
}

static void
http_run_end_one(struct http_run *run, struct http_transfer *transfer, CURLcode code)
{
    bool ran = transfer->easy != NULL;

    if (ran) {
        curl_multi_remove_handle(run->client->multi, transfer->easy);
    }
    http_transfer_end(transfer, code);
    run->open--;
    if (ran) {
        transfer->lane->running--;
        http_lane_advance(run, transfer->lane);
    }
}

static void
http_run_collect(struct http_run *run)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(run->client->multi, &left)) != NULL) {
        struct http_transfer *transfer = NULL;
        if (message->msg == CURLMSG_DONE) {
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
            http_run_end_one(run, transfer, message->data.result);
        }
    }
}

/* Ends the calls whose time has passed: those that wait, and should libcurl be late, others. */
static void
http_run_expire(struct http_run *run)
{
    int64_t now_ms = clock_monotonic_ms();

    if (now_ms < run->next_deadline_ms) {
        return;
    }
    run->next_deadline_ms = INT64_MAX;
    for (size_t i = 0; i < run->count; i++) {
        struct http_transfer *transfer = &run->transfers[i];
        if (!transfer->ended && transfer->deadline_ms <= now_ms) {
            http_run_end_one(run, transfer, CURLE_OPERATION_TIMEDOUT);
        } else if (!transfer->ended && transfer->deadline_ms < run->next_deadline_ms) {
            run->next_deadline_ms = transfer->deadline_ms;
        }
    }
}

static void
http_run_queue(struct http_run *run, struct http_call **calls)
{
    int64_t now_ms = clock_monotonic_ms();

    run->next_deadline_ms = INT64_MAX;
    for (size_t i = 0; i < run->count; i++) {
        struct http_transfer *transfer = &run->transfers[i];
        http_transfer_prepare(transfer, run->arena, calls[i], now_ms);
        transfer->lane = http_lane_find(run, calls[i]->url);
        *transfer->lane->last = transfer;
        transfer->lane->last = &transfer->next_in_lane;
        if (transfer->deadline_ms < run->next_deadline_ms) {
            run->next_deadline_ms = transfer->deadline_ms;
        }
    }
    for (struct http_lane *lane = run->lanes; lane != NULL; lane = lane->next) {
        http_lane_advance(run, lane);
    }
}

static void
http_run_wait(struct http_run *run)
{
    int64_t wait_ms = run->next_deadline_ms - clock_monotonic_ms();

    /* libcurl's own timers cut this short. */
    if (wait_ms > 0) {
        curl_multi_poll(run->client->multi, NULL, 0, wait_ms > INT_MAX ? INT_MAX : (int)wait_ms,
                        NULL);
    }
}

void
http_client_run(struct http_client *client, struct arena *arena, struct http_call **calls,
                size_t count)
{
    struct http_run run = { .client = client, .arena = arena, .count = count, .open = count };
    int running;

    run.transfers = mem_zalloc(sizeof *run.transfers * count);
    http_run_queue(&run, calls);
    for (;;) {
        curl_multi_perform(client->multi, &running);
        http_run_collect(&run);
        http_run_expire(&run);
        if (run.open == 0) {
            break;
        }
        http_run_wait(&run);
    }
    mem_free(run.transfers);
}

const char *
http_url_of(struct arena *arena, const char *address, int64_t port)
{
    return arena_printf(arena, strchr(address, ':') == NULL ? "http://%s:%lld" : "http://[%s]:%lld",
                        address, (long long)port);
}
