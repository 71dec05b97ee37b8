#include "store/db_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"

int64_t
db_patience_ms(const struct config *config)
{
    return config_ms(config, SETTING_DATABASE_STATEMENT_TIMEOUT_SECONDS) +
           config_ms(config, SETTING_DATABASE_PATIENCE_SECONDS);
}

struct db_connect_params
db_connect_params(const struct config *config, struct arena *arena, const char *name)
{
    const char *options = arena_printf(
        arena,
        "-c statement_timeout=%lld -c idle_in_transaction_session_timeout=%lld -c jit=off"
        " -c plan_cache_mode=force_generic_plan",
        (long long)config_ms(config, SETTING_DATABASE_STATEMENT_TIMEOUT_SECONDS),
        (long long)config_ms(config, SETTING_DATABASE_IDLE_TRANSACTION_SECONDS));

    const char *connect_timeout = arena_printf(
        arena, "%lld", (long long)config_count(config, SETTING_DATABASE_CONNECT_TIMEOUT_SECONDS));

    return (struct db_connect_params){
        .keys = { "dbname", "fallback_application_name", "options", "connect_timeout",
                  "keepalives_idle", "tcp_user_timeout", NULL },
        .values = { config_text(config, SETTING_DATABASE_URL), name, options, connect_timeout,
                    connect_timeout, db_i64(arena, db_patience_ms(config)), NULL },
    };
}

int64_t
db_next_pause_ms(const struct config *config, int64_t *backoff_ms)
{
    int64_t most = config_ms(config, SETTING_DATABASE_RECONNECT_MAX_SECONDS);
    int64_t first = config_ms(config, SETTING_DATABASE_RECONNECT_MIN_SECONDS);
    int64_t next = *backoff_ms == 0 ? first : *backoff_ms * 2;

    *backoff_ms = next < most ? next : most;
    int64_t half = *backoff_ms / 2;
    return half + digest_random_below((uint32_t)half + 1);
}

static void
db_drop_notice(void *argument, const PGresult *notice)
{
    (void)argument;
    (void)notice;
}

void
db_quiet(PGconn *connection)
{
    PQsetNoticeReceiver(connection, db_drop_notice, NULL);
}

const char *
db_message(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strcspn(text, "\n"));
}

static const char *const *
db_copy_names(struct arena *arena, const PGresult *result, size_t columns)
{
    const char **names = arena_array(arena, const char *, columns + 1);

    for (size_t i = 0; i < columns; i++) {
        names[i] = arena_strdup(arena, PQfname(result, (int)i));
    }
    return names;
}

void
db_copy_rows(struct arena *arena, const PGresult *result, struct db_rows *out)
{
    size_t columns = (size_t)PQnfields(result);
    size_t count = (size_t)PQntuples(result);
    const char **cells = arena_array(arena, const char *, columns *count + 1);

    for (size_t i = 0; i < columns * count; i++) {
        int row = (int)(i / columns);
        int column = (int)(i % columns);
        if (!PQgetisnull(result, row, column)) {
            cells[i] = arena_strndup(arena, PQgetvalue(result, row, column),
                                     (size_t)PQgetlength(result, row, column));
        }
    }
    *out = (struct db_rows){ .count = count,
                             .columns = columns,
                             .names = db_copy_names(arena, result, columns),
                             .cells = cells,
                             .affected =
                                 strtoll(PQcmdTuples((PGresult *)(uintptr_t)result), NULL, 10) };
}

static enum error_code
db_error_code(const char *sqlstate)
{
    static const struct {
        const char *prefix;
        enum error_code code;
    } codes[] = {
        { "IV001", ERR_STALE },       { "IV002", ERR_CONFLICT }, { "IV003", ERR_STALE },
        { "23505", ERR_CONFLICT },    { "23503", ERR_CONFLICT }, { "57014", ERR_TIMEOUT },
        { "57P", ERR_UNAVAILABLE },   { "08", ERR_UNAVAILABLE }, { "53300", ERR_UNAVAILABLE },
        { "22P02", ERR_INPUT },       { "22021", ERR_INPUT },    { "22P05", ERR_INPUT },
        { "25006", ERR_UNAVAILABLE },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
        if (strncmp(sqlstate, codes[i].prefix, strlen(codes[i].prefix)) == 0) {
            return codes[i].code;
        }
    }
    return ERR_DATABASE;
}

struct error
db_result_error(struct arena *arena, const PGconn *connection, enum query_id query,
                const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = result == NULL ? PQerrorMessage(connection) : PQresultErrorMessage(result);

    return error_make(arena, sqlstate == NULL ? ERR_UNAVAILABLE : db_error_code(sqlstate), "%s: %s",
                      queries[query].name, db_message(arena, text));
}

void
db_result_clear_at(PGresult **result)
{
    PQclear(*result);
}
