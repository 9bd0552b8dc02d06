#!/usr/bin/env bash
# Install what the sandboxed checkers need of the system: bash cluster/install_system.sh [bubblewrap] [coq]
# (default: both). Only what is missing is installed. Debian and Ubuntu; elsewhere it says what to do.
set -euo pipefail

declare -A command_of=([bubblewrap]=bwrap [coq]=coqc)
missing=()
for package in "${@:-bubblewrap coq}"; do
    for name in $package; do
        if [[ -z "${command_of[$name]:-}" ]]; then
            echo "install_system.sh: got '$name', expected bubblewrap or coq" >&2
            exit 2
        fi
        if command -v "${command_of[$name]}" >/dev/null; then
            echo "$name is there: $(command -v "${command_of[$name]}")"
        else
            missing+=("$name")
        fi
    done
done
if [[ ${#missing[@]} -eq 0 ]]; then
    exit 0
fi

if ! command -v apt-get >/dev/null; then
    echo "install_system.sh: there is no apt-get here; install ${missing[*]} with this machine's own package manager" \
        "(bubblewrap 0.8 or newer, coq 8.16 or newer), so that the commands bwrap and coqc are found" >&2
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
