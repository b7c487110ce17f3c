"""Parsers of operators with one input that keep its shape."""

from __future__ import annotations

import math

import tflite

from tinyedge.graph.ops import (
    Dequantize,
    HardSwish,
    LeakyRelu,
    Logistic,
    Quantize,
    Relu,
    Softmax,
    Tanh,
)
from tinyedge.graph.parse.site import Site
from tinyedge.graph.types import Activation


def _relu(site: Site) -> Relu:
    site.expect(inputs=(1, 1))
    return Relu(site.index, (site.tensor(0),), site.outputs, Activation.RELU)


def _relu6(site: Site) -> Relu:
    site.expect(inputs=(1, 1))
    return Relu(site.index, (site.tensor(0),), site.outputs, Activation.RELU6)


def _leaky_relu(site: Site) -> LeakyRelu:
    site.expect(inputs=(1, 1))
    alpha = float(site.options(tflite.LeakyReluOptions).Alpha())
    if not math.isfinite(alpha):
        site.fail(f"alpha {alpha}", "alpha is finite")
    return LeakyRelu(site.index, (site.tensor(0),), site.outputs, alpha)


def _softmax(site: Site) -> Softmax:
    site.expect(inputs=(1, 1))
    beta = float(site.options(tflite.SoftmaxOptions).Beta())
    if not (math.isfinite(beta) and beta > 0):
        site.fail(f"beta {beta}", "beta is finite and above 0")
    return Softmax(site.index, (site.tensor(0),), site.outputs, beta)


def _logistic(site: Site) -> Logistic:
    site.expect(inputs=(1, 1))
    return Logistic(site.index, (site.tensor(0),), site.outputs)


def _tanh(site: Site) -> Tanh:
    site.expect(inputs=(1, 1))
    return Tanh(site.index, (site.tensor(0),), site.outputs)


def _hard_swish(site: Site) -> HardSwish:
    site.expect(inputs=(1, 1))
    return HardSwish(site.index, (site.tensor(0),), site.outputs)


def _quantize(site: Site) -> Quantize:
    site.expect(inputs=(1, 1))
    return Quantize(site.index, (site.tensor(0),), site.outputs)


def _dequantize(site: Site) -> Dequantize:
    site.expect(inputs=(1, 1))
    return Dequantize(site.index, (site.tensor(0),), site.outputs)


PARSERS = {
    tflite.BuiltinOperator.RELU: _relu,
    tflite.BuiltinOperator.RELU6: _relu6,
    tflite.BuiltinOperator.LEAKY_RELU: _leaky_relu,
    tflite.BuiltinOperator.HARD_SWISH: _hard_swish,
    tflite.BuiltinOperator.LOGISTIC: _logistic,
    tflite.BuiltinOperator.TANH: _tanh,
    tflite.BuiltinOperator.SOFTMAX: _softmax,
    tflite.BuiltinOperator.QUANTIZE: _quantize,
    tflite.BuiltinOperator.DEQUANTIZE: _dequantize,
}
