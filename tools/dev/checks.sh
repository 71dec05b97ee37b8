# shellcheck shell=bash
# checks.sh: ./dev check.  Each check is a function check_NAME; it prints what is wrong and fails.

# The order in which they run: the quick ones first.
CHECKS=(layers sizes names limits runbooks format python shell gcc clang configuration cppcheck tidy)

check_layers() {
    python3 "$ROOT/tools/check_layers.py"
}

check_sizes() {
    python3 "$ROOT/tools/check_sizes.py"
}

check_names() {
    python3 "$ROOT/tools/check_names.py"
}

check_limits() {
    python3 "$ROOT/tools/check_limits.py"
}

check_runbooks() {
    python3 "$ROOT/tools/check_runbooks.py"
}

# our_files PATTERN...: tracked and new ones, each ended by a zero byte.
our_files() {
    git -C "$ROOT" ls-files -z -co --exclude-standard -- "$@"
}

check_format() {
    our_files '*.c' '*.h' | xargs -0 -n 20 -P 2 clang-format --dry-run --Werror
}

check_python() {
    our_files '*.py' | xargs -0 python3 -c '
import sys
for path in sys.argv[1:]:
    compile(open(path, encoding="utf-8").read(), path, "exec")
'
}

check_shell() {
    our_files '*.sh' dev .ci/run | xargs -0 shellcheck -x
}

# Both compilers with every warning an error.
check_gcc() {
    CC=gcc build_tree "$BUILD_DIR"
}

check_clang() {
    CC=clang build_tree "$BUILD_DIR-clang"
}

check_configuration() {
    "$BUILD_DIR/tools/print_configuration" | diff -u "$ROOT/docs/configuration.md" - || {
        say "docs/configuration.md differs from the settings table; make it again:"
        say "    build/tools/print_configuration >docs/configuration.md"
        return 1
    }
}

# resourceLeak and invalidFunctionArg are left to clang and the sanitizers: cppcheck does not see that a
# lock is a descriptor kept open.
check_cppcheck() {
    mkdir -p "$BUILD_DIR-clang/cppcheck"
    cppcheck --quiet -j 2 --std=c11 --enable=warning,performance --inline-suppr --error-exitcode=1 \
        --library=posix -D_GNU_SOURCE --suppress=missingIncludeSystem --suppress=unknownMacro --suppress=literalWithCharPtrCompare \
        --suppress=resourceLeak --suppress=invalidFunctionArg --suppress=ignoredReturnValue \
        --cppcheck-build-dir="$BUILD_DIR-clang/cppcheck" -I "$ROOT/src" "$ROOT/src" "$ROOT/tools"
}

check_tidy() {
    python3 "$ROOT/tools/check_tidy.py" "$BUILD_DIR-clang"
}

# check_one NAME: its line, and its output when it fails; sizes always tells the longest.
check_one() {
    local started output status=0 word="ok  "
    started=$(now_ms)
    output=$(cd "$ROOT" && "check_$1" 2>&1) || status=$?
    [ "$status" -eq 0 ] || word=FAIL
    printf '%s %-14s %6.1f s\n' "$word" "$1" "$((($(now_ms) - started) / 100))e-1"
    if [ "$status" -ne 0 ] || [ "$1" = sizes ]; then
        printf '%s\n' "$output" | head -n 200 | sed 's/^/     | /'
    fi
    return "$status"
}

checks_run() {
    local name passed=0 failed=0
    packages_ensure "$ROOT/tools/dev/packages.txt" "$ROOT/tools/dev/packages-check.txt"
    export DEV_QUIET=1
    for name in "${CHECKS[@]}"; do
        if check_one "$name"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
        fi
    done
    say "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
