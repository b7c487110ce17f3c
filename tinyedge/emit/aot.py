"""The aot runtime: a plan as C, a call a step, its constants as arrays."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from tinyedge import __version__, resources
from tinyedge.compile.params import Concatenation, Trainable
from tinyedge.compile.plan import Call, Constant, FieldValue, Instance, Plan, Slot, Step
from tinyedge.emit import carray, heads, image
from tinyedge.emit.render import render as render_template
from tinyedge.emit.view import (
    ArrayView,
    CallView,
    LayersView,
    ModelDataView,
    ModelView,
    StepView,
    WeightsView,
)
from tinyedge.graph.types import Graph

#: TE_AOT_VERSION of te_aot.h
VERSION = 3
#: bytes of te_model_info.name, less its end
_NAME_BYTES = 63
_FOLDER = "runtime/aot"
_PLAIN = ("te_aot.c", "te_aot.h")


def render(graph: Graph, plan: Plan, tflite: bytes, *, replaceable: bool = False) -> dict[str, str]:
    """Return runtime, used kernels and model: path in the firmware folder -> C text.

    ``replaceable``: numbers and weights are an image (emit/updating.py), and te_model_bind takes
    another.

    Raises ModelError if an input or output has a type or rank that the link does not carry.
    """
    identifier = carray.identifier(plan.name)
    data = model_data_view(plan.name, tflite)
    return {
        **_runtime(plan),
        **(_replaceable(graph, plan) if replaceable else _fixed(graph, plan)),
        **_layers(plan),
        **heads.render(graph, plan, _title(plan.name), bound=replaceable),
        f"model/{identifier}_model_data.c": render_template(f"{_FOLDER}/model_data.c.j2", data),
        f"model/{identifier}_model_data.h": render_template(f"{_FOLDER}/model_data.h.j2", data),
    }


def _fixed(graph: Graph, plan: Plan) -> dict[str, str]:
    """The model as code with its numbers, and its weights."""
    weights = weights_view(plan)
    return {
        "model/model.c": render_template(f"{_FOLDER}/model.c.j2", model_view(graph, plan)),
        "model/weights.c": render_template(f"{_FOLDER}/weights.c.j2", weights),
        "model/weights.h": render_template(f"{_FOLDER}/weights.h.j2", weights),
    }


def _replaceable(graph: Graph, plan: Plan) -> dict[str, str]:
    """The model as code whose numbers and weights are in an image."""
    made = image.make(graph, plan)
    model = replace(
        model_view(graph, plan),
        inputs=made.inputs,
        outputs=made.outputs,
        constants_crc=carray.word(zlib.crc32(made.data)),
        steps=made.steps,
        head_scales=tuple((name, at) for name, _, at in made.head_scales),
    )
    return {"model/model.c": render_template(f"{_FOLDER}/model_image.c.j2", model)}


def _runtime(plan: Plan) -> dict[str, str]:
    """The runtime, the sources that the plan's kernels name, and the headers beside them."""
    folder = resources.root("firmware_templates") / _FOLDER
    files = {f"runtime/{name}": folder / name for name in _PLAIN}
    sources = sorted({source for step in plan.steps for source in step.sources})
    families = {"portable", *(PurePosixPath(source).parent.as_posix() for source in sources)}
    for family in sorted(families):
        headers = sorted((folder / "kernels" / family).glob("*.h"))
        files |= {f"runtime/{family}/{header.name}": header for header in headers}
    files |= {f"runtime/{source}": folder / "kernels" / source for source in sources}
    return {name: path.read_text() for name, path in files.items()}


def _layers(plan: Plan) -> dict[str, str]:
    """Instantiations of assembler macros, if any step needs some, and their declarations."""
    view = layers_view(plan)
    if not view.instances:
        return {}
    return {
        "model/layers.S": render_template(f"{_FOLDER}/layers.S.j2", view),
        "model/layers.h": render_template(f"{_FOLDER}/layers.h.j2", view),
    }


def layers_view(plan: Plan) -> LayersView:
    """What layers.S and layers.h print: every instance once, sorted by name."""
    instances = {instance.name: instance for step in plan.steps for instance in step.instances}
    sources = {PurePosixPath(source) for step in plan.steps for source in step.sources}
    return LayersView(
        title=_title(plan.name),
        generator=__version__,
        headers=tuple(sorted({f"{s.parent}.h" for s in sources if s.parent.name != "portable"})),
        macros=tuple(sorted(source.name for source in sources if source.suffix == ".S")),
        instances=tuple(instances[name] for name in sorted(instances)),
    )


