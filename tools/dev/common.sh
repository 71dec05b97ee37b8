# shellcheck shell=bash
# common.sh: how ./dev speaks, fails and waits.  Sourced by ./dev.

say() {
    printf '%s\n' "$*"
}

warn() {
    printf '%s\n' "$*" >&2
}

# die MESSAGE [STATUS]
die() {
    warn "dev: $1"
    exit "${2:-1}"
}

dev_usage_error() {
    warn "dev: $1"
    dev_help >&2
    exit 2
}

# expect_no_arguments COMMAND [ARGUMENT...]
expect_no_arguments() {
    [ $# -eq 1 ] || dev_usage_error "$1 takes no '$2'"
}

as_root() {
    [ "$(id -u)" -eq 0 ]
}

now_ms() {
    local now=$EPOCHREALTIME
    now=${now/[.,]/}
    printf '%s' "$((now / 1000))"
}

# wait_until SECONDS COMMAND...: polls COMMAND until it succeeds; fails when the time is over.
wait_until() {
    local deadline=$(($(now_ms) + $1 * 1000))
    shift
    until "$@"; do
        [ "$(now_ms)" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}

# The folder of what cannot lie in RUN_DIR: sockets (their paths are limited to 107 bytes) and,
# as root, the files of servers that refuse root and cannot enter root's home.
side_dir() {
    local hash
    hash=$(printf '%s' "$RUN_DIR" | sha256sum)
    printf '/var/tmp/inventiv-%s' "${hash:0:12}"
}

# make_side_dir: makes it, and refuses one that somebody else put there.
make_side_dir() {
    local dir
    dir=$(side_dir)
    [ -d "$dir" ] || mkdir -m 711 "$dir"
    if [ -L "$dir" ] || [ ! -O "$dir" ]; then
        die "$dir belongs to somebody else; remove it, or choose another RUN_DIR"
    fi
    printf '%s\n' "$RUN_DIR" >"$dir/run_dir"
}

# forget_side_dir: RUN_DIR was removed by hand, and with it the passwords: what lies beside it (the
# database of that life, its machines' folders) is of no more use, unless something still runs there.
forget_side_dir() {
    local dir pid
    dir=$(side_dir)
    [ -d "$dir" ] && [ ! -f "$RUN_DIR/secrets" ] || return 0
    pid=$(head -n 1 "$dir/postgres/data/postmaster.pid" 2>/dev/null || :)
    if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
        die "$RUN_DIR was removed while its stack ran: stop PostgreSQL (process $pid) and what else uses $dir first"
    fi
    [ ! -d "$dir/postgres" ] || say "$RUN_DIR was removed: what was stored for it in $dir goes, too"
    rm -rf "$dir"
}

make_run_dir() {
    mkdir -p "$RUN_DIR" "$RUN_DIR/log" "$RUN_DIR/pids"
    chmod 700 "$RUN_DIR/pids" "$RUN_DIR/log"
    forget_side_dir
    make_side_dir
}

# file_value FILE NAME: the value of a NAME=value line; empty when there is none.
file_value() {
    [ ! -f "$1" ] || sed -n "s/^$2=//p" "$1" | tail -n 1
}
