#!/bin/sh
# Installs what tinyedge needs: system packages, then .venv with the locked Python dependencies.
# Does nothing where all is there. Usage: scripts/setup.sh
set -eu
cd "$(dirname "$0")/.."

fail() {
    printf 'setup: %s\n' "$1" >&2
    exit 2
}

stamp=.venv/.tinyedge-setup
wanted=$(cat requirements.lock pyproject.toml scripts/apt-packages.txt | sha256sum)
current=no
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    current=yes
fi

# The packages of the list whose lines begin with $1 (nothing: those that must be there).
packages() {
    sed -n -e 's/#.*//' -e "s/^$1\([a-z0-9][^[:space:]]*\).*/\1/p" scripts/apt-packages.txt
}

missing() {
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            printf ' %s' "$package"
    done
}

install() {
    echo "setup: installing$1"
    # shellcheck disable=SC2086 # word splitting is wanted
    DEBIAN_FRONTEND=noninteractive $root apt-get install -q -y --no-install-recommends $1
}

if command -v dpkg-query >/dev/null 2>&1; then
    # shellcheck disable=SC2046 # word splitting is wanted
    needed=$(missing $(packages ''))
    wished=""
    # shellcheck disable=SC2046
    [ $current = yes ] || wished=$(missing $(packages '?'))
    # shellcheck disable=SC2046
    [ -z "${CI:-}" ] || wished="$wished$(missing $(packages '+'))"
    if [ -n "$needed$wished" ]; then
        root=""
        if [ "$(id -u)" != 0 ]; then
            command -v sudo >/dev/null 2>&1 || fail "as root, run: apt-get install$needed$wished"
            root=sudo
        fi
        $root apt-get update -q
        known=""
        for package in $wished; do
            if apt-cache show "$package" >/dev/null 2>&1; then
                known="$known $package"
            else
                echo "setup: this system has no package $package; what needs it is left out"
            fi
        done
        [ -z "$needed$known" ] || install "$needed$known"
    fi
else
    echo "setup: not Debian or Ubuntu; these must be there: $(packages '' | tr '\n' ' ')"
fi

[ $current = no ] || exit 0

python=""
for candidate in ${PYTHON:-} python3.11 python3.12 python3; do
    if "$candidate" -c 'import ensurepip, sys, venv
sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || fail "needs Python 3.11 or 3.12 with venv; install one, or set PYTHON=/path/to/it"

echo "setup: Python dependencies into .venv (the first time takes about three minutes)"
rm -rf .venv
"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
printf '%s' "$wanted" >"$stamp"
