"""heads.c: the layers that a device can train, and the memory for it."""

from __future__ import annotations

from tinyedge import __version__
from tinyedge.compile.params import Trainable
from tinyedge.compile.plan import Plan
from tinyedge.emit import carray
from tinyedge.emit.render import render as render_template
from tinyedge.emit.view import HeadsView, HeadView
from tinyedge.graph.types import Graph
from tinyedge.learn import head as heads


def render(graph: Graph, plan: Plan, title: str, *, bound: bool) -> dict[str, str]:
    """Return path in the firmware folder -> C text; nothing where the plan trains no layer.

    ``bound``: the model's numbers are an image, which sets the layers' scales.
    """
    steps = [step.index for step in plan.steps if isinstance(step.params, Trainable)]
    if not steps:
        return {}
    view = _view(heads.find(graph, len(steps)), steps, title, bound)
    return {"model/heads.c": render_template("runtime/aot/heads.c.j2", view)}


def _view(head: heads.Head, steps: list[int], title: str, bound: bool) -> HeadsView:
    layers = tuple(_layer(layer, step) for layer, step in zip(head.layers, steps, strict=True))
    return HeadsView(title, __version__, head.layers[0].inputs, layers, bound)


def _layer(layer: heads.Layer, step: int) -> HeadView:
    return HeadView(
        step=step,
        inputs=layer.inputs,
        outputs=layer.outputs,
        padded=-(-layer.outputs // 4) * 4,
        scales=tuple(carray.number(float(scale)) for scale in layer.compiled_scales),
        input_scale=carray.number(float(layer.input_scale)),
        output_scale=carray.number(float(layer.output_scale)),
        input_zero_point=layer.input_zero_point,
        low=carray.number(float(layer.low)),
        high=carray.number(float(layer.high)),
        per_channel=layer.per_channel,
    )
