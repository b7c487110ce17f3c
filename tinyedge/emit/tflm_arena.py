"""How large TFLM's arena must be on a 32-bit device: measured on the host, then corrected."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.board import Board
from tinyedge.graph.ops.conv import Conv2D, DepthwiseConv2D, FullyConnected
from tinyedge.graph.types import Graph, Op
from tinyedge.oracle import ArenaUse, Oracle

_ALIGNMENT = 16
# Bytes by which TfLiteEvalTensor, TfLiteTensor and NodeAndRegistration are smaller where pointers
# have 32 bits: each is half as large there.
_EVAL_TENSOR, _TENSOR, _NODE = 12, 32, 32
# Each operator's own structures hold a few offsets and indices of scratch buffers that the
# reference kernels on the host do not have; planning takes about as much an extra buffer.
_SPARE_BYTES, _SPARE_PER_OP = 256, 32


@dataclass(frozen=True)
class ArenaPlan:
    """Bytes of arena: what the host measured for 32 bits, what kernels may ask for on top."""

    measured: int
    reserve: int

    @property
    def arena_bytes(self) -> int:
        """Both, rounded up to the arena's alignment."""
        return _round_up(self.measured + self.reserve, _ALIGNMENT)


def plan_arena(graph: Graph, board: Board, tflite: bytes) -> ArenaPlan:
    """Measure ``tflite`` with the recording allocator and add the board's kernels' reserve."""
    use = Oracle(tflite, graph.name).arena_use()
    return ArenaPlan(measured=on_32_bits(use), reserve=reserve(graph, board))


def on_32_bits(use: ArenaUse) -> int:
    """Bytes that the same model needs where pointers have 32 bits.

    The structures whose number is recorded are corrected; the rest of the tail is left as the
    host has it, which is a few hundred bytes more than a device needs.
    """
    saved = _EVAL_TENSOR * use.eval_tensors + _TENSOR * use.tensors + _NODE * use.nodes
    return max(use.total, use.smallest) - saved


def reserve(graph: Graph, board: Board) -> int:
    """Bytes for the scratch of optimized kernels, which the host's reference kernels lack.

    The memory planner may have to put the largest scratch buffer above everything else.
    """
    vectors = board.esp is not None and board.esp.target == "esp32s3"
    scratch = _esp_nn_s3 if vectors else _scratch
    largest = max((scratch(op) for op in graph.ops), default=0)
    return largest + _SPARE_BYTES + _SPARE_PER_OP * len(graph.ops)


def _scratch(op: Op) -> int:
    """Upper bound over CMSIS-NN's and ESP-NN's portable kernels, in bytes."""
    match op:
        case Conv2D():
            _, height, width, channels = op.filter.shape
            # Two (DSP) or four (MVE) columns of the input, as int16 or int8.
            return 4 * _round_up(height * width * channels, 16)
        case DepthwiseConv2D():
            _, height, width, channels = op.filter.shape
            # One column as int16 (DSP), or four blocks of 124 channels as int8 (MVE).
            return height * width * max(2 * channels, 4 * 124)
        case FullyConnected():
            return 4 * op.filter.shape[0]
        case _:
            # Poolings accumulate a pixel, softmax a row, in 32 bits.
            return 4 * op.outputs[0].shape[-1] if op.outputs[0].shape else 0


def _esp_nn_s3(op: Op) -> int:
    """Upper bound over ESP-NN's vector kernels of the ESP32-S3, in bytes.

    They copy the filter and the padded input into aligned buffers, channels in multiples of 16.
    """
    if not isinstance(op, Conv2D | DepthwiseConv2D):
        return _scratch(op)
    _, in_height, in_width, in_channels = op.inputs[0].shape
    count, height, width, _ = op.filter.shape
    padded = (in_height + 2 * height + op.stride[0]) * (in_width + 2 * width + op.stride[1])
    activations = padded * _round_up(in_channels, 16)
    filters = count * height * width * _round_up(op.filter.shape[3], 16)
    channels = _round_up(op.outputs[0].shape[-1], 16)
    depthwise = isinstance(op, DepthwiseConv2D)
    outputs = op.outputs[0].elements // op.outputs[0].shape[-1] * channels if depthwise else 0
    return 2 * (activations + filters) + 16 * channels + outputs


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
