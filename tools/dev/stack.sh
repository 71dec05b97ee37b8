# shellcheck shell=bash
# stack.sh: all parts of one stack together: up, down, status.

STACK_PARTS=(postgres redis mockcloud orchestrator api)
STACK_LOCK_FD=
FRONT_PIDS=()

# One ./dev at a time changes a stack.
stack_lock() {
    [ -z "$STACK_LOCK_FD" ] || return 0
    exec {STACK_LOCK_FD}>"$RUN_DIR/lock"
    flock -w 180 "$STACK_LOCK_FD" || die "another ./dev is busy with $RUN_DIR"
}

stack_unlock() {
    [ -n "$STACK_LOCK_FD" ] || return 0
    exec {STACK_LOCK_FD}>&-
    STACK_LOCK_FD=
}

stack_prepare() {
    make_run_dir
    stack_lock
    secrets_make
}

# A database or a Redis of the caller's is used as it is; ours is not started then.
stack_has_own() {
    case $1 in
    postgres) [ -z "${DATABASE_URL:-}" ] ;;
    redis) [ -z "${REDIS_URL+set}" ] ;;
    *) true ;;
    esac
}

# env_line NAME VALUE: quoted for a shell.
env_line() {
    printf "%s='%s'\n" "$1" "${2//\'/\'\\\'\'}"
}

env_lines() {
    local name
    env_line API_URL "$(stack_api_url)"
    env_line ORCHESTRATOR_URL "$(orchestrator_url)"
    env_line CONSOLE_URL "$(stack_api_url)"
    env_line MOCKCLOUD_URL "$(stack_mockcloud_url)"
    env_line DATABASE_URL "${DATABASE_URL:-$(postgres_application_url)}"
    env_line REDIS_URL "${REDIS_URL-$(redis_url)}"
    env_line ADMIN_EMAIL "${ADMIN_EMAIL:-admin@inventiv.local}"
    env_line MOCK_API_URL "${MOCK_API_URL:-$(stack_mockcloud_url)}"
    for name in ADMIN_PASSWORD ORCHESTRATOR_TOKEN METRICS_TOKEN MOCK_ACCESS_KEY MOCK_SECRET_KEY \
        MOCK_PROJECT_ID; do
        env_line "$name" "$(secret "$name")"
    done
}

# stack_write_env: what a person and the tests source; 0600.
stack_write_env() {
    (
        umask 077
        env_lines >"$RUN_DIR/env.new"
        mv "$RUN_DIR/env.new" "$RUN_DIR/env"
    )
}

# stack_write_test_urls: a superuser's, for tests that make databases of their own.
stack_write_test_urls() {
    (
        umask 077
        printf 'TEST_DATABASE_URL=%s\nTEST_REDIS_URL=%s\n' "$(postgres_superuser_url)" "$(redis_url)" \
            >"$RUN_DIR/test_urls"
    )
}

stack_write_catalogue() {
    [ ! -f "$PORTS_FILE" ] || python3 "$ROOT/tools/dev/write_catalogue.py" "$(stack_mockcloud_url)" \
        "$PORTS_FILE" "$ROOT/deploy/catalogue" >"$RUN_DIR/catalogue.json" ||
        die "the catalogue could not be written"
}

# stack_start_parts PART...: for tests, which stop and start single parts.
stack_start_parts() {
    local part
    stack_prepare
    stack_write_test_urls
    [ ! -f "$PORTS_FILE" ] || stack_write_env
    for part in "$@"; do
        part_start "$part"
    done
    stack_unlock
}

stack_stop_parts() {
    local part
    [ -d "$RUN_DIR" ] || return 0
    stack_lock
    for part in "$@"; do
        part_stop "$part"
    done
    stack_unlock
}

stack_start_all() {
    stack_prepare
    ports_choose
    stack_write_env
    stack_write_catalogue
    ! stack_has_own postgres || postgres_start
    ! stack_has_own redis || redis_start
    mockcloud_start
    catalogue_apply
    orchestrator_start
    api_start
    programs_await
    stack_unlock
}

stack_up_options() {
    UP_DETACH=no
    UP_DEMO=yes
    local option
    for option in "$@"; do
        case $option in
        --detach) UP_DETACH=yes ;;
        --no-demo) UP_DEMO=no ;;
        *) dev_usage_error "up has no option '$option'" ;;
        esac
    done
}

