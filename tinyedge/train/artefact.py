"""A Keras model <-> the bytes of a .keras file that depend on nothing but the model."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

_METADATA = "metadata.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the least time that a zip file can hold


def pack(model: Any) -> bytes:
    """Return the model as a .keras file without the times that Keras puts into it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        with zipfile.ZipFile(path) as file:
            members = {name: file.read(name) for name in file.namelist()}
    facts = json.loads(members[_METADATA])
    del facts["date_saved"]
    members[_METADATA] = json.dumps(facts, sort_keys=True).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name in sorted(members):
            file.writestr(zipfile.ZipInfo(name, _EPOCH), members[name])
    return packed.getvalue()
