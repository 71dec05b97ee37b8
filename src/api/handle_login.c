/* handle_login.c: logging in and out, and who one is. */
#include <string.h>

#include "api/access.h"
#include "api/handlers.h"
#include "api/password.h"
#include "api/session_token.h"
#include "api/utf8.h"
#include "base/clock.h"
#include "base/json.h"

enum {
    LOGIN_NAME_MAX = 320,
    LOGIN_PASSWORD_MAX = 1024,
    LOGIN_SUBJECT_MAX = 64, /* bytes of a name in login_failures; longer ones go by their hash */
    LOGIN_AGENT_MAX = 512,
};

/* An attempt's names in login_failures.  An account goes by what was typed, in lower case, so that
 * those that do not exist count like the others. */
struct login_attempt {
    const char *address;
    const char *address_account;
    const char *account;
};

static struct login_attempt
handle_login_attempt(const struct exchange *exchange, const char *account)
{
    struct arena *arena = exchange->arena;
    char hash[DIGEST_HEX_SIZE];
    const char *name = account;

    if (strlen(account) > LOGIN_SUBJECT_MAX) {
        digest_sha256_hex(account, strlen(account), hash);
        name = hash;
    }
    return (struct login_attempt){
        .address = arena_printf(arena, "address:%s", exchange->peer),
        .address_account = arena_printf(arena, "address:%s account:%s", exchange->peer, name),
        .account = arena_printf(arena, "account:%s", name),
    };
}

static struct error
handle_login_count(struct exchange *exchange, struct db *db, const struct login_attempt *attempt,
                   bool *out_refused)
{
    const struct config *config = exchange->api->config;
    struct arena *arena = exchange->arena;
    struct db_rows rows;

    TRY(db_run(db, arena, Q_API_LOGIN_ATTEMPT, &rows,
               DB_PARAMS(attempt->address, attempt->address_account, attempt->account,
                         db_i64(arena, config_ms(config, SETTING_LOGIN_WINDOW_SECONDS)),
                         db_i64(arena, config_count(config, SETTING_LOGIN_ATTEMPTS_MAX)),
                         db_i64(arena, config_count(config, SETTING_LOGIN_ACCOUNT_ATTEMPTS_MAX)),
                         db_i64(arena, config_count(config, SETTING_LOGIN_CLEAN_ROWS)))));
    *out_refused = row_bool(&rows, 0, "refused");
    if (*out_refused) {
        int64_t wait_s = (row_i64(&rows, 0, "wait_ms", 0) + 999) / 1000;
        exchange_add_header(exchange, "Retry-After", db_i64(arena, wait_s < 1 ? 1 : wait_s));
        exchange_refuse(exchange, 429, "too_many_attempts", "too many failed logins; wait");
    }
    return NO_ERROR;
}

static bool
handle_login_cookie_is_secure(const struct exchange *exchange)
{
    const char *setting = config_text(exchange->api->config, SETTING_COOKIE_SECURE);

    return strcmp(setting, "true") == 0 || (strcmp(setting, "auto") == 0 && exchange->is_https);
}

static void
handle_login_set_cookie(struct exchange *exchange, const char *token, int64_t life_s)
{
    exchange_add_header(exchange, "Set-Cookie",
                        arena_printf(exchange->arena,
                                     "%s=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%lld%s",
                                     ACCESS_COOKIE, token, (long long)life_s,
                                     handle_login_cookie_is_secure(exchange) ? "; Secure" : ""));
}

