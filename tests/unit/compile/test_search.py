"""The search sees what fills the arena, and copes with tensors that nobody reads."""

import numpy as np

from tests.baseline.networks import NETWORKS
from tests.support.tflite_writer import Handle, ModelWriter
from tinyedge.compile import compile_graph
from tinyedge.compile.options import Options
from tinyedge.graph.read_tflite import read
from tinyedge.graph.types import Graph


def test_a_tensor_that_is_only_kept_counts_for_the_steps_meanwhile() -> None:
    """A shortcut's output lies above the scratch of the layers that run before it is read."""
    plan = compile_graph(read(NETWORKS["like-resnet"](), "model"), "cortex-m4f")
    assert plan.arena_bytes < 20_000


def test_an_input_that_nobody_reads_is_no_obstacle() -> None:
    model = ModelWriter()
    x = model.input((1, 4, 4, 8), 0.05, 0)
    model.input((1, 3), 0.05, 0)
    weights = np.random.default_rng(1).integers(-128, 128, (4, 3, 3, 8)).astype(np.int8)
    y = model.conv2d(x, weights, 0.01, None, scale=0.3, zero_point=0)
    plan = compile_graph(read(model.finish(y), "model"), "cortex-m4f")
    assert len(plan.inputs) == 2


def _residual(*stages: int) -> Graph:
    """Layers that skip two others; each of the ``stages`` but the first halves height and width."""
    rng = np.random.default_rng(1)
    model = ModelWriter()

    def conv(x: Handle, outputs: int, size: int = 3, stride: int = 1) -> Handle:
        weights = rng.integers(-50, 50, (outputs, size, size, x.shape[3])).astype(np.int8)
        window = {"stride": (stride, stride), "padding": "SAME"}
        return model.conv2d(x, weights, 0.01, None, scale=2.0, zero_point=-128, **window)

    x = conv(model.input((1, 32, 32, 3), 0.05, 0), stages[0])
    for number, channels in enumerate(stages):
        stride = 1 if number == 0 else 2
        y = conv(conv(x, channels, stride=stride), channels)
        skipped = x if stride == 1 else conv(x, channels, 1, stride)
        x = model.add(skipped, y, scale=2.0, zero_point=0)
    return read(model.finish(x), "model")


def test_layers_that_are_not_full_do_not_keep_others_from_changing_together() -> None:
    """The first layer's output lies high because of what follows; its own scratch is small."""
    plan = compile_graph(_residual(16), "rv32imac")
    scratch = [step.scratch.bytes for step in plan.steps[1:3] if step.scratch]
    assert [step.kernel for step in plan.steps[1:3]] == ["te_rv32_winograd"] * 2
    assert scratch == [16_416] * 2


def test_a_layer_that_was_slowed_down_in_vain_gets_its_kernel_back() -> None:
    """One of two that need the same memory gives all it can before the other gives enough."""
    plan = compile_graph(_residual(16, 32), "rv32imac", Options(max_arena=46_000))
    assert plan.arena_bytes <= 46_000
    assert [step.kernel for step in plan.steps[1:3]] == ["te_rv32_winograd", "te_rv32_conv_pairs"]
