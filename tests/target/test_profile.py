"""Ticks of each layer on the device, against the whole inference and the plain firmware."""

from pathlib import Path

import pytest

from tests.support.tools import CHECKOUT, need
from tinyedge import board as boards
from tinyedge.errors import ConfigError, LinkError
from tinyedge.link.payloads import WATCH
from tinyedge.link.protocol import Type
from tinyedge.link.session import Session
from tinyedge.results import BenchReport, ProfileReport
from tinyedge.trace.run import functions
from tinyedge.workflow import devices, observing, pipeline
from tinyedge.workflow.pipeline import Firmware
from tinyedge.workspace import Workspace

DIGITS = CHECKOUT / "models" / "digits-cnn" / "golden" / "digits-cnn.tflite"
RUNS = 2


def _firmware(board_id: str, folder: Path, runtime: str = "aot") -> Firmware:
    board = boards.load(board_id)
    need("make", board.build.toolchain)
    if board.flash.method == "qemu":
        need("qemu-system-arm")
    workspace = Workspace(folder)
    loaded = pipeline.load(pipeline.resolve(str(DIGITS)), workspace, runtime)
    return pipeline.generate(loaded, board, runtime, workspace)


def _profile(firmware: Firmware) -> ProfileReport:
    built = devices.build(firmware, observe=True)
    with devices.device(built, None) as url:
        return observing.profile(built, url, runs=RUNS, progress=_ignore, on_log=_unexpected)


def _bench(firmware: Firmware) -> BenchReport:
    built = devices.build(firmware)
    with devices.device(built, None) as url:
        return devices.bench(built, url, runs=RUNS, progress=_ignore, on_log=_unexpected)


def _ignore(_done: int, _total: int) -> None:
    pass


def _unexpected(text: str) -> None:
    raise AssertionError(text)


@pytest.mark.parametrize("board", ["netduinoplus2", "qemu-mps2-an386"])
def test_layers_make_up_the_inference(board: str, tmp_path: Path) -> None:
    firmware = _firmware(board, tmp_path)
    plain, found = _bench(firmware), _profile(firmware)
    assert found.tick_unit == "instructions"
    assert found.layer_ticks == sum(layer.ticks for layer in found.layers)
    for whole in (found.ticks, plain.ticks.median):
        assert found.layer_ticks == pytest.approx(whole, rel=0.02)
    assert found.ticks < plain.ticks.median * 1.03
    assert sum(layer.share for layer in found.layers) == pytest.approx(1)
    assert firmware.plan is not None
    assert [layer.name for layer in found.layers] == [step.name for step in firmware.plan.steps]
    assert all(layer.ticks > 0 for layer in found.layers)
    assert max(layer.arena_bytes or 0 for layer in found.layers) <= found.arena_bytes
    # A first layer of 8 x 8 x 1 -> 8 channels by 3 x 3.
    (first, *_) = [layer for layer in found.layers if layer.macs]
    assert (first.macs, first.input_shapes, first.output_shape) == (
        8 * 8 * 8 * 9,
        ((1, 8, 8, 1),),
        (1, 8, 8, 8),
    )


def test_layers_are_sent_to_no_session_that_has_not_asked(tmp_path: Path) -> None:
    built = devices.build(_firmware("netduinoplus2", tmp_path), observe=True)
    with devices.device(built, None) as url:
        ticks = []
        for _ in range(2):
            with Session(url) as session:
                ticks.append(session.infer([bytes(64)]).ticks)
                session.call(Type.WATCH, 0, WATCH.pack(1))  # and goes, without an end to it
    assert ticks[0] == ticks[1]


def test_the_host_is_profiled_in_time(tmp_path: Path) -> None:
    found = _profile(_firmware("host", tmp_path))
    assert found.tick_unit == "ns"
    assert found.layer_ticks > 0
    assert len(found.layers) == 7


def test_firmware_that_is_not_asked_has_nothing_of_it(tmp_path: Path) -> None:
    firmware = _firmware("netduinoplus2", tmp_path)
    built = devices.build(firmware)
    assert not [name for name in functions(built.artifact.elf) if "observe" in name]
    with (
        devices.device(built, None) as url,
        pytest.raises(LinkError, match="does not observe its layers"),
    ):
        observing.profile(built, url, runs=1, progress=_ignore, on_log=_unexpected)


def test_the_wheel_has_no_times_by_layer(tmp_path: Path) -> None:
    board = boards.load("host")
    workspace = Workspace(tmp_path)
    loaded = pipeline.load(pipeline.resolve(str(DIGITS)), workspace, "tflm")
    firmware = pipeline.generate(loaded, board, "tflm", workspace)
    with pytest.raises(ConfigError, match="tells no times by layer"):
        observing.require_observable(firmware)


@pytest.mark.parametrize("board", ["host", "netduinoplus2", "qemu-mps2-an386"])
def test_every_layer_is_the_references(board: str, tmp_path: Path) -> None:
    firmware = _firmware(board, tmp_path)
    built = devices.build(firmware, observe=True)
    with devices.device(built, None) as url:
        report, layers = observing.debug(built, url, 1, None, on_log=_unexpected)
    assert firmware.plan is not None
    assert (report.held, report.first_differing) == (True, None)
    assert [layer.output_bytes for layer in report.layers] == [
        step.output.bytes for step in firmware.plan.steps
    ]
    assert len({bytes(layer.device) for layer in layers}) > 1
