# shellcheck shell=bash
# demo.sh: the first instance of a newcomer, through the command line: deployed, awaited, asked a
# question.  A stack that has one already is asked again, and nothing is deployed.

DEMO_MODEL=mock-echo-model
DEMO_TYPE=mock-local-instance
DEMO_ZONE=local

# demo_cli ARGUMENT...: the command line as the stack's admin, whatever else the caller logs in to.
demo_cli() {
    (
        environment_reduce C
        INVENTIV_API_URL=$(stack_api_url)
        INVENTIV_CONFIG_DIR=$RUN_DIR/cli
        INVENTIV_EMAIL=${ADMIN_EMAIL:-admin@inventiv.local}
        INVENTIV_PASSWORD=$(secret ADMIN_PASSWORD)
        export INVENTIV_API_URL INVENTIV_CONFIG_DIR INVENTIV_EMAIL INVENTIV_PASSWORD
        exec "$(program_path inventiv)" "$@"
    )
}

# The types come from the provider with the first synchronisation.
demo_type_known() {
    demo_cli types --json 2>/dev/null | grep -q "\"$DEMO_TYPE\""
}

# demo_member NAME: a member of the JSON object on standard input.
demo_member() {
    python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1]) or "")' "$1"
}

# The oldest instance that is, or can still become, ready; empty when there is none.
demo_living() {
    demo_cli ls --json | python3 -c '
import json, sys
LIVING = "provisioning booting installing starting ready unavailable worker_dead".split()
answer = json.load(sys.stdin)
rows = answer if isinstance(answer, list) else next(v for v in answer.values() if isinstance(v, list))
living = [row for row in rows if row["status"] in LIVING]
print(min(living, key=lambda row: row["created_at"])["id"] if living else "")
'
}

demo_deploy() {
    wait_until 60 demo_type_known || die "the local cloud's machine types did not arrive within 60 s"
    demo_cli deploy --provider mock --model "$DEMO_MODEL" --type "$DEMO_TYPE" --zone "$DEMO_ZONE" --json |
        demo_member instance_id
}

# Right after a restart the machine's engine may still be loading.
demo_ask() {
    local question='Say that you are there.'
    wait_until 60 demo_answers "$1" "$question" || {
        demo_cli ask "$1" "$question" || true
        die "the instance did not answer; see $RUN_DIR/log"
    }
    say "You      $question"
    say "Instance $demo_answer"
}

demo_answers() {
    demo_answer=$(demo_cli ask "$1" "$2" 2>/dev/null)
}

demo_run() {
    local id
    demo_cli login >/dev/null || die "the admin could not log in"
    id=$(demo_living)
    if [ -n "$id" ]; then
        say "The fleet of before is there; nothing new is deployed."
    else
        say "Deploying $DEMO_MODEL on $DEMO_TYPE in zone $DEMO_ZONE of the local cloud."
        id=$(demo_deploy)
        [ -n "$id" ] || die "the first instance was not accepted"
    fi
    demo_cli wait "$id" || die "the instance did not become ready; see: inventiv logs $id"
    demo_ask "$id"
}
