"""What the host's side takes, with pytest-benchmark: ``make benchmarks``.

Times are of this machine: ``ARGS="--benchmark-autosave --benchmark-compare"`` compares two runs
on it. Where a network is compiled, the counts of its firmware stand in ``extra_info``.
"""

from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.baseline.__main__ import measure
from tests.baseline.networks import NETWORKS
from tinyedge.compile import compile_graph
from tinyedge.compile.execute import execute
from tinyedge.emit import aot
from tinyedge.graph import read_tflite
from tinyedge.graph.types import Graph
from tinyedge.link.framing import Decoder, Frame, encode
from tinyedge.link.protocol import MAX_PAYLOAD, Type
from tinyedge.oracle import Oracle
from tinyedge.samples import random
from tinyedge.workspace import Workspace

CORE = "cortex-m4f"
NETWORK = "like-ds-cnn"


@pytest.fixture(scope="module")
def tflite() -> bytes:
    return NETWORKS[NETWORK]()


@pytest.fixture(scope="module")
def graph(tflite: bytes) -> Graph:
    return read_tflite.read(tflite, NETWORK)


@pytest.mark.parametrize("name", NETWORKS)
def test_compile(benchmark: BenchmarkFixture, name: str, tmp_path: Path) -> None:
    data = NETWORKS[name]()
    graph = read_tflite.read(data, name)
    plan = benchmark.pedantic(compile_graph, (graph, CORE), rounds=3, warmup_rounds=1)
    path = tmp_path / f"{name}.tflite"
    path.write_bytes(data)
    report = measure([path], Workspace(tmp_path))
    (counts,) = (one for one in report.models if one.optimize == "speed")
    assert counts.arena_bytes == plan.arena_bytes
    benchmark.extra_info |= {
        "board": report.board,
        "instructions": counts.instructions,
        "loads": counts.loads,
        "estimated_m4_cycles": counts.cycles,
        "arena_bytes": counts.arena_bytes,
        "flash_runtime_bytes": counts.flash_runtime_bytes,
        "flash_weights_bytes": counts.flash_weights_bytes,
    }


def test_read_tflite(benchmark: BenchmarkFixture, tflite: bytes) -> None:
    assert benchmark(read_tflite.read, tflite, NETWORK).ops


def test_render(benchmark: BenchmarkFixture, graph: Graph, tflite: bytes) -> None:
    plan = compile_graph(graph, CORE)
    assert "model/model.c" in benchmark(aot.render, graph, plan, tflite)


def test_plan_in_numpy(benchmark: BenchmarkFixture, graph: Graph, tflite: bytes) -> None:
    sample = random(graph, 1)[0]
    (answer,) = benchmark(execute, compile_graph(graph, CORE), sample)
    assert np.array_equal(answer, Oracle(tflite, NETWORK).run(sample)[0])


def test_reference(benchmark: BenchmarkFixture, graph: Graph, tflite: bytes) -> None:
    oracle = Oracle(tflite, NETWORK)
    assert benchmark(oracle.run, random(graph, 1)[0])[0].size == 12


def test_encode_frame(benchmark: BenchmarkFixture) -> None:
    assert benchmark(encode, Frame(Type.WRITE, 7, bytes(range(256)) * (MAX_PAYLOAD // 256)))


def test_decode_frame(benchmark: BenchmarkFixture) -> None:
    sent = encode(Frame(Type.WRITE, 7, bytes(range(256)) * (MAX_PAYLOAD // 256)))
    assert benchmark(lambda: Decoder().feed(sent))[0].sequence == 7
