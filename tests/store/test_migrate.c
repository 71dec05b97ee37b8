/* test_migrate.c: the schema is brought up to date once, whoever tries. */
#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "check.h"
#include "store/migrate.h"
#include "store/queries.h"
#include "test_db.h"

static struct config *config;

static const char every_object[] =
    "SELECT md5(string_agg(x, ',' ORDER BY x)) FROM ("
    " SELECT attrelid::regclass || '.' || attname || ' ' || atttypid::regtype FROM pg_attribute"
    "  JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace"
    "   AND attnum > 0"
    " UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
    " UNION ALL SELECT name || digest || applied_at FROM schema_migrations) AS t (x)";

static void *
migrate_thread(void *argument)
{
    struct error *out = argument;
    CLEANUP_ARENA struct arena *arena = arena_new();

    *out = migrate_run(arena, config);
    out->message = error_is(*out) ? "migrate_run failed" : NULL;
    return NULL;
}

static void
test_many_at_once(void)
{
    pthread_t threads[4];
    struct error errors[4];

    for (int i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, migrate_thread, &errors[i]) == 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CHECK(!error_is(errors[i]));
    }
    CHECK_I64(test_db_i640("SELECT count(*) FROM schema_migrations"), MIGRATION_COUNT);
    CHECK_I64(test_db_i640("SELECT count(*) FROM fleet"), 1);
}

static void
test_again_changes_nothing(void)
{
    const char *before = test_db_text0(every_object);

    CHECK(!error_is(migrate_run(test_db_arena(), config)));
    CHECK_STR(test_db_text0(every_object), before);
}

static void
check_refused(const char *word)
{
    struct error error = migrate_run(test_db_arena(), config);

    CHECK_STR(error_code_name(error.code), error_code_name(ERR_CONFIG));
    CHECK_CASE(error.message != NULL && strstr(error.message, word) != NULL, word);
}

static void
test_changed_digest(void)
{
    test_db_exec(
        "UPDATE schema_migrations SET digest = 'x' || digest WHERE name = '0004_lifecycle'");
    check_refused("0004_lifecycle");
    test_db_exec("UPDATE schema_migrations SET digest = substr(digest, 2)"
                 " WHERE name = '0004_lifecycle'");
    CHECK(!error_is(migrate_run(test_db_arena(), config)));
}

static void
test_newer_database(void)
{
    test_db_exec("INSERT INTO schema_migrations (name, digest) VALUES ('9999_later', 'd')");
    check_refused("9999_later");
    test_db_exec("DELETE FROM schema_migrations WHERE name = '9999_later'");
}

static void
test_gap(void)
{
    test_db_exec("CREATE TABLE kept AS SELECT * FROM schema_migrations WHERE name = '0002_people'");
    test_db_exec("DELETE FROM schema_migrations WHERE name = '0002_people'");
    check_refused("0002_people");
    test_db_exec("INSERT INTO schema_migrations SELECT * FROM kept; DROP TABLE kept");
}

static void
test_broken_migration_leaves_nothing(void)
{
    int64_t count = test_db_i640("SELECT count(*) FROM schema_migrations");

    /* As if the last one were new, and its tables were in the way. */
    test_db_exec("CREATE TABLE kept AS SELECT * FROM schema_migrations ORDER BY name DESC LIMIT 1");
    test_db_exec("DELETE FROM schema_migrations WHERE name IN (SELECT name FROM kept)");
    struct error error = migrate_run(test_db_arena(), config);
    CHECK_STR(error_code_name(error.code), error_code_name(ERR_DATABASE));
    CHECK_I64(test_db_i640("SELECT count(*) FROM schema_migrations"), count - 1);
    test_db_exec("INSERT INTO schema_migrations SELECT * FROM kept; DROP TABLE kept");
}

static void
test_wait_ends(void)
{
    test_db_exec("SELECT pg_advisory_lock(hashtextextended('inventiv schema', 0))");
    CHECK(!error_is(
        config_set(config, test_db_arena(), SETTING_DATABASE_MIGRATION_WAIT_SECONDS, "1")));
    struct error error = migrate_run(test_db_arena(), config);
    CHECK_STR(error_code_name(error.code), error_code_name(ERR_TIMEOUT));
    test_db_exec("SELECT pg_advisory_unlock_all()");
    CHECK(!error_is(migrate_run(test_db_arena(), config)));
}

static void
test_database_away(void)
{
    struct config *away = config_defaults('O');

    CHECK(!error_is(
        config_set(away, test_db_arena(), SETTING_DATABASE_URL, "host=/nowhere dbname=nothing")));
    struct error error = migrate_run(test_db_arena(), away);
    CHECK_STR(error_code_name(error.code), error_code_name(ERR_UNAVAILABLE));
    config_free(away);
}

int
main(void)
{
    config = test_db_start_empty('O');
    check_run("four processes that migrate at once leave one schema", test_many_at_once);
    check_run("migrating again changes nothing", test_again_changes_nothing);
    check_run("an applied migration whose text has changed is refused", test_changed_digest);
    check_run("a database that is ahead of the program is refused", test_newer_database);
    check_run("a database that lacks an earlier migration is refused", test_gap);
    check_run("a migration that fails leaves nothing behind", test_broken_migration_leaves_nothing);
    check_run("the wait for another process that migrates has an end", test_wait_ends);
    check_run("a database that is away is told apart from one that is wrong", test_database_away);
    return check_end();
}
