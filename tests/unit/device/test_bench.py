"""A tick is named for what it measures, and scaled exactly or not at all."""

import msgspec
import pytest

from tests.support import made_up_sizes
from tests.support.fake_device import FakeDevice
from tests.unit.device.test_validate import GRAPH, TFLITE
from tinyedge import board as boards
from tinyedge import samples
from tinyedge.board import Board
from tinyedge.device.bench import bench, in_unit

NETDUINO = boards.load("netduinoplus2")
MPS2 = boards.load("qemu-mps2-an386")
HOST = boards.load("host")


def _cycles(board: Board) -> Board:
    timer = msgspec.structs.replace(board.timer, measures="cycles", hz=board.cpu.clock_hz)
    return msgspec.structs.replace(board, timer=timer)


def test_median_and_spread_are_of_every_run() -> None:
    device = FakeDevice(GRAPH, TFLITE, ticks=(500, 100, 300))
    given = samples.random(GRAPH, 3)
    report = bench(
        device.session, NETDUINO, given, macs=50, build=made_up_sizes.build(), url="fake"
    )
    assert (report.ticks.median, report.ticks.min, report.ticks.max) == (300, 100, 500)
    assert (report.runs, report.tick_unit, report.ticks_per_mac) == (3, "instructions", 6.0)
    assert (report.arena_bytes, report.arena_used_bytes, report.stack_peak_bytes) == (512, 500, 344)
    assert report.seconds is None
    assert report.sha256 == GRAPH.sha256
    assert report.flash_total_bytes == made_up_sizes.build().flash_total_bytes


@pytest.mark.parametrize("instructions", [1, 2, 999, 7_654_321])
def test_a_timer_under_an_instruction_count_gives_exact_instructions(instructions: int) -> None:
    for board in (NETDUINO, MPS2):
        ratio = board.ticks_per_instruction
        assert ratio is not None
        for before in range(6):  # instructions before the inference: the timer's phase
            ticks = int((before + instructions) * ratio) - int(before * ratio)
            assert in_unit(board, board.timer.hz, [ticks]) == ("instructions", [instructions])


def test_time_is_named_by_its_own_unit() -> None:
    assert in_unit(HOST, 1_000_000_000, [7]) == ("ns", [7])
    assert in_unit(HOST, 1_000_000, [7]) == ("us", [7])
    assert in_unit(HOST, 32_768, [7]) == ("ticks", [7])
    assert in_unit(_cycles(HOST), HOST.cpu.clock_hz, [7]) == ("cycles", [7])


def test_seconds_are_told_where_a_tick_is_a_time() -> None:
    device = FakeDevice(GRAPH, TFLITE, ticks=(2_000,), tick_hz=1_000_000)
    given = samples.random(GRAPH, 2)
    report = bench(device.session, HOST, given, macs=0, build=made_up_sizes.build(), url="fake")
    assert report.seconds == pytest.approx(0.002)
    assert report.ticks_per_mac is None
