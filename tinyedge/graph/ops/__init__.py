"""One frozen dataclass an operator, one file a family."""

from tinyedge.graph.ops.arithmetic import Add, Binary, Maximum, Minimum, Mul, Prelu, Sub
from tinyedge.graph.ops.conv import Conv2D, DepthwiseConv2D, FullyConnected, TransposeConv
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
from tinyedge.graph.ops.pool import ArgExtreme, Mean, Pool2D
from tinyedge.graph.ops.rearrange import Split, StridedSlice, Transpose
from tinyedge.graph.ops.resize import Resize
from tinyedge.graph.ops.shape import Concatenation, ExpandDims, Pad, Reshape, Squeeze

__all__ = [
    "Add",
    "ArgExtreme",
    "Binary",
    "Concatenation",
    "Conv2D",
    "DepthwiseConv2D",
    "Dequantize",
    "Elementwise",
    "ExpandDims",
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
    "Resize",
    "Softmax",
    "Split",
    "Squeeze",
    "StridedSlice",
    "Sub",
    "Tanh",
    "Transpose",
    "TransposeConv",
]
