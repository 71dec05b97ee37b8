# shellcheck shell=bash
# build.sh: configures and builds a tree; quiet unless it fails or somebody watches.

# build_tree DIR [MESON_OPTION...]
build_tree() {
    local dir=$1 log=$1/dev-build.log
    shift
    mkdir -p "$dir"
    if [ ! -f "$dir/build.ninja" ]; then
        meson setup "$@" "$dir" "$ROOT" >"$log" 2>&1 || {
            tail -n 15 "$log" >&2
            return 1
        }
    fi
    if [ -t 1 ] && [ -z "${DEV_QUIET:-}" ]; then
        ninja -C "$dir"
        return
    fi
    ninja -C "$dir" >"$log" 2>&1 || {
        grep -vE '^\[[0-9]+/[0-9]+\]' "$log" | tail -n 60 >&2
        return 1
    }
}

# build_all: the tree that runs.  DEV_BUILD=no takes it as it is: tests that start stacks set it.
build_all() {
    [ "${DEV_BUILD:-yes}" != no ] || return 0
    build_tree "$BUILD_DIR" || die "the build failed"
}
