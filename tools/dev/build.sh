# shellcheck shell=bash
# build.sh: configures and builds a tree; quiet unless it fails or somebody watches.

# build_configure DIR [MESON_OPTION...]
build_configure() {
    local dir=$1 log=$1/dev-build.log
    mkdir -p "$dir"
    [ ! -f "$dir/build.ninja" ] || return 0
    meson setup "${@:2}" "$dir" "$ROOT" >"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        return 1
    }
}

# build_targets DIR [TARGET...]: all of them when none is named.
build_targets() {
    local log=$1/dev-build.log
    if [ -t 1 ] && [ -z "${DEV_QUIET:-}" ]; then
        ninja -C "$@"
        return
    fi
    ninja -C "$@" >"$log" 2>&1 || {
        grep -vE '^\[[0-9]+/[0-9]+\]' "$log" | tail -n 60 >&2
        return 1
    }
}

# build_tree DIR [MESON_OPTION...]
build_tree() {
    build_configure "$@" && build_targets "$1"
}

# build_programs: what a stack runs, without the tests.  DEV_BUILD=no takes it as it is: tests that
# start stacks set it.
build_programs() {
    [ "${DEV_BUILD:-yes}" != no ] || return 0
    build_configure "$BUILD_DIR" || die "the build could not be configured"
    build_targets "$BUILD_DIR" src/api/inventiv-api src/orchestrator/inventiv-orchestrator \
        src/worker/inventiv-worker src/mockcloud/inventiv-mockcloud src/cli/inventiv ||
        die "the build failed"
}
