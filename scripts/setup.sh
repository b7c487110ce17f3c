#!/bin/sh
# Installs what tinyedge needs: system packages, then .venv with the locked Python dependencies.
# Does nothing where all is there. Usage: scripts/setup.sh
set -eu
cd "$(dirname "$0")/.."

fail() {
    printf 'setup: %s\n' "$1" >&2
    exit 2
}

packages=$(sed -e 's/#.*//' -e 's/[[:space:]].*//' -e '/^$/d' scripts/apt-packages.txt)
if command -v dpkg-query >/dev/null 2>&1; then
    missing=""
    for package in $packages; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing="$missing $package"
    done
    if [ -n "$missing" ]; then
        root=""
        if [ "$(id -u)" != 0 ]; then
            command -v sudo >/dev/null 2>&1 ||
                fail "as root, run: apt-get install$missing"
            root=sudo
        fi
        echo "setup: installing$missing"
        $root apt-get update -q
        # shellcheck disable=SC2086 # word splitting is wanted
        DEBIAN_FRONTEND=noninteractive $root apt-get install -q -y --no-install-recommends $missing
    fi
else
    echo "setup: not Debian or Ubuntu; these must be there: $(echo "$packages" | tr '\n' ' ')"
fi

stamp=.venv/.tinyedge-setup
wanted=$(cat requirements.lock pyproject.toml | sha256sum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

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
