"""Builds repeat; manifest and SBOM say what they were made from, and follow every change."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.repro import __main__ as repro
from tests.support import tiny_model
from tests.support.tools import CHECKOUT, missing, need
from tinyedge import board as boards
from tinyedge.build import Artifact
from tinyedge.recipe import Compile
from tinyedge.workflow import bill, devices, pipeline
from tinyedge.workflow.pipeline import Firmware
from tinyedge.workspace import Workspace, sha256


def test_two_clones_make_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    need("git", "make", "gcc", "arm-none-eabi-gcc", "qemu-system-arm", "setpriv")
    if not (CHECKOUT / ".git").exists():
        missing("a git checkout")
    assert repro.main([]) == 0, capsys.readouterr().out


def test_only_times_are_left_out_of_the_comparison(tmp_path: Path) -> None:
    pages = {
        "one": "<p>a</p><div data-wall><b>1 ms</b><br></div><p>z</p>",
        "two": "<p>a</p><div data-wall><b>2 ms</b><br></div><p>z</p>",
        "three": "<p>a</p><div data-wall><b>1 ms</b><br></div><p>y</p>",
        "four": '<p id="x">a</p><div data-wall></div><p>z</p>',
    }
    found = {}
    for name, text in pages.items():
        path = tmp_path / name / "report.html"
        path.parent.mkdir()
        path.write_text(text)
        found[name] = repro.content(path)
    assert found["one"] == found["two"]
    assert len(set(found.values())) == 3


def _firmware(folder: Path, given: Compile | None = None) -> Firmware:
    workspace = Workspace(folder / "build")
    model = pipeline.resolve(str(tiny_model.write(folder / "x.tflite")), given)
    return pipeline.generate(pipeline.load(model, workspace), boards.load("host"), "aot", workspace)


def _read(firmware: Firmware, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((firmware.target / name).read_text())
    return found


def test_the_manifest_has_the_hash_of_every_input_and_of_what_was_made(tmp_path: Path) -> None:
    need("make", "gcc")
    firmware = _firmware(tmp_path)
    built = devices.build(firmware)
    told = _read(firmware, bill.MANIFEST)
    hashes = {item["name"]: item["sha256"] for item in told["inputs"]}
    assert hashes["model.tflite"] == sha256((tmp_path / "x.tflite").read_bytes())
    assert set(hashes) >= {"board host", "options", "tinyedge/", "firmware_templates/"}
    for item in told["sources"]:
        assert sha256((firmware.folder / item["name"]).read_bytes()) == item["sha256"]
    assert told["elf"] == built.report.elf_sha256
    assert "gcc" in told["toolchain"]
    assert str(tmp_path) not in (firmware.target / bill.MANIFEST).read_text()


def test_the_manifest_has_the_hash_of_the_tflm_library(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "build")
    model = pipeline.resolve(str(tiny_model.write(tmp_path / "x.tflite")))
    board = boards.load("qemu-mps2-an386")
    loaded = pipeline.load(model, workspace, "tflm")
    firmware = pipeline.generate(loaded, board, "tflm", workspace)
    out = tmp_path / "out"
    out.mkdir()
    library = tmp_path / "libtensorflow-microlite.a"
    library.write_bytes(b"archive")
    (out / "tflm.txt").write_text(f"{library}\n")
    (out / "firmware.elf").write_bytes(b"elf")
    made = Artifact(out / "firmware.elf", out / "firmware.map", out)
    told = {item.name: item.sha256 for item in bill.manifest(firmware, made).inputs}
    assert told[library.name] == sha256(b"archive")
    assert library.name not in {item.name for item in bill.manifest(firmware).inputs}


def test_the_sbom_names_parts_and_tools_once_each(tmp_path: Path) -> None:
    need("make", "gcc")
    firmware = _firmware(tmp_path)
    built = devices.build(firmware)
    told = _read(firmware, bill.SBOM)
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.5")
    main = told["metadata"]["component"]
    assert (main["type"], main["hashes"][0]["content"]) == ("firmware", built.report.elf_sha256)
    refs = [part["bom-ref"] for part in told["components"]]
    assert len(refs) == len(set(refs))
    assert told["dependencies"] == [{"ref": main["bom-ref"], "dependsOn": refs}]
    assert "machine-learning-model:model.tflite" in refs
    assert {tool["name"] for tool in told["metadata"]["tools"]["components"]} == {"tinyedge", "gcc"}
    assert "timestamp" not in told["metadata"]


def test_another_option_is_another_input(tmp_path: Path) -> None:
    plain = bill.manifest(_firmware(tmp_path))
    again = bill.manifest(_firmware(tmp_path))
    other = bill.manifest(_firmware(tmp_path, Compile(max_arena="1M")))
    assert plain == again
    changed = {one.name for one, two in zip(plain.inputs, other.inputs, strict=True) if one != two}
    assert changed == {"options"}
    assert (plain.elf, plain.toolchain) == ("", "")
