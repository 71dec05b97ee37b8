#!/usr/bin/env bash
# install_packages.sh PACKAGE...: installs Debian packages as root and starts no server: while it
# runs, policy-rc.d forbids services to start and no PostgreSQL cluster is made.  Both are put
# back as they were.
set -euo pipefail

policy=/usr/sbin/policy-rc.d
cluster_rule=/etc/postgresql-common/createcluster.d/inventiv-dev.conf
log=$(mktemp)

restore() {
    rm -f "$policy" "$cluster_rule" "$log"
    rmdir "$(dirname "$cluster_rule")" 2>/dev/null || true
    [ ! -e "$policy.before-inventiv" ] || mv "$policy.before-inventiv" "$policy"
}

forbid_servers() {
    [ ! -e "$policy" ] || mv "$policy" "$policy.before-inventiv"
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    mkdir -p "$(dirname "$cluster_rule")"
    printf 'create_main_cluster = false\n' >"$cluster_rule"
}

install_all() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "$@" >"$log" 2>&1
}

update_lists() {
    apt-get update -o DPkg::Lock::Timeout=300 >"$log" 2>&1 || {
        cat "$log" >&2
        exit 1
    }
}

trap restore EXIT
trap 'exit 130' INT TERM HUP
forbid_servers
# The lists on the machine usually do; they are fetched again only when they do not.
if ! install_all "$@"; then
    update_lists
    install_all "$@" || {
        cat "$log" >&2
        exit 1
    }
fi
