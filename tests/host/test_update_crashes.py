"""A model that was kept and crashes: how that is counted, forgiven, and what runs in the end."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support import updatable
from tests.support.updatable import Device, Made, answers_are, send
from tinyedge.link.updating import COMPILED, Updating
from tinyedge.packaging import Package


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Without sanitizers, which keep the signals for themselves."""
    return updatable.made(tmp_path_factory.mktemp("crashes"))


def _kept(made: Made, folder: Path) -> tuple[Path, Package]:
    """The flash of a device that has kept an update, and that."""
    flash, package = folder / "flash", made.package(2, (1, 0, 0))
    with Device(made.elf, flash) as device, device.session() as session:
        send(session, package)
        Updating(session).decide(keep=True)
    return flash, package


def test_three_crashes_roll_back(made: Made, tmp_path: Path) -> None:
    flash, _ = _kept(made, tmp_path)
    for crashes in range(3):
        with Device(made.elf, flash) as device:
            with device.session() as session:
                state = Updating(session).versions()[0]
                assert (state.active, state.crashes) == (0, crashes)
            os.kill(device.pid, signal.SIGSEGV)
            device.ended()
    with Device(made.elf, flash) as device, device.session() as session:
        assert Updating(session).versions()[0].active == COMPILED
        assert answers_are(session, made.own)


FAULTS = """
#include <stdlib.h>
#include "update.h"
int main(int count, char **words) {
  (void)count;
  if (atoi(words[1])) te_update_fault();
  te_update_start(te_model_init());
  for (int i = atoi(words[2]); i > 0; i--) te_update_fault();
}
"""


@pytest.fixture(scope="module")
def faulting(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware's update.c alone: whether to fault before its start, how often after it."""
    folder = tmp_path_factory.mktemp("faulting")
    (folder / "main.c").write_text(FAULTS)
    firmware = made.elf.parent.parent
    sources = [path for path in sorted(firmware.rglob("*.c")) if path.name != "main.c"]
    folders = sorted({path.parent for path in firmware.rglob("*.[ch]")})
    argv = ["gcc", "-std=c11", *(f"-I{path}" for path in folders), folder / "main.c", *sources]
    subprocess.run([*map(str, argv), "-o", str(folder / "elf")], check=True)
    return folder / "elf"


def _faults(elf: Path, flash: Path, before: int, after: int) -> None:
    environment = {**os.environ, "TE_FLASH": str(flash)}
    subprocess.run([elf, str(before), str(after)], env=environment, check=True)


def _crashes(made: Made, flash: Path) -> int:
    with Device(made.elf, flash) as device, device.session() as session:
        state = Updating(session).versions()[0]
        assert state.active == 0
        return state.crashes


def test_a_crash_counts_once_whoever_tells_of_it(
    made: Made, faulting: Path, tmp_path: Path
) -> None:
    """A real board repeats a fault's report, and then the watchdog's restart is told, too."""
    flash, package = _kept(made, tmp_path)
    _faults(faulting, flash, 1, 0)  # a watchdog's restart, of what hung
    assert _crashes(made, flash) == 1
    _faults(faulting, flash, 0, 5)  # one fault, told five times
    _faults(faulting, flash, 1, 0)  # and the watchdog's restart after it
    with Device(made.elf, flash) as device, device.session() as session:
        assert Updating(session).versions()[0].crashes == 2
        assert answers_are(session, package.tflite)


def test_crashes_are_forgiven_after_a_thousand_answers(
    made: Made, faulting: Path, tmp_path: Path
) -> None:
    flash, _ = _kept(made, tmp_path)
    _faults(faulting, flash, 1, 0)
    with Device(made.elf, flash) as device, device.session() as session:
        for _ in range(999):
            session.infer([bytes(108)])
        assert Updating(session).versions()[0].crashes == 1
        session.infer([bytes(108)])
        assert Updating(session).versions()[0].crashes == 0
    assert _crashes(made, flash) == 0
