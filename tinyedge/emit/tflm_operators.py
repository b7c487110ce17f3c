"""Which of TensorFlow Lite Micro's operators a model needs, and how a resolver takes them."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.errors import ModelError
from tinyedge.graph import container
from tinyedge.graph.types import DType

# Operator -> MicroMutableOpResolver's Add method: every operator of the schema that needs neither
# resource variables nor a second subgraph.
METHODS = {
    "ABS": "Abs",
    "ADD": "Add",
    "ADD_N": "AddN",
    "ARG_MAX": "ArgMax",
    "ARG_MIN": "ArgMin",
    "AVERAGE_POOL_2D": "AveragePool2D",
    "BATCH_MATMUL": "BatchMatMul",
    "BATCH_TO_SPACE_ND": "BatchToSpaceNd",
    "BROADCAST_ARGS": "BroadcastArgs",
    "BROADCAST_TO": "BroadcastTo",
    "CAST": "Cast",
    "CEIL": "Ceil",
    "CONCATENATION": "Concatenation",
    "CONV_2D": "Conv2D",
    "COS": "Cos",
    "CUMSUM": "CumSum",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2D",
    "DEPTH_TO_SPACE": "DepthToSpace",
    "DEQUANTIZE": "Dequantize",
    "DIV": "Div",
    "DYNAMIC_UPDATE_SLICE": "DynamicUpdateSlice",
    "ELU": "Elu",
    "EMBEDDING_LOOKUP": "EmbeddingLookup",
    "EQUAL": "Equal",
    "EXP": "Exp",
    "EXPAND_DIMS": "ExpandDims",
    "FILL": "Fill",
    "FLOOR": "Floor",
    "FLOOR_DIV": "FloorDiv",
    "FLOOR_MOD": "FloorMod",
    "FULLY_CONNECTED": "FullyConnected",
    "GATHER": "Gather",
    "GATHER_ND": "GatherNd",
    "GREATER": "Greater",
    "GREATER_EQUAL": "GreaterEqual",
    "HARD_SWISH": "HardSwish",
    "L2_NORMALIZATION": "L2Normalization",
    "L2_POOL_2D": "L2Pool2D",
    "LEAKY_RELU": "LeakyRelu",
    "LESS": "Less",
    "LESS_EQUAL": "LessEqual",
    "LOG": "Log",
    "LOGICAL_AND": "LogicalAnd",
    "LOGICAL_NOT": "LogicalNot",
    "LOGICAL_OR": "LogicalOr",
    "LOGISTIC": "Logistic",
    "LOG_SOFTMAX": "LogSoftmax",
    "MAXIMUM": "Maximum",
    "MAX_POOL_2D": "MaxPool2D",
    "MEAN": "Mean",
    "MINIMUM": "Minimum",
    "MIRROR_PAD": "MirrorPad",
    "MUL": "Mul",
    "NEG": "Neg",
    "NOT_EQUAL": "NotEqual",
    "PACK": "Pack",
    "PAD": "Pad",
    "PADV2": "PadV2",
    "PRELU": "Prelu",
    "QUANTIZE": "Quantize",
    "REDUCE_ALL": "ReduceAll",
    "REDUCE_MAX": "ReduceMax",
    "REDUCE_MIN": "ReduceMin",
    "RELU": "Relu",
    "RELU6": "Relu6",
    "RESHAPE": "Reshape",
    "RESIZE_BILINEAR": "ResizeBilinear",
    "RESIZE_NEAREST_NEIGHBOR": "ResizeNearestNeighbor",
    "REVERSE_V2": "ReverseV2",
    "ROUND": "Round",
    "RSQRT": "Rsqrt",
    "SELECT_V2": "SelectV2",
    "SHAPE": "Shape",
    "SIN": "Sin",
    "SLICE": "Slice",
    "SOFTMAX": "Softmax",
    "SPACE_TO_BATCH_ND": "SpaceToBatchNd",
    "SPACE_TO_DEPTH": "SpaceToDepth",
    "SPLIT": "Split",
    "SPLIT_V": "SplitV",
    "SQRT": "Sqrt",
    "SQUARE": "Square",
    "SQUARED_DIFFERENCE": "SquaredDifference",
    "SQUEEZE": "Squeeze",
    "STRIDED_SLICE": "StridedSlice",
    "SUB": "Sub",
    "SUM": "Sum",
    "SVDF": "Svdf",
    "TANH": "Tanh",
    "TRANSPOSE": "Transpose",
    "TRANSPOSE_CONV": "TransposeConv",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTM",
    "UNPACK": "Unpack",
    "ZEROS_LIKE": "ZerosLike",
}
# Operators with a registration for int8 alone, which leaves the other types' kernels out of the
# firmware. (Without an optimized kernel library TFLM's headers make that the general one.)
_INT8 = frozenset(
    {
        "ADD",
        "AVERAGE_POOL_2D",
        "BATCH_MATMUL",
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "FULLY_CONNECTED",
        "MAXIMUM",
        "MAX_POOL_2D",
        "MINIMUM",
        "MUL",
        "PAD",
        "SOFTMAX",
        "TRANSPOSE",
        "TRANSPOSE_CONV",
    }
)
# Where those registrations stand that the resolver's own header does not include.
_HEADERS = {
    "PAD": "tensorflow/lite/micro/kernels/pad.h",
    "TRANSPOSE": "tensorflow/lite/micro/kernels/transpose.h",
}


@dataclass(frozen=True)
class Operator:
    """One line of the resolver: ``Add<method>(<registration>)``, and the header that it needs."""

    method: str
    registration: str = ""
    header: str = ""


def operators(tflite: bytes, name: str) -> tuple[Operator, ...]:
    """Return each operator that the file uses, once, in the order of their methods.

    They are read from the file: in a Graph, PADV2 is a PAD. Raises ModelError for an operator
    that the runtime does not register.
    """
    file = container.read(tflite, name)
    only_int8: dict[str, bool] = {}
    for raw in file.operators:
        if raw.name not in METHODS:
            raise ModelError(
                f"{name}: the tflm runtime does not register operator {raw.index} {raw.name}",
                "registered are " + ", ".join(METHODS),
            )
        # Each of these computes its output from inputs of the same type.
        int8 = all(file.tensors[index].dtype is DType.INT8 for index in raw.outputs)
        only_int8[raw.name] = only_int8.get(raw.name, True) and int8
    found = (operator(kind, int8) for kind, int8 in only_int8.items())
    return tuple(sorted(found, key=lambda one: one.method))


def operator(kind: str, int8: bool) -> Operator:
    """Return how a resolver takes ``kind``; ``int8``: it is used with int8 alone."""
    if not int8 or kind not in _INT8:
        return Operator(METHODS[kind])
    return Operator(METHODS[kind], f"tflite::Register_{kind}_INT8()", _HEADERS.get(kind, ""))
