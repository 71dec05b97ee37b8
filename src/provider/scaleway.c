/* scaleway.c: opens the driver and turns the rounds: in each, every call that wants a request
 * makes one, all at once. */
#include "provider/scaleway.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/program.h"
#include "provider/scaleway_answer.h"

/* --- opening --- */

/* True when the URL, after its scheme, names this machine and nothing more. */
static bool
scaleway_host_is_loopback(const char *host)
{
    static const char *const names[] = { "localhost", "[::1]" };
    size_t length = strcspn(host, "/");
    size_t port = strcspn(host, ":/");
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        size_t name = strlen(names[i]);
        if (strncmp(host, names[i], name) == 0) {
            return name == length || host[name] == ':';
        }
    }
    return strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == port;
}

/* The token travels in a header: in the clear it may go no further than this machine. */
static bool
scaleway_url_is_allowed(const char *url)
{
    static const char tls[] = "https://";
    static const char plain[] = "http://";
    if (strpbrk(url, " \t\r\n@?#") != NULL) {
        return false;
    }
    return (strncmp(url, tls, strlen(tls)) == 0 && url[strlen(tls)] != '\0') ||
           (strncmp(url, plain, strlen(plain)) == 0 &&
            scaleway_host_is_loopback(url + strlen(plain)));
}

static struct error
scaleway_check_uuid(struct arena *arena, const struct provider_options *options, const char *name,
                    const char *value)
{
    if (value == NULL || value[0] == '\0') {
        return error_make(arena, ERR_CONFIG, "provider %s: <prefix>_%s is not set", options->code,
                          name);
    }
    if (!digest_is_uuid(value)) {
        return error_make(arena, ERR_CONFIG, "provider %s: <prefix>_%s is no UUID", options->code,
                          name);
    }
    return NO_ERROR;
}

static struct error
scaleway_check(struct arena *arena, const struct provider_options *options)
{
    if (options->api_url == NULL || !scaleway_url_is_allowed(options->api_url)) {
        return error_make(arena, ERR_CONFIG,
                          "provider %s: the API's URL must be https://..., or http:// on loopback",
                          options->code);
    }
    TRY(scaleway_check_uuid(arena, options, "SECRET_KEY", options->secret_key));
    TRY(scaleway_check_uuid(arena, options, "PROJECT_ID", options->project_id));
    if (options->call_timeout_ms <= 0 || options->reply_max == 0 || options->page_rows == 0 ||
        options->pages_max == 0 || options->calls_at_once == 0) {
        return error_make(arena, ERR_CONFIG, "provider %s: a limit is zero", options->code);
    }
    return NO_ERROR;
}

static char *
scaleway_trimmed_url(const char *url)
{
    char *copy = mem_strdup(url);
    size_t length = strlen(copy);
    while (length > 0 && copy[length - 1] == '/') {
        copy[--length] = '\0';
    }
    return copy;
}

static struct error
scaleway_open(struct provider *provider, struct arena *arena,
              const struct provider_options *options)
{
    TRY(scaleway_check(arena, options));
    struct scaleway_driver *driver = mem_zalloc(sizeof(*driver));
    driver->http = http_client_new(options->calls_at_once);
    driver->api_url = scaleway_trimmed_url(options->api_url);
    driver->secret_key = mem_strdup(options->secret_key);
    driver->token_header = mem_strdup(arena_printf(arena, "X-Auth-Token: %s", options->secret_key));
    driver->agent_header =
        mem_strdup(arena_printf(arena, "User-Agent: inventiv/%s", program_version()));
    driver->project_id = mem_strdup(options->project_id);
    driver->call_timeout_ms = options->call_timeout_ms;
    driver->connect_timeout_ms = options->connect_timeout_ms;
    driver->reply_max = options->reply_max;
    driver->page_rows = options->page_rows;
    driver->pages_max = options->pages_max;
    provider->driver = driver;
    return NO_ERROR;
}

