"""One frozen dataclass an operator, one file a family."""

from tinyedge.graph.ops.arithmetic import Add, Binary, Maximum, Minimum, Mul, Prelu, Sub
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
    "Binary",
    "Concatenation",
    "Conv2D",
    "DepthwiseConv2D",
    "Dequantize",
    "Elementwise",
    "FullyConnected",
    "HardSwish",
    "LeakyRelu",
    "Logistic",
    "Maximum",
    "Mean",
    "Minimum",
    "Mul",
    "Pad",
    "Pool2D",
    "Prelu",
    "Quantize",
    "Relu",
    "Reshape",
    "Softmax",
    "Sub",
    "Tanh",
]
