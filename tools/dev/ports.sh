# shellcheck shell=bash
# ports.sh: the ports and the loopback network of a stack, kept in $RUN_DIR/ports.

PORTS_FILE=$RUN_DIR/ports

port() {
    file_value "$PORTS_FILE" "$1"
}

# Chosen anew when nothing of ours runs; those of a running stack stay.
ports_choose() {
    local part
    for part in mockcloud orchestrator api; do
        ! service_runs "$part" || return 0
    done
    python3 "$ROOT/tools/dev/choose_ports.py" "$RUN_DIR" >"$PORTS_FILE.new" ||
        die "no ports could be chosen"
    mv "$PORTS_FILE.new" "$PORTS_FILE"
}

# ports_add NAME: one more port for a stack that has its others; the one of before, if it had one.
ports_add() {
    python3 "$ROOT/tools/dev/choose_ports.py" "$RUN_DIR" "$1" >"$PORTS_FILE.new" ||
        die "no port could be chosen"
    mv "$PORTS_FILE.new" "$PORTS_FILE"
}

# listen_address SETTING PORT_NAME: the caller's address:port, else ours.
listen_address() {
    printf '%s' "${!1:-127.0.0.1:$(port "$2")}"
}