static void
scaleway_close(struct provider *provider)
{
    struct scaleway_driver *driver = provider->driver;
    http_client_free(driver->http);
    explicit_bzero(driver->secret_key, strlen(driver->secret_key));
    explicit_bzero(driver->token_header, strlen(driver->token_header));
    mem_free(driver->secret_key);
    mem_free(driver->token_header);
    mem_free(driver->agent_header);
    mem_free(driver->project_id);
    mem_free(driver->api_url);
    mem_free(driver);
}

/* --- running --- */

/* A segment of a path; "." and ".." would name another thing. */
static bool
scaleway_is_segment(const char *text)
{
    return text != NULL && text[0] != '\0' && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static void
scaleway_begin(struct scaleway_step *step, const struct scaleway_driver *driver,
               struct arena *arena, struct provider_call *call)
{
    *step = (struct scaleway_step){
        .driver = driver, .arena = arena, .call = call, .page = 1, .seen = json_object()
    };
    if (!scaleway_is_segment(call->zone) ||
        (scaleway_kinds[call->kind].needs_ref && !scaleway_is_segment(call->ref))) {
        scaleway_answer_end(step, ANSWER_INVALID, "the call names no zone, or no thing");
    }
}

/* The second request of a mutating call must not leave later than the caller was told that the
 * call can take. */
static bool
scaleway_has_time(struct scaleway_step *step, int64_t spent_ms)
{
    if (!call_is_mutating(step->call->kind)) {
        return true;
    }
    step->http.timeout_ms -= spent_ms;
    return step->http.timeout_ms > 0;
}

/* True when the step has a request to make in this round. */
static bool
scaleway_prepare(struct scaleway_step *step, int64_t spent_ms)
{
    if (step->ended) {
        return false;
    }
    if (!scaleway_kinds[step->call->kind].prepare(step)) {
        scaleway_answer_end(step, ANSWER_INVALID, "the call lacks what its kind needs");
        return false;
    }
    if (!scaleway_has_time(step, spent_ms)) {
        scaleway_answer_end(step, ANSWER_TRANSIENT, "no time was left for the second request");
        return false;
    }
    step->asked = true;
    return true;
}

static size_t
scaleway_round(struct scaleway_step *steps, size_t count, struct scaleway_step **asking,
               struct http_call **requests, int64_t spent_ms)
{
    size_t wanted = 0;
    for (size_t i = 0; i < count; i++) {
        if (scaleway_prepare(&steps[i], spent_ms)) {
            asking[wanted] = &steps[i];
            requests[wanted++] = &steps[i].http;
        }
    }
    return wanted;
}

/* Ends: each step makes at most pages_max requests of each of its two stages. */
static void
scaleway_run(struct provider *provider, struct arena *arena, struct provider_call **calls,
             size_t count)
{
    const struct scaleway_driver *driver = provider->driver;
    struct scaleway_step *steps = arena_array(arena, struct scaleway_step, count);
    struct scaleway_step **asking = arena_array(arena, struct scaleway_step *, count);
    struct http_call **requests = arena_array(arena, struct http_call *, count);
    int64_t began_ms = clock_monotonic_ms();
    size_t wanted;
    for (size_t i = 0; i < count; i++) {
        scaleway_begin(&steps[i], driver, arena, calls[i]);
    }
    while ((wanted = scaleway_round(steps, count, asking, requests,
                                    clock_monotonic_ms() - began_ms)) > 0) {
        http_client_run(driver->http, arena, requests, wanted);
        for (size_t i = 0; i < wanted; i++) {
            scaleway_answer(asking[i]);
            if (!asking[i]->ended && asking[i]->call->on_page != NULL) {
                asking[i]->call->on_page(asking[i]->call->on_page_argument);
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        json_decref(steps[i].seen);
    }
}

const struct provider_ops scaleway = {
    .driver = "scaleway",
    .open = scaleway_open,
    .close = scaleway_close,
    .run = scaleway_run,
};
