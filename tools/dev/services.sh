# shellcheck shell=bash
# services.sh: starts servers in the background, records them by process id and start time in
# $RUN_DIR/pids, and stops exactly those: an id that another process got later is left alone.

# service_start_ticks PID: when it started (field 22 of its stat); fails for a dead one or a zombie.
service_start_ticks() {
    local stat fields
    read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
    read -r -a fields <<<"${stat##*) }"
    [ "${fields[0]}" != Z ] && [ "${fields[0]}" != X ] || return 1
    printf '%s' "${fields[19]}"
}

# service_pid NAME: its process id while the recorded process lives.
service_pid() {
    local pid ticks since
    read -r pid ticks since 2>/dev/null <"$RUN_DIR/pids/$1" || return 1
    [ "$(service_start_ticks "$pid")" = "$ticks" ] || return 1
    printf '%s' "$pid"
}

service_runs() {
    service_pid "$1" >/dev/null
}

service_since() {
    local pid ticks since
    read -r pid ticks since <"$RUN_DIR/pids/$1" && printf '%s' "$since"
}

service_ended() {
    ! service_runs "$1"
}

# service_launch NAME LETTER COMMAND...: in its own session, so that a Ctrl-C of the terminal reaches
# ./dev alone; its output goes to $RUN_DIR/log/NAME.log.  LETTER: whose settings it gets; - for none.
service_launch() {
    local name=$1 letter=$2 log=$RUN_DIR/log/$1.log
    shift 2
    [ ! -f "$log" ] || [ "$(stat -c %s "$log")" -lt 20000000 ] || mv "$log" "$log.1"
    rm -f "$RUN_DIR/pids/$name"
    (
        umask 077
        [ "$letter" = - ] || environment_reduce "$letter"
        exec setsid bash "$ROOT/tools/dev/launch.sh" "$RUN_DIR/pids/$name" "$@" \
            </dev/null >>"$log" 2>&1 {STACK_LOCK_FD}>&-
    ) &
    wait_until 10 test -s "$RUN_DIR/pids/$name" || die "$name did not start; see $log"
}

# service_log_tail NAME: the end of its log, for a message about its failure.
service_log_tail() {
    [ ! -f "$RUN_DIR/log/$1.log" ] || tail -n 15 "$RUN_DIR/log/$1.log" | sed "s/^/    $1: /" >&2
}

# service_stop NAME [SIGNAL [SECONDS]]: asks with SIGNAL, and kills after SECONDS.
service_stop() {
    local name=$1 pid
    if pid=$(service_pid "$name"); then
        kill -s "${2:-TERM}" "$pid" 2>/dev/null || true
        if ! wait_until "${3:-15}" service_ended "$name"; then
            warn "dev: $name (process $pid) did not end within ${3:-15} s; it is killed"
            kill -s KILL "$pid" 2>/dev/null || true
            wait_until 5 service_ended "$name" || return 1
        fi
    fi
    rm -f "$RUN_DIR/pids/$name"
}

# service_wait NAME SECONDS COMMAND...: until COMMAND succeeds; ends at once when NAME has died.
service_ready_or_dead() {
    local name=$1
    shift
    "$@" >/dev/null 2>&1 || service_ended "$name"
}

service_wait() {
    local name=$1 seconds=$2
    shift 2
    wait_until "$seconds" service_ready_or_dead "$name" "$@" || true
    "$@" >/dev/null 2>&1 && return
    service_log_tail "$name"
    if service_runs "$name"; then
        die "$name was not ready within $seconds s; its log: $RUN_DIR/log/$name.log"
    fi
    die "$name ended at its start; its log: $RUN_DIR/log/$name.log"
}
