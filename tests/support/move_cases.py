"""Random models of one operator that moves elements; see ``op_cases``."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from tests.support.case_parts import (
    SCALES,
    SMALL,
    ZERO_POINTS,
    Case,
    Draw,
    draw_image,
    draw_int8,
    finish,
    generator,
)
from tests.support.tflite_writer import Handle, ModelWriter


def _pad(*, v2: bool) -> st.SearchStrategy[Case]:
    @st.composite
    def pad(draw: Draw) -> Case:
        rng = generator(draw)
        shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=5)))
        amounts = [(draw(st.integers(0, 3)), draw(st.integers(0, 3))) for _ in shape]
        value = draw(st.integers(-128, 127)) if v2 else None
        model = ModelWriter()
        x = model.input(shape, draw(SCALES), draw(ZERO_POINTS))
        y = model.pad(x, amounts, value)
        return finish(model, y, [draw_int8(draw, rng, shape)], x=x, amounts=amounts, value=value)

    return pad()


@st.composite
def _concatenation(draw: Draw) -> Case:
    rng = generator(draw)
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    quant = (draw(SCALES), draw(ZERO_POINTS))
    model = ModelWriter()
    parts, inputs = [], []
    for _ in range(draw(st.integers(1, 5))):
        shape[axis] = draw(st.integers(1, 4))
        values = draw_int8(draw, rng, tuple(shape))
        if parts and draw(st.booleans()):
            parts.append(model.constant(values, *quant))
        else:
            parts.append(model.input(shape, *quant))
            inputs.append(values)
    y = model.concatenation(parts, axis)
    return finish(model, y, inputs, shapes=[part.shape for part in parts], axis=axis)


@st.composite
def _reshape(draw: Draw) -> Case:
    rng = generator(draw)
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    target = draw(st.permutations(shape)) if draw(st.booleans()) else [math.prod(shape)]
    model = ModelWriter()
    x = model.input(shape, draw(SCALES), draw(ZERO_POINTS))
    y = model.reshape(x, target)
    return finish(model, y, [draw_int8(draw, rng, tuple(shape))], shape=shape, target=target)


def _input(draw: Draw, model: ModelWriter, shape: tuple[int, ...]) -> Handle:
    return model.input(shape, draw(SCALES), draw(ZERO_POINTS))


def _shape(draw: Draw, rank: int, least: int = 1) -> tuple[int, ...]:
    return tuple(draw(st.lists(st.integers(1, 6), min_size=least, max_size=rank)))


@st.composite
def _squeeze(draw: Draw) -> Case:
    sizes = tuple(draw(st.lists(st.sampled_from([1, 1, 2, 5]), min_size=1, max_size=5)))
    shape = (*sizes, 3)  # something must be left
    ones = [axis for axis, size in enumerate(shape) if size == 1]
    axes = draw(st.lists(st.sampled_from(ones), unique=True)) if ones else []
    model = ModelWriter()
    x = _input(draw, model, shape)
    y = model.squeeze(x, [axis - draw(st.sampled_from([0, len(shape)])) for axis in axes])
    return finish(model, y, [draw_int8(draw, generator(draw), shape)], x=x, axes=axes)


@st.composite
def _expand_dims(draw: Draw) -> Case:
    shape = _shape(draw, 5)
    axis = draw(st.integers(-len(shape) - 1, len(shape)))
    model = ModelWriter()
    x = _input(draw, model, shape)
    y = model.expand_dims(x, axis)
    return finish(model, y, [draw_int8(draw, generator(draw), shape)], x=x, axis=axis)


@st.composite
def _strided_slice(draw: Draw) -> Case:
    shape = _shape(draw, 4)
    axes = [draw(_axis(size)) for size in shape]
    model = ModelWriter()
    x = _input(draw, model, shape)
    y = model.strided_slice(x, axes)
    return finish(model, y, [draw_int8(draw, generator(draw), shape)], x=x, axes=axes)


@st.composite
def _axis(draw: Draw, size: int) -> slice | int:
    """An index, or a slice that takes at least one element, perhaps from the back."""
    if draw(st.sampled_from([False, False, False, True])):
        return draw(st.integers(-size, size - 1))  # type: ignore[no-any-return]
    stride = draw(st.sampled_from([None, 1, 1, 2, 3, -1, -2]))
    end = st.one_of(st.none(), st.integers(-size - 2, size + 2))
    drawn = slice(draw(end), draw(end), stride)
    if draw(st.booleans()) or not range(size)[drawn]:
        drawn = slice(None, None, stride)
    return drawn


@st.composite
def _split(draw: Draw) -> Case:
    shape = list(_shape(draw, 5))
    axis, parts = draw(st.integers(-len(shape), len(shape) - 1)), draw(SMALL)
    shape[axis] = parts * draw(SMALL)
    model = ModelWriter()
    x = _input(draw, model, tuple(shape))
    outputs = model.split(x, axis, parts)
    return finish(model, outputs, [draw_int8(draw, generator(draw), x.shape)], x=x, axis=axis)


@st.composite
def _split_v(draw: Draw) -> Case:
    shape = list(_shape(draw, 5))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    sizes = draw(st.lists(SMALL, min_size=1, max_size=4))
    shape[axis] = sum(sizes)
    model = ModelWriter()
    x = _input(draw, model, tuple(shape))
    outputs = model.split_v(x, axis, sizes)
    return finish(model, outputs, [draw_int8(draw, generator(draw), x.shape)], x=x, axis=axis)


@st.composite
def _transpose(draw: Draw) -> Case:
    shape = _shape(draw, 5)
    permutation = draw(st.permutations(range(len(shape))))
    model = ModelWriter()
    x = _input(draw, model, shape)
    y = model.transpose(x, permutation)
    return finish(model, y, [draw_int8(draw, generator(draw), shape)], x=x, permutation=permutation)


def _resize(kind: str) -> st.SearchStrategy[Case]:
    @st.composite
    def resize(draw: Draw) -> Case:
        shape = draw_image(draw)
        size = (draw(st.integers(1, 20)), draw(st.integers(1, 20)))
        corners = draw(st.booleans())
        both = kind == "resize_nearest" and draw(st.booleans())
        centers = draw(st.booleans()) if both or not corners else False
        options = {"alignCorners": corners, "halfPixelCenters": centers}
        model = ModelWriter()
        x = _input(draw, model, shape)
        y = getattr(model, kind)(x, size, **options)
        values = draw_int8(draw, generator(draw), shape)
        return finish(model, y, [values], x=x, size=size, **options)

    return resize()


def _arg_extreme(kind: str) -> st.SearchStrategy[Case]:
    @st.composite
    def arg_extreme(draw: Draw) -> Case:
        shape = _shape(draw, 4)
        axis = draw(st.integers(-len(shape), len(shape) - 1))
        model = ModelWriter()
        y = model.arg_max(_input(draw, model, shape), axis, kind)
        values = draw_int8(draw, generator(draw), shape)
        return finish(model, y, [values], shape=shape, axis=axis)

    return arg_extreme()


MOVES: dict[str, st.SearchStrategy[Case]] = {
    "ARG_MAX": _arg_extreme("ARG_MAX"),
    "ARG_MIN": _arg_extreme("ARG_MIN"),
    "CONCATENATION": _concatenation(),
    "EXPAND_DIMS": _expand_dims(),
    "PAD": _pad(v2=False),
    "PADV2": _pad(v2=True),
    "RESHAPE": _reshape(),
    "RESIZE_BILINEAR": _resize("resize_bilinear"),
    "RESIZE_NEAREST_NEIGHBOR": _resize("resize_nearest"),
    "SPLIT": _split(),
    "SPLIT_V": _split_v(),
    "SQUEEZE": _squeeze(),
    "STRIDED_SLICE": _strided_slice(),
    "TRANSPOSE": _transpose(),
}