def model_view(graph: Graph, plan: Plan) -> ModelView:
    """What model.c prints."""
    return ModelView(
        title=_title(plan.name),
        generator=__version__,
        version=VERSION,
        name=carray.string(_cut(plan.name)),
        sha256=carray.rows(bytes.fromhex(plan.sha256)),
        arena_bytes=plan.arena_bytes,
        input_offsets=tuple(slot.offset for slot in plan.inputs),
        output_offsets=tuple(slot.offset for slot in plan.outputs),
        inputs=tuple(carray.tensor_info(tensor) for tensor in graph.inputs),
        outputs=tuple(carray.tensor_info(tensor) for tensor in graph.outputs),
        headers=_headers(plan),
        constants=tuple(_constant_name(step, constant) for step, constant in _constants(plan)),
        constants_crc=carray.word(_crc(plan)),
        steps=tuple(_step_view(step) for step in plan.steps),
    )


def _headers(plan: Plan) -> tuple[str, ...]:
    """Headers of the kernels beside the portable ones, and of their instantiations."""
    layers = layers_view(plan)
    return (*layers.headers, *(["layers.h"] if layers.instances else []))


def weights_view(plan: Plan) -> WeightsView:
    """What weights.c and weights.h print."""
    arrays = tuple(
        ArrayView(
            name=_constant_name(step, constant),
            ctype=f"{constant.data.dtype.name}_t",
            count=constant.data.size,
            align=constant.align,
            rows=carray.integers(constant.data),
        )
        for step, constant in _constants(plan)
    )
    return WeightsView(_title(plan.name), __version__, arrays)


def _constants(plan: Plan) -> Iterator[tuple[Step, Constant]]:
    """All of them, in the order of weights.c."""
    return ((step, constant) for step in plan.steps for constant in step.constants)


def _crc(plan: Plan) -> int:
    """CRC-32 of all constants as a little-endian device holds them."""
    crc = 0
    for _, constant in _constants(plan):
        data = constant.data
        crc = zlib.crc32(data.astype(data.dtype.newbyteorder("<")).tobytes(), crc)
    return crc


def model_data_view(name: str, tflite: bytes) -> ModelDataView:
    """What <name>_model_data.c and .h print."""
    identifier = carray.identifier(name)
    return ModelDataView(
        title=_title(name),
        generator=__version__,
        identifier=identifier,
        guard=identifier.upper(),
        bytes=len(tflite),
        rows=carray.rows(tflite),
    )


def _title(name: str) -> str:
    return f"{carray.comment(name)}.tflite"


def _cut(name: str) -> str:
    return name.encode()[:_NAME_BYTES].decode(errors="ignore")


def _constant_name(step: Step, constant: Constant) -> str:
    return f"te_step{step.index}_{constant.role}"


def _step_view(step: Step) -> StepView:
    place = " in place" if step.in_place else ""
    output = f"{step.output.name} [{', '.join(str(size) for size in step.output.shape)}]"
    return StepView(
        index=step.index,
        comment=f"{carray.comment(f'{step.name} to {output}')}{place}",
        calls=tuple(_call_view(step, call) for call in step.calls),
        kernel=step.kernel,
        fields=tuple((name, _field(step, value)) for name, value in step.fields),
        output_offset=step.output.offset,
        output_bytes=step.output.bytes,
        call=f"{step.kernel}({', '.join(_arguments(step))})",
        shared=isinstance(step.params, Trainable),
    )


def _call_view(step: Step, call: Call) -> CallView:
    fields = tuple((name, _field(step, value)) for name, value in call.fields)
    return CallView(f"step{step.index}_{call.role}", call.kernel, fields, call.scratch)


def _field(step: Step, value: FieldValue) -> str:
    if isinstance(value, Constant):
        return _constant_name(step, value)
    if isinstance(value, Call):
        return f"step{step.index}_{value.role}"
    if isinstance(value, Instance):
        return value.name
    if isinstance(value, tuple):
        return f"{{{', '.join(carray.number(item) for item in value)}}}"
    return carray.number(value)


def _arguments(step: Step) -> list[str]:
    inputs = [_operand(step, operand) for operand in step.inputs]
    if isinstance(step.params, Concatenation):
        inputs = [f"(const int8_t *const[]){{{', '.join(inputs)}}}"]
    scratch = [] if step.scratch is None else [f"arena.bytes + {step.scratch.offset}"]
    return [f"&step{step.index}", *inputs, f"arena.bytes + {step.output.offset}", *scratch]


def _operand(step: Step, operand: Slot | Constant) -> str:
    if isinstance(operand, Constant):
        return _constant_name(step, operand)
    return f"arena.bytes + {operand.offset}"
