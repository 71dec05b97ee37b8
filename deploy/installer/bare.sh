#!/bin/sh
# bare.sh: installs inventiv-worker on a machine that already has its engine, and sees to it that
# every boot looks for a newer installation.  Profile "bare".
#
# The orchestrator sends this file as user data "cloud-init", after these assignments, each value
# in single quotes on one line of its own:
#
#   PLANE_URL          base URL of the API            INSTANCE_ID, GENERATION
#   ENROLMENT_TOKEN    one-time token                 AGENT_SHA256   the agent to run, no other
#   MODEL_ID           what the engine must serve     ENGINE_COMMAND shell command, in the foreground
#   HEALTH_PORT, VLLM_PORT, HEARTBEAT_SECONDS         PLANE_TOKEN    bearer for /info and /logs
#
# The machine may set (a rented one sets none of these):
#   INVENTIV_ROOT          folder that stands for /: nothing outside it is written
#   INVENTIV_METADATA_URL  its metadata service
#   GUEST_ADDRESS          its own address, to listen on and to report
#
# It may run any number of times: what is right already is left alone.  Progress is printed as
# "::phase::NAME".  Ends with 0 once the worker was started.
set -u
umask 077

: "${PLANE_URL:?}" "${INSTANCE_ID:?}" "${GENERATION:?}" "${ENROLMENT_TOKEN:?}" "${AGENT_SHA256:?}"
: "${ENGINE_COMMAND:?}" "${HEALTH_PORT:?}" "${VLLM_PORT:?}" "${HEARTBEAT_SECONDS:?}"

ROOT="${INVENTIV_ROOT:-}"
APP="$ROOT/opt/inventiv-worker"
STATE="$ROOT/var/lib/inventiv-worker"
HOOK="$ROOT/var/lib/cloud/scripts/per-boot/50-inventiv-worker"
UNIT=/etc/systemd/system/inventiv-worker.service
BIND_ADDRESS="${GUEST_ADDRESS:-0.0.0.0}"

# Attempts with pauses of 1, 2, 4 ... 60 s: an API that is away for the better part of an hour is
# waited for.  A wrong agent is asked for again only a few times: it may have been a cut download.
DOWNLOAD_TRIES=60
WRONG_AGENT_TRIES=3
PAUSE_MAX=60
METADATA_TRIES=8
STOP_SECONDS=15

phase() {
    printf '::phase::%s\n' "$1"
}

fail() {
    printf 'inventiv-worker: %s\n' "$1" >&2
    phase failed
    exit 1
}

longer_pause() {
    if [ $(($1 * 2)) -lt "$PAUSE_MAX" ]; then echo $(($1 * 2)); else echo "$PAUSE_MAX"; fi
}

# fetch URL FILE
fetch() {
    if command -v curl >/dev/null 2>&1; then
        curl -fsS --connect-timeout 10 --max-time 300 -o "$2" "$1"
    else
        wget -q -T 30 -O "$2" "$1"
    fi
}

sha256_of() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum "$1"
    else
        openssl dgst -sha256 -r "$1"
    fi | cut -d ' ' -f 1
}

is_agent() {
    [ -f "$1" ] && [ "$(sha256_of "$1")" = "$AGENT_SHA256" ]
}

# Leaves the wanted agent at $APP/inventiv-worker and never runs or keeps another.
install_agent() {
    is_agent "$APP/inventiv-worker" && return 0
    try=1
    wrong=0
    pause=1
    while :; do
        if fetch "$PLANE_URL/agent/$AGENT_SHA256" "$APP/inventiv-worker.new"; then
            is_agent "$APP/inventiv-worker.new" && break
            wrong=$((wrong + 1))
            echo "inventiv-worker: what the API sent has another sha256" >&2
        fi
        rm -f "$APP/inventiv-worker.new"
        [ "$wrong" -lt "$WRONG_AGENT_TRIES" ] || fail "not the wanted agent: $AGENT_SHA256"
        [ "$try" -lt "$DOWNLOAD_TRIES" ] || fail "no agent from $PLANE_URL"
        sleep "$pause"
        try=$((try + 1))
        pause=$(longer_pause "$pause")
    done
    chmod 0755 "$APP/inventiv-worker.new"
    mv -f "$APP/inventiv-worker.new" "$APP/inventiv-worker"
    CHANGED=1
}

