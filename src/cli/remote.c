#include "cli/remote.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/program.h"
#include "cli/refusal.h"

static const char remote_cookie[] = "inventiv_session=";

void
remote_reply_free(struct remote_reply *reply)
{
    json_decref(reply->json);
    *reply = (struct remote_reply){ 0 };
}

static bool
remote_mutates(const char *method)
{
    return strcmp(method, "GET") != 0;
}

/* One exchange; token may be NULL. */
static void
remote_exchange(struct cli *cli, struct arena *arena, const char *url, const char *token,
                const json_t *body, struct http_call *call)
{
    const char *headers[6] = { "Accept: application/json" };
    size_t count = 1;

    headers[count++] = arena_printf(arena, "User-Agent: inventiv/%s", program_version());
    if (token != NULL) {
        headers[count++] = arena_printf(arena, "Authorization: Bearer %s", token);
    }
    if (body != NULL) {
        headers[count++] = "Content-Type: application/json";
        call->body = json_text(arena, body);
        call->body_length = strlen(call->body);
    }
    call->url = url;
    call->headers = headers;
    call->timeout_ms = config_ms(cli->config, SETTING_INVENTIV_CALL_TIMEOUT_SECONDS);
    call->reply_max = (size_t)config_count(cli->config, SETTING_INVENTIV_REPLY_MAX_BYTES);
    call->fresh = remote_mutates(call->method);
    http_client_run(cli->http, arena, &call, 1);
    call->headers = NULL;
}

/* The value of our cookie in "inventiv_session=...; Max-Age=...", and how long it lives. */
static bool
remote_read_cookie(struct arena *arena, const char *header, const char **token, int64_t *life_ms)
{
    size_t name_length = strlen(remote_cookie);
    const char *age = strcasestr(header, "max-age=");

    if (strncmp(header, remote_cookie, name_length) != 0) {
        return false;
    }
    size_t length = strcspn(header + name_length, "; \t");
    *token = arena_strndup(arena, header + name_length, length);
    *life_ms = age == NULL ? 0 : strtoll(age + strlen("max-age="), NULL, 10) * 1000;
    return length > 0 && *life_ms > 0;
}

static struct error
remote_login_refusal(struct cli *cli, const char *url, const struct http_call *call)
{
    if (call->outcome != HTTP_ANSWERED) {
        return refusal_no_answer(cli->arena, url, call, false);
    }
    cli->refusal = call->status >= 300 ? call->reply : NULL;
    if (call->status == 401) {
        return error_make(cli->arena, ERR_DENIED, "the API at %s knows no such e-mail and password",
                          url);
    }
    if (call->status >= 300) {
        return refusal_of(cli->arena, url, call);
    }
    return error_make(cli->arena, ERR_INTERNAL,
                      "what answers at %s gave no session; is it inventiv's API?", url);
}

struct error
remote_login(struct cli *cli, const char *url, const char *login, const char *password,
             bool current)
{
    CLEANUP_JSON json_t *body = json_pack("{s:s, s:s}", "email", login, "password", password);
    struct http_call call = { .method = "POST", .wanted_header = "Set-Cookie" };
    const char *token;
    int64_t life_ms;

    if (body == NULL) {
        return error_static(ERR_INPUT, "e-mail and password must be valid UTF-8");
    }
    remote_exchange(cli, cli->arena, arena_printf(cli->arena, "%s/auth/login", url), NULL, body,
                    &call);
    if (call.outcome != HTTP_ANSWERED || call.status >= 300 ||
        !remote_read_cookie(cli->arena, call.header, &token, &life_ms)) {
        return remote_login_refusal(cli, url, &call);
    }
    cli->session = (struct session){
        .url = url, .login = login, .token = token, .expires_at_ms = clock_wall_ms() + life_ms
    };
    cli->session_loaded = true;
    return session_write(cli->arena, cli->config, &cli->session, current);
}

/* Scripts set all three, and never log in by hand. */
static bool
remote_may_login(const struct cli *cli)
{
    return config_text(cli->config, SETTING_INVENTIV_API_URL)[0] != '\0' &&
           config_text(cli->config, SETTING_INVENTIV_EMAIL)[0] != '\0' &&
           config_text(cli->config, SETTING_INVENTIV_PASSWORD)[0] != '\0';
}

