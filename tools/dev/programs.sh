# shellcheck shell=bash
# programs.sh: inventiv's own programs in a stack: their settings, start and stop.  A program gets
# the settings that it reads and nothing else of the caller's environment.

SETTINGS_TABLE=$ROOT/src/base/settings.def

program_path() {
    case $1 in
    inventiv) printf '%s/src/cli/inventiv' "$BUILD_DIR" ;;
    *) printf '%s/src/%s/inventiv-%s' "$BUILD_DIR" "$1" "$1" ;;
    esac
}

# settings_of LETTER: the names of what a program reads; see settings.def for the letters.
settings_of() {
    sed -nE "s/^X\(([A-Z0-9_]+),.*, \"[AOWMC]*$1[AOWMC]*\", .*/\1/p" "$SETTINGS_TABLE"
}

# The prefixes of provider credentials: one a provider row.
credential_prefixes() {
    sed -nE 's/.*"credentials_prefix": *"([A-Z0-9_]+)".*/\1/p' "$RUN_DIR/catalogue.json" \
        "$ROOT"/deploy/catalogue/*.json 2>/dev/null | sort -u
}

stack_api_url() {
    printf 'http://%s' "$(listen_address API_LISTEN API_PORT)"
}

stack_mockcloud_url() {
    printf 'http://%s' "$(listen_address MOCKCLOUD_LISTEN MOCKCLOUD_PORT)"
}

# The folder of the machines: with root, they run as somebody else, who must reach it.
guest_dir() {
    if as_root; then
        printf '%s/guests' "$(side_dir)"
    else
        printf '%s/guests' "$RUN_DIR"
    fi
}

# Fills the array 'made': what ./dev sets where the caller sets nothing.
programs_settings() {
    made=(
        [LOG_FORMAT]=json
        [DATABASE_URL]=$(postgres_application_url)
        [REDIS_URL]=$(redis_url)
        [API_LISTEN]=$(listen_address API_LISTEN API_PORT)
        [API_PUBLIC_URL]=$(stack_api_url)
        [ORCHESTRATOR_LISTEN]=$(listen_address ORCHESTRATOR_LISTEN ORCHESTRATOR_PORT)
        [AGENT_BINARY]=$(program_path worker)
        [AGENT_STORE_DIR]=$RUN_DIR/agents
        [MOCKCLOUD_LISTEN]=$(listen_address MOCKCLOUD_LISTEN MOCKCLOUD_PORT)
        [MOCKCLOUD_STATE_FILE]=$RUN_DIR/mockcloud.json
        [MOCKCLOUD_GUEST_DIR]=$(guest_dir)
        [MOCKCLOUD_NETWORK]=$(port NETWORK)
        [MOCKCLOUD_SSH_PORT]=$(port SSH_PORT)
        [MOCKCLOUD_METADATA_PORT]=$(port METADATA_PORT)
        [MOCKCLOUD_SECRET_KEY]=$(secret MOCK_SECRET_KEY)
        [MOCKCLOUD_PROJECT_ID]=$(secret MOCK_PROJECT_ID)
        [MOCK_API_URL]=$(stack_mockcloud_url)
    )
    local name
    for name in JWT_SECRET ORCHESTRATOR_TOKEN METRICS_TOKEN ADMIN_PASSWORD \
        MOCK_ACCESS_KEY MOCK_SECRET_KEY MOCK_PROJECT_ID; do
        made[$name]=$(file_value "$SECRETS_FILE" "$name")
    done
}

# wanted_names LETTER: settings of the program, and the credentials where it calls providers.
wanted_names() {
    local prefix
    settings_of "$1"
    [ "$1" = O ] || return 0
    for prefix in $(credential_prefixes); do
        printf '%s\n' "${prefix}"_{API_URL,ACCESS_KEY,SECRET_KEY,PROJECT_ID}
    done
}

# A misspelt setting of the caller's also goes through: the program names it and what is meant.
looks_like_a_setting() {
    grep -qE "^X\($1(_FILE)?," "$SETTINGS_TABLE" && return 1
    grep -qE "^X\(${1%%_*}_" "$SETTINGS_TABLE"
}

# environment_reduce LETTER: the exported variables become those of one program.
environment_reduce() {
    local -A made wanted
    local name
    programs_settings
    while read -r name; do
        wanted[$name]=1
        wanted[${name}_FILE]=1
        if [ -z "${!name+set}" ] && [ -n "${made[$name]:-}" ] && file_form="${name}_FILE" &&
            [ -z "${!file_form+set}" ]; then
            export "$name=${made[$name]}"
        fi
    done < <(wanted_names "$1")
    while read -r name; do
        case $name in
        PATH | HOME | LANG | TZ | TERM | *SAN_OPTIONS) continue ;;
        esac
        [ -n "${wanted[$name]:-}" ] || looks_like_a_setting "$name" || export -n "${name?}"
    done < <(compgen -e)
}

# program_launch NAME LETTER
program_launch() {
    service_launch "$1" "$2" "$(program_path "$1")"
}

# program_run NAME LETTER ARGUMENT...: once, in front.
program_run() {
    local name=$1 letter=$2
    shift 2
    (
        environment_reduce "$letter"
        exec "$(program_path "$name")" "$@"
    )
}

# program_answers PATH URL
program_answers() {
    curl -fsS --noproxy '*' --max-time 2 -o /dev/null "$2$1" 2>/dev/null
}

# programs_await: until all are ready.  A start alone waits only until the program answers at all: it
# stays up, not ready, while the database or Redis is away.
programs_await() {
    service_wait mockcloud 30 program_answers /readyz "$(stack_mockcloud_url)"
    service_wait orchestrator 60 program_answers /readyz "$(orchestrator_url)"
    service_wait api 60 program_answers /readyz "$(stack_api_url)"
}

mockcloud_start() {
    ! service_runs mockcloud || return 0
    mkdir -p "$(guest_dir)"
    program_launch mockcloud M
    service_wait mockcloud 30 program_answers /healthz "$(stack_mockcloud_url)"
}

orchestrator_url() {
    printf 'http://%s' "$(listen_address ORCHESTRATOR_LISTEN ORCHESTRATOR_PORT)"
}

orchestrator_start() {
    ! service_runs orchestrator || return 0
    program_launch orchestrator O
    service_wait orchestrator 60 program_answers /healthz "$(orchestrator_url)"
}

api_start() {
    ! service_runs api || return 0
    program_launch api A
    service_wait api 60 program_answers /healthz "$(stack_api_url)"
}

# A further process of a program is PROGRAM-N (api-2, orchestrator-2), with a port, a log and a record of its
# own; it shares all else with the first.
further_port() {
    local name=${1^^}
    printf '%s_PORT' "${name//-/_}"
}

further_url() {
    printf 'http://127.0.0.1:%s' "$(port "$(further_port "$1")")"
}

further_start() {
    local name=$1 program=${1%-*} letter public
    ! service_runs "$name" || return 0
    case $name in
    api-[0-9]*) letter=A ;;
    orchestrator-[0-9]*) letter=O ;;
    *) die "there is no part '$name'" 2 ;;
    esac
    ports_add "$(further_port "$name")"
    public=${API_PUBLIC_URL:-$(stack_api_url)}
    (
        export API_PUBLIC_URL=$public "${program^^}_LISTEN=127.0.0.1:$(port "$(further_port "$name")")"
        service_launch "$name" "$letter" "$(program_path "$program")"
    )
    service_wait "$name" 60 program_answers /healthz "$(further_url "$name")"
}

# further_parts: the names of those that were started and not stopped.
further_parts() {
    local record
    for record in "$RUN_DIR"/pids/*-[0-9]*; do
        [ ! -f "$record" ] || [ "${record%.new}" != "$record" ] || printf '%s\n' "${record##*/}"
    done
}

part_start() {
    case $1 in
    *-[0-9]*) further_start "$1" ;;
    *) "${1}_start" ;;
    esac
}

part_stop() {
    case $1 in
    *-[0-9]*) service_stop "$1" ;;
    *) "${1}_stop" ;;
    esac
}

mockcloud_stop() {
    service_stop mockcloud
}

orchestrator_stop() {
    service_stop orchestrator
}

api_stop() {
    service_stop api
}

# The machines outlive mockcloud, as real ones would; with the stack they end too.
machines_stop() {
    [ -f "$RUN_DIR/mockcloud.json" ] && [ -x "$(program_path mockcloud)" ] || return 0
    program_run mockcloud M --stop-machines >>"$RUN_DIR/log/mockcloud.log" 2>&1 ||
        warn "dev: some machines may still run; see $RUN_DIR/log/mockcloud.log"
}

# catalogue_apply: the provider rows, types and models that no provider tells.
catalogue_apply() {
    program_run orchestrator O --seed "$RUN_DIR/catalogue.json" >>"$RUN_DIR/log/orchestrator.log" 2>&1 || {
        service_log_tail orchestrator
        die "the catalogue could not be applied"
    }
}