# One word for the shell, whatever the text holds.
quote() {
    printf '%s\n' "$1" | sed "s/'/'\\\\''/g; 1s/^/'/; \$s/\$/'/"
}

setting() {
    printf '%s=%s\n' "$1" "$(quote "$2")"
}

settings() {
    engine_host="$BIND_ADDRESS"
    [ "$engine_host" != 0.0.0.0 ] || engine_host=127.0.0.1
    setting CONTROL_PLANE_URL "$PLANE_URL"
    setting INSTANCE_ID "$INSTANCE_ID"
    setting INSTANCE_GENERATION "$GENERATION"
    setting ENROLMENT_TOKEN "$ENROLMENT_TOKEN"
    setting WORKER_PLANE_TOKEN "${PLANE_TOKEN:-}"
    setting MODEL_ID "${MODEL_ID:-}"
    setting ENGINE_COMMAND "$ENGINE_COMMAND"
    setting WORKER_LISTEN_ADDRESS "$BIND_ADDRESS"
    setting WORKER_ADVERTISE_IP "${GUEST_ADDRESS:-}"
    setting WORKER_HEALTH_PORT "$HEALTH_PORT"
    setting WORKER_VLLM_PORT "$VLLM_PORT"
    setting VLLM_BASE_URL "http://$engine_host:$VLLM_PORT"
    setting WORKER_HEARTBEAT_INTERVAL_S "$HEARTBEAT_SECONDS"
    setting WORKER_STATE_DIR "$STATE"
    setting WORKER_DISK_PATH "${ROOT:-/}"
}

# replace FILE MODE: puts FILE.new in the place of FILE; notes whether it differs.
replace() {
    chmod "$2" "$1.new" || fail "cannot write $1"
    if cmp -s "$1.new" "$1"; then
        rm -f "$1.new"
    else
        mv -f "$1.new" "$1"
        CHANGED=1
    fi
}

# How each of the scripts below begins: with what it must know.
script_head() {
    echo '#!/bin/sh'
    setting ROOT "$ROOT"
    setting APP "$APP"
    setting STATE "$STATE"
    setting UNIT "$UNIT"
    setting PAUSE_MAX "$PAUSE_MAX"
    setting METADATA_TRIES "$METADATA_TRIES"
    setting STOP_SECONDS "$STOP_SECONDS"
}

# run: becomes the worker.
write_run() {
    script_head >"$APP/run.new"
    cat >>"$APP/run.new" <<'RUN'
set -a
. "$APP/worker.env"
set +a
exec "$APP/inventiv-worker"
RUN
    replace "$APP/run" 0700
}

# supervise: keeps the worker running where no service manager does.
write_supervise() {
    script_head >"$APP/supervise.new"
    cat >>"$APP/supervise.new" <<'SUPERVISE'
trap '' HUP
trap 'STOPPING=1; [ -z "$WORKER" ] || kill -TERM "$WORKER" 2>/dev/null' TERM INT
STOPPING=
WORKER=
LOG="$STATE/worker.log"
pause=1
while [ -z "$STOPPING" ]; do
    if [ -f "$LOG" ] && [ "$(wc -c <"$LOG")" -gt 10485760 ]; then mv -f "$LOG" "$LOG.1"; fi
    began=$(date +%s)
    sh "$APP/run" >>"$LOG" 2>&1 &
    WORKER=$!
    echo "$WORKER" >"$STATE/worker.pid"
    [ -z "$STOPPING" ] || kill -TERM "$WORKER"
    # A signal ends the first wait; the second one collects the worker.
    wait "$WORKER"
    wait "$WORKER" 2>/dev/null
    WORKER=
    [ -z "$STOPPING" ] || break
    if [ $(($(date +%s) - began)) -ge 60 ]; then pause=1; fi
    sleep "$pause" &
    wait $!
    pause=$((pause * 2))
    [ "$pause" -le "$PAUSE_MAX" ] || pause=$PAUSE_MAX
done
SUPERVISE
    replace "$APP/supervise" 0700
}

