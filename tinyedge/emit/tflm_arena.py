"""How large TFLM's arena must be on a 32-bit device: measured on the host, then corrected."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.board import Board
from tinyedge.graph.ops.conv import Conv2D, DepthwiseConv2D, FullyConnected, TransposeConv
from tinyedge.graph.ops.elementwise import Softmax
from tinyedge.graph.ops.opaque import Opaque
from tinyedge.graph.ops.pool import Pool2D
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
    largest = max((_scratch(op, board) for op in graph.ops), default=0)
    return largest + _SPARE_BYTES + _SPARE_PER_OP * len(graph.ops)


def _scratch(op: Op, board: Board) -> int:
    """Upper bound over what the kernels that TFLM has for the core may ask for, in bytes."""
    if board.esp is not None:
        return _esp_nn_s3(op) if board.esp.target == "esp32s3" else _softmax_row(op)
    if isinstance(op, TransposeConv | Opaque):
        return 4 * sum(tensor.bytes for tensor in (*op.inputs, *op.outputs))
    if board.cpu.core == "cortex-m55":
        return _cmsis_nn_mve(op)
    return _cmsis_nn_dsp(op)


def _cmsis_nn_dsp(op: Op) -> int:
    """CMSIS-NN on cores without vector instructions."""
    match op:
        case Conv2D():
            _, height, width, channels = op.filter.shape
            return 4 * _round_up(height * width * channels, 4)  # two columns of int16
        case DepthwiseConv2D():
            _, height, width, channels = op.filter.shape
            return 2 * height * width * channels  # a column of int16
        case Pool2D():
            return 4 * op.outputs[0].shape[-1]  # a pixel's sums
        case _:
            return 0


def _cmsis_nn_mve(op: Op) -> int:
    """CMSIS-NN with MVE."""
    match op:
        case Conv2D():
            _, height, width, channels = op.filter.shape
            return 4 * _round_up(height * width * channels, 16)  # four columns
        case DepthwiseConv2D():
            _, height, width, channels = op.filter.shape
            if op.inputs[0].shape[-1] == 1:  # treated as a convolution, its filter transposed
                return (4 * _round_up(height * width, 16)) + height * width * channels
            return 4 * 124 * height * width  # four blocks of 124 channels
        case FullyConnected():
            return 4 * op.filter.shape[0]  # each output's sum of weights
        case _:
            return 0


def _softmax_row(op: Op) -> int:
    """ESP-NN's portable kernels: only softmax has scratch, a number for each element of a row."""
    return 4 * op.outputs[0].elements if isinstance(op, Softmax) else 0


def _esp_nn_s3(op: Op) -> int:
    """Upper bound over ESP-NN's vector kernels of the ESP32-S3, in bytes.

    They copy the filter and the padded input into aligned buffers, channels in multiples of 16.
    """
    if not isinstance(op, Conv2D | DepthwiseConv2D):
        return _softmax_row(op)
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
