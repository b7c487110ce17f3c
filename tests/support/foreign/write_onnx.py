"""``python write_onnx.py FOLDER``, by a Python with onnx: networks as other tools export them."""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RANDOM = np.random.RandomState(0)


def weights(name, *shape):
    return numpy_helper.from_array((RANDOM.randn(*shape) * 0.3).astype(np.float32), name)


def value(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def save(path, nodes, constants, batch=1, inputs=("x",)):
    graph = helper.make_graph(
        nodes, "net", [value(name, batch, 3, 8, 8) for name in inputs], [value("y", batch, 10)],
        constants,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)


def network():
    """Convolutions (strided, depthwise), batch normalization, a skip, pooling, a dense layer."""
    norm = [weights(name, 8) for name in ("scale", "shift", "mean")]
    norm.append(numpy_helper.from_array(RANDOM.uniform(0.5, 2, 8).astype(np.float32), "spread"))
    constants = [
        weights("w1", 8, 3, 3, 3), weights("b1", 8), *norm, weights("wd", 8, 1, 3, 3),
        weights("w2", 12, 8, 3, 3), weights("b2", 12), weights("w3", 10, 48), weights("b3", 10),
    ]  # fmt: skip
    around = {"pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], "first", **around),
        helper.make_node(
            "BatchNormalization", ["c1", "scale", "shift", "mean", "spread"], ["n"], "norm"
        ),
        helper.make_node("Relu", ["n"], ["r1"], "relu1"),
        helper.make_node("Conv", ["r1", "wd"], ["d"], "depth", group=8, **around),
        helper.make_node("Add", ["r1", "d"], ["a"], "add"),
        helper.make_node("Relu", ["a"], ["r2"], "relu2"),
        helper.make_node("Conv", ["r2", "w2", "b2"], ["c2"], "last", strides=[2, 2], **around),
        helper.make_node("Relu", ["c2"], ["r3"], "relu3"),
        helper.make_node("MaxPool", ["r3"], ["p"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["p"], ["f"], "flat", axis=1),
        helper.make_node("Gemm", ["f", "w3", "b3"], ["y"], "dense", transB=1),
    ]
    return nodes, constants


def main(folder):
    nodes, constants = network()
    save(folder / "fixed.onnx", nodes, constants)
    save(folder / "free.onnx", nodes, constants, batch="batch")
    sine = [*nodes[:-1], helper.make_node("Gemm", ["f", "w3", "b3"], ["g"], "dense", transB=1)]
    save(folder / "strange.onnx", [*sine, helper.make_node("Sin", ["g"], ["y"], "sine")], constants)
    sum_ = helper.make_node("Add", ["x", "z"], ["s"], "sum")
    renamed = [helper.make_node("Conv", ["s", "w1", "b1"], ["c1"], "first", pads=[1, 1, 1, 1])]
    save(folder / "two.onnx", [sum_, *renamed, *nodes[1:]], constants, inputs=("x", "z"))
    whole = (folder / "fixed.onnx").read_bytes()
    (folder / "damaged.onnx").write_bytes(whole[: len(whole) // 2])


main(Path(sys.argv[1]))
