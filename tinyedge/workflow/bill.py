"""What a firmware was made from: a manifest with the hash of every input, and a CycloneDX SBOM.

Both are written beside the firmware. They name no time, no machine and no folder, so that the same
inputs give the same bytes.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from tinyedge import __version__, resources, tool
from tinyedge.board import Board
from tinyedge.build import Artifact
from tinyedge.emit import monocypher
from tinyedge.errors import ToolError
from tinyedge.workflow.pipeline import Firmware
from tinyedge.workspace import sha256, sources_sha256, write_if_changed

MANIFEST = "manifest.json"
SBOM = "sbom.cdx.json"
_PACKAGE = Path(__file__).resolve().parents[1]
_TFLM_LIBRARY = "tflm.txt"  # what the Makefile has linked, in the folder of objects
_VERSION = {"esp-idf": "idf.py"}  # toolchain -> the program that says its version


class Hashed(msgspec.Struct, frozen=True):
    """One input or output: what it is, and the SHA-256 of its bytes."""

    name: str
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """manifest.json. ``toolchain`` and ``elf`` are empty until the firmware has been compiled."""

    schema: str = "tinyedge-manifest/1"
    tinyedge: str
    model: str
    board: str
    runtime: str
    optimize: str
    toolchain: str
    inputs: tuple[Hashed, ...]
    sources: tuple[Hashed, ...]
    elf: str


def write(firmware: Firmware, artifact: Artifact | None = None) -> None:
    """Write both files; ``artifact`` is what was compiled of it, if it has been."""
    told = manifest(firmware, artifact)
    for name, content in ((MANIFEST, msgspec.to_builtins(told)), (SBOM, sbom(told, firmware))):
        text = msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"
        write_if_changed(firmware.target / name, text)


def manifest(firmware: Firmware, artifact: Artifact | None = None) -> Manifest:
    """Everything that decides about the firmware's bytes."""
    loaded, board = firmware.loaded, firmware.board
    return Manifest(
        tinyedge=__version__,
        model=loaded.model.name,
        board=board.id,
        runtime=firmware.runtime,
        optimize=loaded.model.options.optimize,
        toolchain=_toolchain(board) if artifact else "",
        inputs=(*_inputs(firmware), *_linked(firmware, artifact)),
        sources=tuple(Hashed(file.path, file.sha256) for file in firmware.files),
        elf=sha256(artifact.elf.read_bytes()) if artifact else "",
    )


def _inputs(firmware: Firmware) -> tuple[Hashed, ...]:
    loaded = firmware.loaded
    # The device's key is in the sources; where it was read from decides nothing.
    options = msgspec.structs.replace(loaded.model.compile, device_key=None)
    found = (
        []
        if loaded.trained is None
        else [
            Hashed("recipe.toml", loaded.trained.recipe_sha256),
            Hashed(f"data set {loaded.trained.dataset}", loaded.trained.dataset_sha256),
        ]
    )
    return (
        *found,
        Hashed("model.tflite", loaded.graph.sha256),
        Hashed(f"board {firmware.board.id}", sha256(msgspec.json.encode(firmware.board))),
        Hashed("options", sha256(msgspec.json.encode(options))),
        Hashed("tinyedge/", sources_sha256(_PACKAGE)),
        Hashed("firmware_templates/", _tree_sha256(resources.root("firmware_templates"))),
    )


def _linked(firmware: Firmware, artifact: Artifact | None) -> list[Hashed]:
    """TensorFlow Lite Micro as it was linked: the library, or ESP-IDF's lock of its component."""
    if firmware.runtime != "tflm" or artifact is None:
        return []
    found = []
    named = artifact.out / _TFLM_LIBRARY
    if named.is_file():
        library = Path(named.read_text().strip())
        found.append(Hashed(library.name, sha256(library.read_bytes())))
    lock = firmware.folder / "dependencies.lock"
    if lock.is_file():
        found.append(Hashed(lock.name, sha256(lock.read_bytes())))
    return found


def _tree_sha256(folder: Path) -> str:
    """Over the names and digests of all files below ``folder``."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = (
        f"{sha256(path.read_bytes())}  {path.relative_to(folder).as_posix()}" for path in files
    )
    return sha256("\n".join(lines).encode())


def sbom(told: Manifest, firmware: Firmware) -> dict[str, Any]:
    """The firmware as CycloneDX 1.5: what is in it, and what made it."""
    name = f"{told.model}-{told.runtime}-{told.board}"
    main = _component("firmware", name, told.tinyedge, told.elf)
    tools = [_component("application", "tinyedge", told.tinyedge)]
    if told.toolchain:
        tools.append(_component("application", firmware.board.build.toolchain, told.toolchain))
    components = [
        _component("library", "tinyedge firmware sources", told.tinyedge, _digest(told.sources)),
        *(_part(item) for item in told.inputs if item.name.startswith(("model.", "data set"))),
        *_runtime(told, firmware),
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"tools": {"components": tools}, "component": main},
        "components": components,
        "dependencies": [
            {"ref": main["bom-ref"], "dependsOn": [part["bom-ref"] for part in components]}
        ],
    }


def _runtime(told: Manifest, firmware: Firmware) -> list[dict[str, Any]]:
    """Linked in and not generated: ciphers, the interpreter, the compiler's libraries."""
    found = []
    if any(item.name.startswith("monocypher/") for item in told.sources):
        known = (monocypher.VERSION, monocypher.SHA256)
        found.append(_component("library", "pymonocypher (C sources)", *known))
    on_host = firmware.board.port == "host"
    if told.runtime == "tflm":
        version = package("tflite-micro") if on_host else ""
        found.append(_component("library", "tflite-micro", version))
    if told.toolchain and not (told.runtime == "tflm" and on_host):
        libraries = f"C library and compiler runtime of {firmware.board.build.toolchain}"
        found.append(_component("library", libraries, told.toolchain))
    return found


def _part(item: Hashed) -> dict[str, Any]:
    kind = "machine-learning-model" if item.name == "model.tflite" else "data"
    return _component(kind, item.name, "", item.sha256)


def _component(kind: str, name: str, version: str = "", digest: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"bom-ref": f"{kind}:{name}", "type": kind, "name": name}
    if version:
        found["version"] = version
    if digest:
        found["hashes"] = [{"alg": "SHA-256", "content": digest}]
    return found


def _digest(items: tuple[Hashed, ...]) -> str:
    return sha256("\n".join(f"{item.sha256}  {item.name}" for item in items).encode())


def _toolchain(board: Board) -> str:
    name = board.build.toolchain
    return program(_VERSION.get(name, name))


def package(name: str) -> str:
    """Version of an installed Python package; empty if it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def program(name: str) -> str:
    """First line of ``name --version``; empty if the program is not there or does not say."""
    if not name or tool.find(name) is None:
        return ""
    try:
        lines = tool.run([name, "--version"], timeout_s=20.0).stdout.splitlines()
    except ToolError:
        return ""
    return lines[0].strip() if lines else ""
