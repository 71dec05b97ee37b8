# shellcheck shell=bash
# packages.sh: what must be installed, and installing it without starting any server.

# packages_listed FILE...
packages_listed() {
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"
}

# packages_missing FILE...
packages_missing() {
    local wanted installed
    wanted=$(packages_listed "$@" | sort -u)
    # shellcheck disable=SC2086
    installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' $wanted 2>/dev/null |
        sed -n 's/^installed //p' | sort -u) || true
    comm -23 <(printf '%s\n' "$wanted") <(printf '%s\n' "$installed")
}

packages_sudo_works() {
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null && return
    [ -t 0 ] && say "Some packages are missing; sudo asks for your password to install them." && sudo -v
}

# packages_ensure FILE...: installs what is missing; exits 3, with the list, where it may not.
packages_ensure() {
    local missing
    command -v dpkg-query >/dev/null || die "this is no Debian; install: $(packages_listed "$@" | xargs)" 3
    missing=$(packages_missing "$@" | xargs)
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086
    if as_root; then
        say "Installing: $missing"
        bash "$ROOT/tools/dev/install_packages.sh" $missing
    elif packages_sudo_works; then
        say "Installing: $missing"
        sudo bash "$ROOT/tools/dev/install_packages.sh" $missing
    else
        warn "dev: these packages are missing, and this user is neither root nor has sudo:"
        warn "    apt-get install --no-install-recommends $missing"
        exit 3
    fi
}
