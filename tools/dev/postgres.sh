# shellcheck shell=bash
# postgres.sh: the stack's private PostgreSQL: a Unix socket, scram passwords, no TCP.  It refuses
# to run as root, so there it runs as the user postgres, with its files in the side folder.

postgres_bin() {
    local dir
    dir=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
    [ -x "$dir/postgres" ] || die "no PostgreSQL server under /usr/lib/postgresql"
    printf '%s' "$dir"
}

postgres_home() {
    if as_root; then
        printf '%s/postgres' "$(side_dir)"
    else
        printf '%s/postgres' "$RUN_DIR"
    fi
}

postgres_socket_dir() {
    printf '%s/pg' "$(side_dir)"
}

# As the server's user.
postgres_user() {
    if as_root; then
        setpriv --reuid postgres --regid postgres --init-groups -- env HOME=/ "$@"
    else
        "$@"
    fi
}

# postgres_url ROLE PASSWORD DATABASE
postgres_url() {
    printf 'postgresql://%s:%s@/%s?host=%s' "$1" "$2" "$3" "$(postgres_socket_dir)"
}

postgres_superuser_url() {
    postgres_url postgres "$(file_value "$SECRETS_FILE" POSTGRES_PASSWORD)" postgres
}

postgres_application_url() {
    postgres_url inventiv "$(file_value "$SECRETS_FILE" DATABASE_PASSWORD)" inventiv
}

# postgres_sql DATABASE: runs standard input as the superuser; the password is on no command line.
postgres_sql() {
    PGPASSWORD=$(file_value "$SECRETS_FILE" POSTGRES_PASSWORD) PGHOST=$(postgres_socket_dir) \
        PGUSER=postgres PGDATABASE=$1 PGCONNECT_TIMEOUT=5 "$(postgres_bin)/psql" -X -q -A -t -v ON_ERROR_STOP=1
}

postgres_answers() {
    postgres_sql postgres <<<'SELECT 1' >/dev/null 2>&1
}

postgres_make_dirs() {
    local home socket
    home=$(postgres_home)
    socket=$(postgres_socket_dir)
    mkdir -p "$home" "$socket"
    if as_root; then
        chown postgres:postgres "$home" "$socket"
        ln -sfn "$home" "$RUN_DIR/postgres"
    fi
    chmod 700 "$home" "$socket"
}

# A quarter of the machine's memory, as PostgreSQL's manual advises, and at most a gigabyte.  What
# nobody touches costs nothing.
postgres_buffers_mb() {
    awk '/^MemTotal:/ { mb = int($2 / 4096); print (mb > 1024 ? 1024 : mb) }' /proc/meminfo
}

# Small and safe: what a machine with two cores and a laptop's disk can spare.  A test run sets
# DEV_POSTGRES_FSYNC=off: its data is thrown away.
postgres_configure() {
    cat <<END
listen_addresses = ''
unix_socket_directories = '$(postgres_socket_dir)'
unix_socket_permissions = 0700
cluster_name = 'inventiv'
max_connections = 200
shared_buffers = $(postgres_buffers_mb)MB
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track = all
idle_in_transaction_session_timeout = 30s
password_encryption = 'scram-sha-256'
wal_level = minimal
max_wal_senders = 0
max_wal_size = 512MB
fsync = ${DEV_POSTGRES_FSYNC:-on}
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] %q%u@%d '
log_lock_waits = on
END
}

postgres_init() {
    local home
    home=$(postgres_home)
    [ ! -f "$home/data/PG_VERSION" ] || return 0
    postgres_user rm -rf "$home/data.new"
    file_value "$SECRETS_FILE" POSTGRES_PASSWORD | postgres_user tee "$home/password" >/dev/null
    (cd / && postgres_user "$(postgres_bin)/initdb" -D "$home/data.new" -U postgres --encoding=UTF8 \
        --locale=C --auth=scram-sha-256 --no-sync --no-instructions --pwfile="$home/password") \
        >"$RUN_DIR/log/initdb.log" 2>&1 || {
        cat "$RUN_DIR/log/initdb.log" >&2
        die "initdb failed"
    }
    postgres_user rm "$home/password"
    postgres_user mv "$home/data.new" "$home/data"
}

# The application's role owns its database and may make others; it is no superuser.
postgres_make_database() {
    local password
    password=$(file_value "$SECRETS_FILE" DATABASE_PASSWORD)
    postgres_sql template1 <<<'CREATE EXTENSION IF NOT EXISTS pg_stat_statements;' >/dev/null 2>&1 ||
        warn "dev: no pg_stat_statements in this PostgreSQL"
    postgres_sql postgres >/dev/null <<END
SET client_min_messages = warning;
SELECT 'CREATE ROLE inventiv LOGIN CREATEDB IN ROLE pg_monitor'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'inventiv') \gexec
ALTER ROLE inventiv PASSWORD '$password';
SELECT 'CREATE DATABASE inventiv OWNER inventiv'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'inventiv') \gexec
END
}

postgres_launch() {
    service_launch postgres - "$@" "$(postgres_bin)/postgres" -D "$(postgres_home)/data"
}

# After a kill, the old server's children may hold its memory for a moment: it is tried again.
postgres_try() {
    service_runs postgres && postgres_answers && return
    service_runs postgres && return 1
    if as_root; then
        postgres_launch setpriv --reuid postgres --regid postgres --init-groups -- env -i HOME=/ PATH="$PATH"
    else
        postgres_launch env -i HOME="$HOME" PATH="$PATH"
    fi
    wait_until 30 service_ready_or_dead postgres postgres_answers
    postgres_answers
}

postgres_start() {
    ! service_runs postgres || return 0
    postgres_make_dirs
    postgres_init
    postgres_configure | postgres_user tee "$(postgres_home)/data/postgresql.auto.conf" >/dev/null
    wait_until 60 postgres_try || {
        service_log_tail postgres
        die "PostgreSQL did not answer within 60 s; its log: $RUN_DIR/log/postgres.log"
    }
    postgres_make_database
}

# SIGINT is PostgreSQL's fast shutdown.
postgres_stop() {
    service_stop postgres INT 30
}
