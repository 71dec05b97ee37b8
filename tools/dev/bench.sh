# shellcheck shell=bash
# bench.sh: ./dev bench: builds what is measured as it is shipped, optimised and with its assertions,
# and measures (bench/bench.py).

bench_run() {
    local dir=$BUILD_DIR-bench
    packages_ensure "$ROOT/tools/dev/packages.txt"
    build_configure "$dir" --buildtype=release -Db_ndebug=false || die "the build could not be configured"
    build_targets "$dir" bench/beats bench/cycles || die "the build failed"
    export BUILD_DIR=$dir
    build_programs
    exec python3 "$ROOT/bench/bench.py" "$@"
}
