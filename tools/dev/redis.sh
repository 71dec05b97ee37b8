# shellcheck shell=bash
# redis.sh: the stack's private Redis: a Unix socket in a folder of ours, nothing stored.

redis_socket() {
    printf '%s/redis/redis.sock' "$(side_dir)"
}

redis_url() {
    printf 'unix://%s' "$(redis_socket)"
}

redis_answers() {
    [ "$(timeout 2 redis-cli -s "$(redis_socket)" ping 2>/dev/null)" = PONG ]
}

redis_start() {
    local dir
    ! service_runs redis || return 0
    dir=$(dirname "$(redis_socket)")
    mkdir -p "$dir"
    chmod 700 "$dir"
    cat >"$RUN_DIR/redis.conf" <<END
port 0
unixsocket $(redis_socket)
unixsocketperm 700
dir $dir
save ""
appendonly no
daemonize no
maxmemory 64mb
END
    service_launch redis - env -i PATH="$PATH" redis-server "$RUN_DIR/redis.conf"
    service_wait redis 20 redis_answers
}

redis_stop() {
    service_stop redis TERM 10
}