struct error
remote_find_session(struct cli *cli)
{
    const char *url = config_text(cli->config, SETTING_INVENTIV_API_URL);
    const char *login = config_text(cli->config, SETTING_INVENTIV_EMAIL);
    const char *named = NULL;

    if (cli->session_loaded) {
        return NO_ERROR;
    }
    if (url[0] != '\0') {
        TRY(session_url(cli->arena, url, &named));
    }
    cli->session = session_read(cli->arena, cli->config, named);
    if (cli->session.url == NULL) {
        return error_static(ERR_DENIED, "not logged in: run `inventiv login --url URL`");
    }
    if (remote_may_login(cli) && strcasecmp(login, cli->session.login) != 0) {
        cli->session.token = NULL; /* somebody else's */
    }
    cli->session_loaded = true;
    return NO_ERROR;
}

static struct error
remote_login_by_settings(struct cli *cli)
{
    struct error error =
        remote_login(cli, cli->session.url, config_text(cli->config, SETTING_INVENTIV_EMAIL),
                     config_text(cli->config, SETTING_INVENTIV_PASSWORD), false);

    /* A script without a place to write does well without one: it logs in each time. */
    return error.code == ERR_IO ? NO_ERROR : error;
}

static struct error
remote_ensure_session(struct cli *cli)
{
    TRY(remote_find_session(cli));
    if (cli->session.token != NULL) {
        return NO_ERROR;
    }
    if (remote_may_login(cli)) {
        return remote_login_by_settings(cli);
    }
    return error_make(cli->arena, ERR_DENIED,
                      "not logged in at %s, or the session has ended: run `inventiv login`",
                      cli->session.url);
}

static struct error
remote_judge(struct cli *cli, struct arena *arena, const struct http_call *call,
             struct remote_reply *reply)
{
    if (call->outcome != HTTP_ANSWERED) {
        return refusal_no_answer(cli->arena, cli->session.url, call, remote_mutates(call->method));
    }
    if (call->status >= 300) {
        cli->refusal = arena_strdup(cli->arena, call->reply);
        return refusal_of(cli->arena, cli->session.url, call);
    }
    reply->status = call->status;
    reply->text = call->reply;
    reply->next = call->header;
    struct error error = json_parse(arena, call->reply, call->reply_length, &reply->json);
    if (error_is(error)) {
        return error_make(cli->arena, ERR_INTERNAL, "what the API at %s answered is %s",
                          cli->session.url, error.message);
    }
    return NO_ERROR;
}

struct error
remote_call(struct cli *cli, struct arena *arena, const char *method, const char *path,
            const json_t *body, struct remote_reply *reply)
{
    bool fresh_session = false;

    cli->refusal = NULL;
    if (!cli->session_loaded || cli->session.token == NULL) {
        TRY(remote_ensure_session(cli));
    }
    for (;;) {
        struct http_call call = { .method = method, .wanted_header = "X-Next-After" };
        const char *url = arena_printf(arena, "%s%s", cli->session.url, path);
        remote_exchange(cli, arena, url, cli->session.token, body, &call);
        if (call.status != 401 || fresh_session || !remote_may_login(cli)) {
            return remote_judge(cli, arena, &call, reply);
        }
        TRY(remote_login_by_settings(cli)); /* a refused request was not carried out */
        fresh_session = true;
    }
}

struct error
remote_get(struct cli *cli, struct arena *arena, const char *path, bool list,
           struct remote_reply *reply)
{
    TRY(remote_call(cli, arena, "GET", path, NULL, reply));
    if (list ? !json_is_array(reply->json) : !json_is_object(reply->json)) {
        return error_make(cli->arena, ERR_INTERNAL, "the API at %s answered %s with no %s",
                          cli->session.url, path, list ? "list" : "object");
    }
    return NO_ERROR;
}

static bool
remote_goes_on(const struct remote_reply *reply)
{
    return reply->next != NULL && reply->next[0] != '\0';
}

struct error
remote_get_list(struct cli *cli, const char *path, struct remote_reply *reply)
{
    int64_t pages_left = config_count(cli->config, SETTING_INVENTIV_PAGES_MAX);

    TRY(remote_get(cli, cli->arena, path, true, reply));
    if (!remote_goes_on(reply)) {
        return NO_ERROR;
    }
    while (remote_goes_on(reply)) {
        CLEANUP_REPLY struct remote_reply page = { 0 };
        if (--pages_left <= 0) {
            return error_static(ERR_LIMIT, "the list is longer than INVENTIV_PAGES_MAX pages");
        }
        const char *next_path = arena_printf(cli->arena, "%s&after=%s", path, reply->next);
        TRY(remote_get(cli, cli->arena, next_path, true, &page));
        json_array_extend(reply->json, page.json);
        reply->next = page.next;
    }
    reply->text = json_text(cli->arena, reply->json);
    return NO_ERROR;
}
