"""Short form of ``python -m tests.parser``."""

from pathlib import Path

import pytest

from tests.parser import fuzzer
from tests.parser.fuzzer import Kind
from tests.support.tools import missing

INPUTS: dict[Kind, int] = {"tinyedge": 20_000, "sealed": 5_000, "mlperf": 20_000}
#: edges that a run of this length reaches at least; half as many mean a harness that no longer
#: fits, and 260 of sealed one that does not get past the seal
EDGES: dict[Kind, int] = {"tinyedge": 150, "sealed": 340, "mlperf": 150}


@pytest.mark.parametrize("kind", fuzzer.KINDS)
def test_no_input_makes_the_device_misbehave(kind: Kind, tmp_path: Path) -> None:
    if not fuzzer.available():
        missing(f"{fuzzer.COMPILER} with libFuzzer (libclang-rt-22-dev)")
    fuzzer.seeds(tmp_path / "corpus", kind)
    program = fuzzer.build(tmp_path / "built", kind)
    found = fuzzer.run(program, tmp_path / "corpus", 300, seed=0, most=INPUTS[kind])
    assert not found.crash
    assert found.executions >= INPUTS[kind]
    assert found.edges > EDGES[kind], found
