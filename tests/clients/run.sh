#!/usr/bin/env bash
# Runs the vendors' own clients against `dingsync simulate`: tests/clients/run.sh PATH-OF-DINGSYNC
# They are installed once, in the versions pinned here, into target/clients (or $DINGSYNC_CLIENTS).
set -euo pipefail

binary=$(realpath "${1:?usage: tests/clients/run.sh PATH-OF-DINGSYNC}")
here=$(cd "$(dirname "$0")" && pwd)
installed=${DINGSYNC_CLIENTS:-$here/../../target/clients}
mkdir -p "$installed"
installed=$(realpath "$installed")
# The simulation is on this machine; a proxy would not find it.
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 PYTHONDONTWRITEBYTECODE=1

# Debian's packages, where this machine lacks something and may install it.
need() {
    local program=$1
    shift
    if "$@" >/dev/null 2>&1; then return; fi
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3 python3-venv nodejs npm >/dev/null
    fi
    if ! "$@" >/dev/null 2>&1; then
        echo "tests/clients needs $program: install python3 with its venv module, nodejs (18 or later) and npm" >&2
        exit 1
    fi
}

# Whether something was installed from exactly these files; if so, there is nothing to do.
is_current() { [ -f "$installed/$1.sum" ] && sha256sum --check --status "$installed/$1.sum"; }

install_python() {
    cd "$here/python"
    if is_current python; then return; fi
    rm -rf "$installed/python"
    python3 -m venv "$installed/python"
    "$installed/python/bin/pip" install --quiet --disable-pip-version-check --no-compile --no-deps -r requirements.txt
    sha256sum requirements.txt >"$installed/python.sum"
}

install_node() {
    cd "$here/node"
    mkdir -p "$installed/node"
    cp package.json package-lock.json .npmrc ./*.test.mjs "$installed/node/"
    if is_current node; then return; fi
    (cd "$installed/node" && npm ci --silent --no-audit --no-fund --ignore-scripts)
    sha256sum package.json package-lock.json >"$installed/node.sum"
}

need "python3 with venv" python3 -c "import venv, ensurepip"
need node node --test --help
need npm npm --version
install_python
install_node

ready=$(mktemp)
"$binary" simulate --accounts 130 --units 12 --existing 50 --dingtalk-qps 1000 >"$ready" &
simulation=$!
trap 'kill "$simulation" 2>/dev/null || true; wait "$simulation" 2>/dev/null || true; rm -f "$ready"' EXIT
for _ in $(seq 100); do
    if [ -s "$ready" ]; then break; fi
    sleep 0.1
done
SIMULATION=$(sed -n 's|.*"idaas_endpoint":"http://\([^"]*\)".*|\1|p' "$ready")
if [ -z "$SIMULATION" ]; then
    echo "the simulation did not start: $binary simulate" >&2
    exit 1
fi
export SIMULATION

cd "$here/python"
"$installed/python/bin/python" -m unittest discover --start-directory . --verbose
cd "$installed/node"
node --test
