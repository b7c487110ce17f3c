"""Bytes by layer, kernel, library and symbol: each is told once, and nothing is left over."""

import csv
import io
from pathlib import Path

import pytest

from tests.support.tools import CHECKOUT, need
from tinyedge import board as boards
from tinyedge.build.attribution import Part
from tinyedge.report import size as tables
from tinyedge.results import SizeReport
from tinyedge.workflow import devices, pipeline, sizes
from tinyedge.workflow.devices import Built
from tinyedge.workspace import Workspace

DIGITS = CHECKOUT / "models/digits-cnn/golden/digits-cnn.tflite"  # layers that share kernels


def _built(folder: Path, board: str, runtime: str) -> Built:
    workspace = Workspace(folder / "build")
    model = pipeline.resolve(str(DIGITS))
    loaded = pipeline.load(model, workspace, runtime)
    return devices.build(pipeline.generate(loaded, boards.load(board), runtime, workspace))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    need("make", "arm-none-eabi-gcc")
    return _built(tmp_path_factory.mktemp("sizes"), "netduinoplus2", "aot")


@pytest.fixture(scope="module")
def report(built: Built) -> SizeReport:
    return sizes.measure(built)


def test_every_view_is_the_whole(built: Built, report: SizeReport) -> None:
    flash = built.report.flash_total_bytes
    ram = built.report.ram_static_bytes + built.report.stack_bytes
    for rows in (report.groups, report.objects, report.symbols, report.sections):
        assert sum(row.flash_bytes for row in rows) == flash == report.flash_total_bytes
        assert sum(row.ram_bytes for row in rows) == ram == report.ram_total_bytes
    groups = {group.name: group for group in report.groups}
    layers = sum(layer.flash_bytes for layer in report.layers)
    assert layers == sum(groups[name].flash_bytes for name in sizes.GROUPS[:2])
    assert groups["arena"].ram_bytes >= built.firmware.arena_bytes
    assert groups["stack"].ram_bytes == built.report.stack_bytes


def test_weights_are_the_plans_and_code_is_its_kernels(built: Built, report: SizeReport) -> None:
    plan = built.firmware.plan
    assert plan is not None
    assert [layer.weight_bytes for layer in report.layers] == [
        step.constant_bytes for step in plan.steps
    ]
    kernels = {kernel.name: kernel for kernel in report.kernels}
    for step in plan.steps:
        assert step.index in kernels[step.kernel].layers
        assert report.layers[step.index].code_bytes > 0  # its parameters, at least
        assert report.layers[step.index].code_bytes + report.layers[step.index].shared_bytes > 40
    assert any(layer.shared_bytes for layer in report.layers)
    own = [symbol for symbol in report.symbols if symbol.layer is None and symbol.kernel]
    assert {symbol.component for symbol in own} <= {"runtime", "model"}
    assert "te_crc32" not in {symbol.symbol for symbol in report.symbols if symbol.kernel}


def test_tflms_weights_are_the_files(tmp_path: Path) -> None:
    built = _built(tmp_path, "host", "tflm")
    report = sizes.measure(built)
    assert report.flash_total_bytes == len(built.firmware.loaded.tflite)
    assert sum(symbol.flash_bytes for symbol in report.symbols) == report.flash_total_bytes
    weights = [
        sum(t.bytes for t in op.inputs if t.is_constant) for op in built.firmware.loaded.graph.ops
    ]
    assert [layer.weight_bytes for layer in report.layers] == weights
    assert sum(weights) > 0
    (rest,) = (symbol for symbol in report.symbols if symbol.layer is None)
    assert rest.symbol.endswith(": structure")
    assert report.kernels == ()


@pytest.mark.parametrize("symbol", ["arena", "_ZN12_GLOBAL__N_15arenaE"])
def test_the_arena_is_known_by_its_symbol(symbol: str) -> None:
    part = Part(".bss", symbol, "model/model.cc", "", "model", ".bss.arena", 0, 24_272)
    assert sizes._group(part, None, "") == "arena"
    other = Part(".bss", "te_arena_bytes", "model/model.cc", "", "model", ".bss", 0, 4)
    assert sizes._group(other, None, "") != "arena"


@pytest.mark.parametrize("by", tables.BY)
def test_csv_is_the_table_largest_first(report: SizeReport, by: tables.By) -> None:
    rows = list(csv.DictReader(io.StringIO(tables.to_csv(report, by))))
    flash = [int(row["flash"]) for row in rows]
    assert flash == sorted(flash, reverse=True)
    names, made = tables.rows(report, by)
    assert (len(rows), tuple(rows[0])) == (len(made), names)
    if by in ("library", "symbol"):
        assert sum(flash) == report.flash_total_bytes