# start: leaves exactly one worker running; "restart" as its argument ends an earlier one first.
write_start() {
    script_head >"$APP/start.new"
    cat >>"$APP/start.new" <<'START'
umask 077
mode="${1:-}"
# running NAME PROGRAM: the process in NAME.pid, where it still is that program.
running() {
    pid=$(cat "$STATE/$1.pid" 2>/dev/null) || return 1
    { tr '\0' '\n' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qxF "$2" && echo "$pid"
}
supervisor() {
    running supervisor "$APP/supervise"
}
worker() {
    running worker "$APP/inventiv-worker" || running worker "$APP/run"
}
# finish WHICH: ends the supervisor or the worker: asks, waits, insists.
finish() {
    kill -TERM "$("$1")" 2>/dev/null
    left=$STOP_SECONDS
    while "$1" >/dev/null && [ "$left" -gt 0 ]; do
        sleep 1
        left=$((left - 1))
    done
    if pid=$("$1"); then kill -KILL "$pid"; fi
}
if [ -z "$ROOT" ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl "${mode:-start}" inventiv-worker
    exit
fi
if supervisor >/dev/null; then
    [ "$mode" = restart ] || exit 0
    finish supervisor
fi
# A supervisor that was killed left its worker, which would keep the lock and the port.
! worker >/dev/null || finish worker
# In a session of its own: what becomes of the one that starts it is nothing to it.
setsid sh "$APP/supervise" </dev/null >/dev/null 2>&1 &
echo $! >"$STATE/supervisor.pid"
START
    replace "$APP/start" 0700
}

# The hook starts the unit at each boot, once it knows which generation is wanted; enabled, the
# unit would start an old one before.
write_unit() {
    cat >"$UNIT.new" <<UNITFILE
[Unit]
Description=inventiv worker
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=/bin/sh $APP/run
Restart=always
RestartSec=2
KillMode=mixed
TimeoutStopSec=$STOP_SECONDS
UNITFILE
    replace "$UNIT" 0644
}

# The hook: at every boot, is there a newer installation?  It reads the machine's user data, which
# the provider gives to privileged ports alone.
write_hook() {
    script_head >"$HOOK.new"
    cat >>"$HOOK.new" <<'HOOK'
umask 077
URL="${INVENTIV_METADATA_URL:-http://169.254.42.42}/user_data/cloud-init"
NEW="$STATE/user-data.new"
fetch() {
    if ! command -v curl >/dev/null 2>&1; then
        wget -q -T 10 -O "$NEW" "$URL"
    elif [ "$(id -u)" -eq 0 ]; then
        curl -fsS --local-port 1-1023 --connect-timeout 5 --max-time 30 -o "$NEW" "$URL"
    else
        curl -fsS --connect-timeout 5 --max-time 30 -o "$NEW" "$URL"
    fi
}
generation_of() {
    sed -n "s/^GENERATION='\([0-9][0-9]*\)'\$/\1/p" "$1" 2>/dev/null | head -n 1
}
try=1
pause=1
until fetch; do
    rm -f "$NEW"
    [ "$try" -lt "$METADATA_TRIES" ] || break
    sleep "$pause"
    try=$((try + 1))
    pause=$((pause * 2))
done
wanted=$(generation_of "$NEW")
installed=$(cat "$STATE/generation" 2>/dev/null)
if [ "${wanted:-0}" -gt "${installed:-0}" ]; then
    mv -f "$NEW" "$STATE/user-data"
    exec sh "$STATE/user-data"
fi
rm -f "$NEW"
[ -n "$installed" ] || exit 1
exec sh "$APP/start"
HOOK
    replace "$HOOK" 0700
}

CHANGED=
phase start
mkdir -p "$APP" "$STATE" "${HOOK%/*}" || fail "cannot make $APP, $STATE and ${HOOK%/*}"
phase hook_install
write_start
write_hook
phase agent_download
install_agent
phase configure
write_run
write_supervise
[ -n "$ROOT" ] || [ ! -d /run/systemd/system ] || write_unit
settings >"$APP/worker.env.new"
replace "$APP/worker.env" 0600
printf '%s\n' "$GENERATION" >"$STATE/generation.new"
mv -f "$STATE/generation.new" "$STATE/generation"
phase agent_start
sh "$APP/start" "${CHANGED:+restart}" || fail "the worker did not start"
phase 'done'
