"""One frozen dataclass an operator, one file a family."""

from tinyedge.graph.ops.arithmetic import Add, Mul
from tinyedge.graph.ops.conv import Conv2D, DepthwiseConv2D, FullyConnected
from tinyedge.graph.ops.elementwise import (
    Dequantize,
    Elementwise,
    HardSwish,
    LeakyRelu,
    Logistic,
    Quantize,
    Relu,
    Softmax,
    Tanh,
)
from tinyedge.graph.ops.pool import Mean, Pool2D
from tinyedge.graph.ops.shape import Concatenation, Pad, Reshape

__all__ = [
    "Add",
    "Concatenation",
    "Conv2D",
    "DepthwiseConv2D",
    "Dequantize",
    "Elementwise",
    "FullyConnected",
    "HardSwish",
    "LeakyRelu",
    "Logistic",
    "Mean",
    "Mul",
    "Pad",
    "Pool2D",
    "Quantize",
    "Relu",
    "Reshape",
    "Softmax",
    "Tanh",
]
