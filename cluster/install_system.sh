#!/usr/bin/env bash
# Install what a machine needs of the system: bash cluster/install_system.sh [bubblewrap] [coq] [slurm] [redis] [prometheus] [chromium]
# bubblewrap and coq (the default: both) for the sandboxed checkers; slurm, redis and prometheus for the tests of cluster/,
# chromium for those of pages.
# Only what is missing is installed. Debian and Ubuntu; elsewhere it says what to do.
set -euo pipefail

declare -A command_of=([bubblewrap]=bwrap [coq]=coqc [slurm]=slurmctld [redis]=redis-server [prometheus]=prometheus [chromium]=chromium)
declare -A packages_of=([bubblewrap]=bubblewrap [coq]=coq [slurm]="slurmctld slurmd slurm-client munge" [redis]=redis-server [prometheus]=prometheus [chromium]=chromium)
if [[ $# -eq 0 ]]; then
    set -- bubblewrap coq
fi
missing=()
for name in "$@"; do
    if [[ -z "${command_of[$name]:-}" ]]; then
        echo "install_system.sh: got '$name', expected bubblewrap, coq, slurm, redis, prometheus or chromium" >&2
        exit 2
    fi
    if command -v "${command_of[$name]}" >/dev/null; then
        echo "$name is there: $(command -v "${command_of[$name]}")"
    else
        read -ra packages <<<"${packages_of[$name]}"
        missing+=("${packages[@]}")
    fi
done
if [[ ${#missing[@]} -eq 0 ]]; then
    exit 0
fi

if ! command -v apt-get >/dev/null; then
    echo "install_system.sh: there is no apt-get here; install ${missing[*]} with this machine's own package manager" \
        "(bubblewrap 0.8, coq 8.16, slurm 22.05, redis 7, prometheus 2.42, chromium 140 or newer), so that the commands ${command_of[*]} are found" >&2
    exit 1
fi
as_root=()
if [[ $(id -u) -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
        echo "install_system.sh: this needs root and there is no sudo; as root: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
"${as_root[@]}" apt-get update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