static struct error
handle_login_open_session(struct exchange *exchange, struct db *db, struct person *person)
{
    const struct config *config = exchange->api->config;
    struct arena *arena = exchange->arena;
    int64_t life_s = config_ms(config, SETTING_SESSION_TTL_SECONDS) / 1000;
    char *session_id = arena_alloc(arena, UUID_TEXT_SIZE);
    char hash[DIGEST_HEX_SIZE];

    digest_uuid(session_id);
    person->session_id = session_id;
    const char *token = session_token_make(arena, config_text(config, SETTING_JWT_SECRET), person,
                                           clock_wall_ms() / 1000, life_s);
    if (token == NULL) {
        return error_static(ERR_INTERNAL, "a session's token could not be made");
    }
    digest_sha256_hex(token, strlen(token), hash);
    TRY(db_run(db, arena, Q_API_SESSION_CREATE, NULL,
               DB_PARAMS(session_id, person->user_id, hash, exchange->peer,
                         utf8_repair(arena, http_request_header(exchange->request, "User-Agent"),
                                     LOGIN_AGENT_MAX),
                         db_i64(arena, life_s * 1000), exchange->id)));
    handle_login_set_cookie(exchange, token, life_s);
    return NO_ERROR;
}

static void
handle_login_welcome(struct exchange *exchange, const struct person *person)
{
    exchange_reply(exchange, 200,
                   json_pack("{s:s, s:s, s:s, s:o, s:o}", "user_id", person->user_id, "email",
                             person->email, "role", role_name(person->role), "first_name",
                             json_string_or_null(person->first_name), "last_name",
                             json_string_or_null(person->last_name)));
}

/* Looks at a password even where there is no such user, so that both take the same time. */
static struct error
handle_login_check(struct exchange *exchange, struct db *db, const struct login_attempt *attempt,
                   const struct db_rows *user)
{
    bool known = !row_is_null(user, 0, "id");
    const char *hash = known ? row_text(user, 0, "password_hash") : exchange->api->unknown_hash;

    if (!password_fits(hash, json_get_string(exchange->body, "password", "")) || !known) {
        exchange_refuse(exchange, 401, "invalid_credentials", "e-mail or password is wrong");
        return NO_ERROR;
    }
    struct person person = {
        .role = role_parse(row_text(user, 0, "role")),
        .user_id = row_text(user, 0, "id"),
        .email = row_text(user, 0, "email"),
        .first_name = row_text_or_null(user, 0, "first_name"),
        .last_name = row_text_or_null(user, 0, "last_name"),
    };
    TRY(db_run(db, exchange->arena, Q_API_LOGIN_SUCCESS, NULL,
               DB_PARAMS(attempt->address, attempt->address_account, attempt->account)));
    TRY(handle_login_open_session(exchange, db, &person));
    handle_login_welcome(exchange, &person);
    return NO_ERROR;
}

struct error
handle_login(struct exchange *exchange, struct db *db)
{
    struct arena *arena = exchange->arena;
    const char *name = json_get_string(exchange->body, "email", "");
    const char *password = json_get_string(exchange->body, "password", "");
    struct db_rows user;
    bool refused = false;

    if (name[0] == '\0' || password[0] == '\0' || strlen(name) > LOGIN_NAME_MAX ||
        strlen(password) > LOGIN_PASSWORD_MAX) {
        exchange_refuse(exchange, 400, "invalid_request", "email and password are wanted");
        return NO_ERROR;
    }
    TRY(db_run(db, arena, Q_API_LOGIN_USER, &user, DB_PARAMS(name)));
    struct login_attempt attempt = handle_login_attempt(exchange, row_text(&user, 0, "account"));
    TRY(handle_login_count(exchange, db, &attempt, &refused));
    return refused ? NO_ERROR : handle_login_check(exchange, db, &attempt, &user);
}

struct error
handle_logout(struct exchange *exchange, struct db *db)
{
    TRY(db_run(db, exchange->arena, Q_API_SESSION_REVOKE, NULL,
               DB_PARAMS(exchange->person.session_id)));
    handle_login_set_cookie(exchange, "", 0);
    exchange_reply(exchange, 200, json_pack("{s:s}", "status", "ok"));
    return NO_ERROR;
}

struct error
handle_me(struct exchange *exchange, struct db *db)
{
    const struct person *person = &exchange->person;

    (void)db;
    exchange_reply(exchange, 200,
                   json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "user_id", person->user_id,
                             "username", person->username, "email", person->email, "role",
                             role_name(person->role), "first_name",
                             json_string_or_null(person->first_name), "last_name",
                             json_string_or_null(person->last_name)));
    return NO_ERROR;
}
