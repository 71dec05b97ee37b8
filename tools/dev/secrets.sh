# shellcheck shell=bash
# secrets.sh: what is made once for a stack and kept over a second `up`, in $RUN_DIR/secrets.

SECRETS_FILE=$RUN_DIR/secrets

# secret_made FORM: hex (64 digits), access_key, uuid or password
secret_made() {
    python3 - "$1" <<'END'
import secrets, string, sys, uuid
print({
    "hex": lambda: secrets.token_hex(32),
    "access_key": lambda: "SCW" + "".join(secrets.choice(string.ascii_uppercase + string.digits)
                                          for _ in range(17)),
    "uuid": lambda: str(uuid.uuid4()),
    "password": lambda: "-".join(secrets.token_hex(3) for _ in range(4)),
}[sys.argv[1]]())
END
}

secrets_add() {
    [ -z "$(file_value "$SECRETS_FILE" "$1")" ] || return 0
    printf '%s=%s\n' "$1" "$(secret_made "$2")" >>"$SECRETS_FILE"
}

secrets_make() {
    local name
    [ -f "$SECRETS_FILE" ] || install -m 600 /dev/null "$SECRETS_FILE"
    for name in JWT_SECRET ORCHESTRATOR_TOKEN METRICS_TOKEN POSTGRES_PASSWORD DATABASE_PASSWORD; do
        secrets_add "$name" hex
    done
    secrets_add ADMIN_PASSWORD password
    secrets_add MOCK_ACCESS_KEY access_key
    secrets_add MOCK_SECRET_KEY uuid
    secrets_add MOCK_PROJECT_ID uuid
}

# secret NAME: the caller's value where it set one, else the made one.
secret() {
    if [ -n "${!1:-}" ]; then
        printf '%s' "${!1}"
    else
        file_value "$SECRETS_FILE" "$1"
    fi
}
