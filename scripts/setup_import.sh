#!/bin/sh
# Makes .venv-import-onnx and .venv-import-torch: the converters for networks of other frameworks, each
# in an environment of its own. Does nothing where all is there. Usage: scripts/setup_import.sh onnx torch
set -eu
cd "$(dirname "$0")/.."

for kind in "$@"; do
    lock=requirements-import-$kind.lock
    folder=.venv-import-$kind
    if [ ! -f "$lock" ]; then
        printf 'setup-import: there is no converter "%s"; write onnx or torch\n' "$kind" >&2
        exit 2
    fi
    wanted=$(sha256sum <"$lock")
    [ "$(cat "$folder/.tinyedge-setup" 2>/dev/null)" != "$wanted" ] || continue
    echo "setup-import: $kind into $folder (2 to 3 GB)"
    rm -rf "$folder"
    .venv/bin/python -m venv "$folder"
    if ! "$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
        --require-hashes -r "$lock"; then
        echo "setup-import: $lock is for Python 3.11; or name another Python in TINYEDGE_IMPORT_*" >&2
        if [ "$kind" = torch ]; then
            cat >&2 <<EOF
setup-import: PyTorch's CPU build is not on PyPI. Set PIP_EXTRA_INDEX_URL to the index of CPU builds that
PyTorch's page "Start locally" names, or set TINYEDGE_IMPORT_TORCH to a Python that has torch and litert-torch.
EOF
        fi
        exit 2
    fi
    printf '%s' "$wanted" >"$folder/.tinyedge-setup"
done
