"""Parsers of operators with one input that keep its shape."""

from __future__ import annotations

import math

import tflite

from tinyedge.graph.ops import Dequantize, Logistic, Quantize, Relu, Softmax
from tinyedge.graph.parse.site import Site
from tinyedge.graph.types import Activation


def _relu(site: Site) -> Relu:
    site.expect(inputs=(1, 1))
    return Relu(site.index, (site.tensor(0),), site.outputs, Activation.RELU)


def _relu6(site: Site) -> Relu:
    site.expect(inputs=(1, 1))
    return Relu(site.index, (site.tensor(0),), site.outputs, Activation.RELU6)


def _softmax(site: Site) -> Softmax:
    site.expect(inputs=(1, 1))
    beta = float(site.options(tflite.SoftmaxOptions).Beta())
    if not (math.isfinite(beta) and beta > 0):
        site.fail(f"beta {beta}", "beta is finite and above 0")
    return Softmax(site.index, (site.tensor(0),), site.outputs, beta)


def _logistic(site: Site) -> Logistic:
    site.expect(inputs=(1, 1))
    return Logistic(site.index, (site.tensor(0),), site.outputs)


def _quantize(site: Site) -> Quantize:
    site.expect(inputs=(1, 1))
    return Quantize(site.index, (site.tensor(0),), site.outputs)


def _dequantize(site: Site) -> Dequantize:
    site.expect(inputs=(1, 1))
    return Dequantize(site.index, (site.tensor(0),), site.outputs)


PARSERS = {
    tflite.BuiltinOperator.RELU: _relu,
    tflite.BuiltinOperator.RELU6: _relu6,
    tflite.BuiltinOperator.SOFTMAX: _softmax,
    tflite.BuiltinOperator.LOGISTIC: _logistic,
    tflite.BuiltinOperator.QUANTIZE: _quantize,
    tflite.BuiltinOperator.DEQUANTIZE: _dequantize,
}