# Whatever ends `up` before it is done, or ends its stay in front, stops the stack.
stack_leave() {
    local status=$?
    trap '' INT TERM HUP
    trap - EXIT
    say "Stopping everything; what was stored stays in $RUN_DIR."
    stack_down
    stack_end_front
    exit "$status"
}

# The programs that served the stay in front.
stack_end_front() {
    local pid
    for pid in "${FRONT_PIDS[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}

stack_up() {
    stack_up_options "$@"
    packages_ensure "$ROOT/tools/dev/packages.txt"
    build_programs
    local first=no
    [ -f "$SECRETS_FILE" ] || first=yes
    trap stack_leave EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    stack_start_all
    [ "$UP_DEMO" = no ] || demo_run
    stack_tell "$first"
    if [ "$UP_DETACH" = yes ]; then
        trap - EXIT INT TERM HUP
        return
    fi
    stack_stay_in_front
}

# stack_tell FIRST: where everything is.  The password is shown by the `up` that made it, once.
stack_tell() {
    say ""
    say "API and everything else by HTTP  $(stack_api_url)"
    say "Local cloud, and its bill        $(stack_mockcloud_url)/_bill"
    say "Admin                            ${ADMIN_EMAIL:-admin@inventiv.local}"
    if [ "$1" = yes ] && [ -z "${ADMIN_PASSWORD:-}" ]; then
        say "Password (shown this once)       $(secret ADMIN_PASSWORD)"
    fi
    say "All of it, for a shell           . $(printf %q "$RUN_DIR/env")"
    say ""
}

# The parts whose record is there although they run no more: they ended by themselves.
stack_report_ended() {
    local part
    for part in "${STACK_PARTS[@]}"; do
        if [ -f "$RUN_DIR/pids/$part" ] && service_ended "$part"; then
            [ -n "${reported[$part]:-}" ] || warn "dev: $part ended by itself; './dev up' starts it again"
            reported[$part]=1
        else
            unset "reported[$part]"
        fi
    done
}

# Readable logs, until Ctrl-C or until `down` from elsewhere.
stack_stay_in_front() {
    local -A reported=()
    say "Logs follow; Ctrl-C stops everything."
    python3 "$ROOT/tools/dev/show_logs.py" "$RUN_DIR/log" mockcloud orchestrator api &
    FRONT_PIDS=($!)
    while compgen -G "$RUN_DIR/pids/*" >/dev/null; do
        stack_report_ended
        sleep 1 &
        FRONT_PIDS[1]=$!
        wait "${FRONT_PIDS[1]}" || true
    done
    say "Stopped from elsewhere."
}

stack_down() {
    local part further
    [ -d "$RUN_DIR/pids" ] || return 0
    stack_lock
    mapfile -t further < <(further_parts)
    # All are asked at once, then awaited one by one.
    for part in "${further[@]}" api orchestrator mockcloud; do
        kill -s TERM "$(service_pid "$part")" 2>/dev/null || true
    done
    for part in "${further[@]}" api orchestrator mockcloud machines redis postgres; do
        part_stop "$part" || warn "dev: $part could not be stopped"
    done
    stack_unlock
}

stack_where() {
    case $1 in
    postgres) postgres_socket_dir ;;
    redis) redis_socket ;;
    mockcloud) stack_mockcloud_url ;;
    orchestrator) orchestrator_url ;;
    api) stack_api_url ;;
    *) further_url "$1" ;;
    esac
}

stack_status() {
    local part pid all=0 further
    mapfile -t further < <(further_parts)
    printf '%-14s %-8s %-8s %-20s %s\n' part state process since where
    for part in "${STACK_PARTS[@]}" "${further[@]}"; do
        if pid=$(service_pid "$part"); then
            printf '%-14s %-8s %-8s %-20s %s\n' "$part" running "$pid" \
                "$(date -d "@$(service_since "$part")" '+%F %T')" "$(stack_where "$part")"
        elif stack_has_own "$part"; then
            printf '%-14s %-8s\n' "$part" stopped
            all=1
        fi
    done
    return "$all"
}

# stack_discard: stops it and throws away what it stored (for tests).
stack_discard() {
    [ -d "$RUN_DIR" ] || return 0
    stack_down
    rm -rf "$(side_dir)" "${RUN_DIR:?}"
}
