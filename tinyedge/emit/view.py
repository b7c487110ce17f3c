"""Frozen view objects of the aot runtime's templates: text, ready to be printed."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.compile.plan import Instance


@dataclass(frozen=True)
class CallView:
    """A kernel that a step's kernel calls, as a function ``name`` that binds its parameters."""

    name: str
    kernel: str
    fields: tuple[tuple[str, str], ...]
    scratch: bool


@dataclass(frozen=True)
class StepView:
    """One call: the kernel's name, its parameter struct's fields, its output, the C of the call.

    ``shared``: other files name the struct, too.
    """

    index: int
    comment: str
    calls: tuple[CallView, ...]
    kernel: str
    fields: tuple[tuple[str, str], ...]
    output_offset: int
    output_bytes: int
    call: str
    shared: bool


@dataclass(frozen=True)
class ModelView:
    """model.c."""

    title: str
    generator: str
    version: int
    name: str
    sha256: tuple[str, ...]
    arena_bytes: int
    input_offsets: tuple[int, ...]
    output_offsets: tuple[int, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    headers: tuple[str, ...]
    constants: tuple[str, ...]
    constants_crc: str
    steps: tuple[StepView, ...]
    head_scales: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class HeadView:
    """A layer that the device can train; scales and bounds as C expressions."""

    step: int
    inputs: int
    outputs: int
    padded: int
    scales: tuple[str, ...]
    input_scale: str
    output_scale: str
    input_zero_point: int
    low: str
    high: str
    per_channel: bool


@dataclass(frozen=True)
class HeadsView:
    """heads.c."""

    title: str
    generator: str
    features: int
    layers: tuple[HeadView, ...]
    bound: bool


@dataclass(frozen=True)
class ImageView:
    """image.c and image.h; ``head_scales``: arrays of heads.c and their elements."""

    title: str
    generator: str
    bytes: int
    least: str
    most: str
    body_at: int
    rows: tuple[str, ...]
    architecture: tuple[str, ...]
    head_scales: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class LayersView:
    """layers.S and layers.h."""

    title: str
    generator: str
    headers: tuple[str, ...]
    macros: tuple[str, ...]
    instances: tuple[Instance, ...]


@dataclass(frozen=True)
class ArrayView:
    """One constant array; ``rows`` are lines of its initializer."""

    name: str
    ctype: str
    count: int
    align: int
    rows: tuple[str, ...]


@dataclass(frozen=True)
class WeightsView:
    """weights.c and weights.h."""

    title: str
    generator: str
    arrays: tuple[ArrayView, ...]


@dataclass(frozen=True)
class ModelDataView:
    """<name>_model_data.c and .h: the .tflite file itself."""

    title: str
    generator: str
    identifier: str
    guard: str
    bytes: int
    rows: tuple[str, ...]


@dataclass(frozen=True)
class UpdateView:
    """te_keys.h and te_slot_bytes.h."""

    key: tuple[str, ...]
    slot_bytes: int


@dataclass(frozen=True)
class DeviceKeyView:
    """te_device_key.h."""

    name: str
    key: tuple[str, ...]
