# shellcheck shell=bash
# stack.sh: all parts of one stack together: up, down, status.

STACK_PARTS=(postgres redis mockcloud orchestrator api)

# One ./dev at a time changes a stack.
stack_lock() {
    exec {STACK_LOCK_FD}>"$RUN_DIR/lock"
    flock -w 120 "$STACK_LOCK_FD" || die "another ./dev is busy with $RUN_DIR"
}

stack_unlock() {
    exec {STACK_LOCK_FD}>&-
}

stack_prepare() {
    make_run_dir
    stack_lock
    secrets_make
}

stack_start_parts() {
    local part
    stack_prepare
    for part in "$@"; do
        "${part}_start"
    done
    stack_write_test_urls
    stack_unlock
}

stack_stop_parts() {
    local part
    stack_lock
    for part in "$@"; do
        "${part}_stop"
    done
    stack_unlock
}

# For tests: a superuser's URL, from which each makes its own database.
stack_write_test_urls() {
    (
        umask 077
        printf 'TEST_DATABASE_URL=%s\nTEST_REDIS_URL=%s\n' "$(postgres_superuser_url)" "$(redis_url)" \
            >"$RUN_DIR/test_urls"
    )
}

# Stops it and throws away what it stored.
stack_discard() {
    stack_stop_parts "${STACK_PARTS[@]}"
    rm -rf "$(side_dir)" "${RUN_DIR:?}/"*
}
