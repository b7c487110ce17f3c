"""Short form of ``python -m tests.parser``."""

from pathlib import Path

import pytest

from tests.parser import fuzzer
from tests.support.tools import missing
from tinyedge.emit.mlperf import Protocol

INPUTS = 20_000
#: edges that a run of this length reaches at least; half as many mean a harness that no longer fits
EDGES = {"tinyedge": 150, "mlperf": 150}


@pytest.mark.parametrize("protocol", fuzzer.PROTOCOLS)
def test_no_input_makes_the_device_misbehave(protocol: Protocol, tmp_path: Path) -> None:
    if not fuzzer.available():
        missing(f"{fuzzer.COMPILER} with libFuzzer (libclang-rt-22-dev)")
    fuzzer.seeds(tmp_path / "corpus", protocol)
    program = fuzzer.build(tmp_path / "built", protocol)
    found = fuzzer.run(program, tmp_path / "corpus", 300, seed=0, most=INPUTS)
    assert not found.crash
    assert found.executions >= INPUTS
    assert found.edges > EDGES[protocol], found
