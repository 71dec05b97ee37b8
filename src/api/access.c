#include "api/access.h"

#include <string.h>
#include <strings.h>

#include "api/client.h"
#include "api/endpoint.h"
#include "api/session_token.h"
#include "base/clock.h"

const char *
access_bearer(const struct http_request *request)
{
    static const char scheme[] = "Bearer ";
    const char *header = http_request_header(request, "Authorization");

    if (header == NULL || strncasecmp(header, scheme, sizeof scheme - 1) != 0) {
        return NULL;
    }
    header += sizeof scheme - 1;
    header += strspn(header, " ");
    return header[0] == '\0' ? NULL : header;
}

static const char *
access_cookie(struct arena *arena, const struct http_request *request)
{
    const char *cookies = http_request_header(request, "Cookie");
    size_t length = strlen(ACCESS_COOKIE);

    while (cookies != NULL && cookies[0] != '\0') {
        cookies += strspn(cookies, "; ");
        size_t pair = strcspn(cookies, ";");
        if (pair > length + 1 && strncmp(cookies, ACCESS_COOKIE "=", length + 1) == 0) {
            return arena_strndup(arena, cookies + length + 1, pair - length - 1);
        }
        cookies += pair;
    }
    return NULL;
}

static bool
access_changes_something(const struct exchange *exchange)
{
    return strcmp(exchange->endpoint->method, "GET") != 0;
}

bool
access_body_is_json(const struct http_request *request)
{
    const char *type = http_request_header(request, "Content-Type");
    size_t length;

    http_request_body(request, &length);
    return length == 0 || (type != NULL && strncasecmp(type, "application/json", 16) == 0 &&
                           strchr("; ", type[16]) != NULL);
}

/* A browser sends the cookie by itself: what it sends with it must show that it was our page. */
static bool
access_refuses_foreign_page(struct exchange *exchange)
{
    if (!access_changes_something(exchange)) {
        return false;
    }
    if (!client_origin_is_ours(exchange->request)) {
        exchange_refuse(exchange, 403, "forbidden",
                        "with the cookie, Origin must be this server; or send a bearer");
        return true;
    }
    if (!access_body_is_json(exchange->request)) {
        exchange_refuse(exchange, 415, "unsupported_media_type", "send application/json");
        return true;
    }
    return false;
}

void
access_refuse_foreign_login(struct exchange *exchange)
{
    bool from_page = http_request_header(exchange->request, "Origin") != NULL;

    if (access_changes_something(exchange) && from_page &&
        !client_origin_is_ours(exchange->request)) {
        exchange_refuse(exchange, 403, "forbidden", "Origin must be this server");
    }
}

static void
access_take_person(struct arena *arena, const struct db_rows *rows, struct person *out)
{
    *out = (struct person){
        .role = role_parse(row_text(rows, 0, "role")),
        .session_id = arena_strdup(arena, row_text(rows, 0, "session_id")),
        .user_id = arena_strdup(arena, row_text(rows, 0, "user_id")),
        .email = arena_strdup(arena, row_text(rows, 0, "email")),
        .username = arena_strdup(arena, row_text(rows, 0, "username")),
        .first_name = arena_strdup(arena, row_text_or_null(rows, 0, "first_name")),
        .last_name = arena_strdup(arena, row_text_or_null(rows, 0, "last_name")),
    };
}

static struct error
access_find_session(struct exchange *exchange, struct db *db, const char *token,
                    struct db_rows *out)
{
    const struct config *config = exchange->api->config;
    char hash[DIGEST_HEX_SIZE];

    digest_sha256_hex(token, strlen(token), hash);
    return db_run(
        db, exchange->arena, Q_API_SESSION, out,
        DB_PARAMS(hash, db_i64(exchange->arena, config_ms(config, SETTING_SESSION_TOUCH_SECONDS))));
}

static bool
access_token_is_valid(const struct exchange *exchange, const char *token)
{
    const char *secret = config_text(exchange->api->config, SETTING_JWT_SECRET);

    return session_token_is_valid(secret, token, clock_wall_ms() / 1000);
}

struct error
access_admit(struct exchange *exchange, struct db *db)
{
    const char *cookie = access_cookie(exchange->arena, exchange->request);
    const char *token = cookie == NULL ? access_bearer(exchange->request) : cookie;
    struct db_rows rows;

    if (token == NULL) {
        exchange_refuse(exchange, 401, "unauthorized", "login_required");
        return NO_ERROR;
    }
    if (cookie != NULL && access_refuses_foreign_page(exchange)) {
        return NO_ERROR;
    }
    if (!access_token_is_valid(exchange, token)) {
        exchange_refuse(exchange, 401, "unauthorized", "invalid_token");
        return NO_ERROR;
    }
    TRY(access_find_session(exchange, db, token, &rows));
    if (rows.count == 0) {
        exchange_refuse(exchange, 401, "unauthorized", "session_invalid_or_expired");
        return NO_ERROR;
    }
    access_take_person(exchange->arena, &rows, &exchange->person);
    if (!role_allows(exchange->person.role, exchange->endpoint->role)) {
        exchange_refuse(
            exchange, 403, "forbidden",
            arena_printf(exchange->arena, "%s_required", role_name(exchange->endpoint->role)));
    }
    return NO_ERROR;
}
