# shellcheck shell=bash
# soak.sh: ./dev soak: builds, and lets the tests' chaos run for long, with new seeds round after round
# (tests/soak/soak.py).

soak_run() {
    packages_ensure "$ROOT/tools/dev/packages.txt"
    build_programs
    exec python3 "$ROOT/tests/soak/soak.py" "$@"
}
