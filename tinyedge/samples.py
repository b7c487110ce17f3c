"""What is sent to a device: samples of a data set, of an .npz file, or pseudo-random ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge import npz_file
from tinyedge.errors import ConfigError
from tinyedge.graph.ops import ArgExtreme
from tinyedge.graph.types import Graph, Tensor

SEED = 1
_HINT = "write it with numpy.savez(path, inputs=..., labels=...)"
_LARGEST_MEMBER = 1 << 30  # bytes; an .npz that unpacks to more is refused, not read

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples of one model. ``source`` says where they come from.

    ``inputs`` has one array for each input of the model, of shape (samples, *shape without the
    batch) or any other with as many elements, in the input's element type. ``labels`` is int64
    (samples,) or None; ``outputs``, one array for each output, are what a file expects, or None.
    """

    source: str
    inputs: tuple[Array, ...]
    labels: NDArray[np.int64] | None = None
    outputs: tuple[Array, ...] | None = None
    class_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.inputs[0])

    def __getitem__(self, index: int) -> list[Array]:
        """The inputs of one sample."""
        return [array[index] for array in self.inputs]

    def payload(self, index: int) -> list[bytes]:
        """The same as the bytes that go to a device, one for each input."""
        return [array.tobytes() for array in self[index]]

    def numbered(self, progress: Callable[[int, int], None]) -> Iterator[int]:
        """The number of each sample; ``progress`` hears (done, of how many), also at the end."""
        for number in range(len(self)):
            progress(number, len(self))
            yield number
        progress(len(self), len(self))


def random(graph: Graph, count: int, seed: int = SEED) -> Samples:
    """``count`` samples over the whole range of the input's type; the same for the same seed.

    Raises ConfigError for more than fit into memory.
    """
    most = _LARGEST_MEMBER // max(tensor.bytes for tensor in graph.inputs)
    if count > most:
        raise ConfigError(
            f"{count:,} pseudo-random samples of {graph.name} are too many", f"at most {most:,}"
        )
    generator = np.random.Generator(np.random.PCG64(seed))
    inputs = []
    for tensor in graph.inputs:
        shape = (count, *tensor.shape)
        kind = np.dtype(tensor.dtype.value)
        if kind.kind == "f":
            inputs.append(generator.standard_normal(shape).astype(kind))
        else:
            info = np.iinfo(kind)
            inputs.append(generator.integers(info.min, info.max, shape, kind, endpoint=True))
    return Samples(f"pseudo-random, seed {seed}", tuple(inputs))


def quantize(real: Array, tensor: Tensor) -> Array:
    """Real values -> the input's element type, halves away from zero, saturated."""
    kind = np.dtype(tensor.dtype.value)
    if kind.kind == "f":
        return real.astype(kind)
    info = np.iinfo(kind)
    steps = real.astype(np.float64) / tensor.q.scale
    rounded = np.copysign(np.floor(np.abs(steps) + 0.5), steps)
    clipped: Array = np.clip(rounded + tensor.q.zero_point, info.min, info.max)
    return clipped.astype(kind)


def from_npz(path: Path, graph: Graph, count: int | None = None) -> Samples:
    """Read ``inputs`` (and ``outputs``, ``labels`` if there) from an .npz file; never unpickled.

    Models with several inputs take ``inputs_0``, ``inputs_1`` and so on. Real values are
    quantized as the model's input says. Raises ConfigError naming file, key and what is wrong.
    """
    arrays = _arrays(path)
    inputs = tuple(
        _typed(array, tensor, f"{path}: {key}")
        for key, array, tensor in _each(arrays, "inputs", graph.inputs, path)
    )
    outputs = None
    if any(key.startswith("outputs") for key in arrays):
        found = _each(arrays, "outputs", graph.outputs, path)
        outputs = tuple(_typed(array, tensor, f"{path}: {key}") for key, array, tensor in found)
    labels = _labels(arrays.get("labels"), classes(graph), path)
    lengths = {len(array) for array in (*inputs, *(outputs or ()))}
    if labels is not None:
        lengths.add(len(labels))
    if lengths == {0}:
        raise ConfigError(f"{path}: it holds no sample", _HINT)
    if len(lengths) != 1:
        raise ConfigError(
            f"{path}: its arrays hold {sorted(lengths)} samples, not the same number",
            "give every array one entry a sample",
        )
    return Samples(
        path.name,
        tuple(array[:count] for array in inputs),
        None if labels is None else labels[:count],
        None if outputs is None else tuple(array[:count] for array in outputs),
        () if labels is None else tuple(map(str, range(classes(graph)))),
    )


def classes(graph: Graph) -> int:
    """How many classes the first output tells apart: its elements, or what ARG_MAX searches."""
    output = graph.outputs[0]
    for op in graph.ops:
        if isinstance(op, ArgExtreme) and output in op.outputs and output.elements == 1:
            return op.inputs[0].shape[op.axis]
    return output.elements


def answered(output: Array) -> int:
    """Return the class that an output names: its largest element, or the index that it holds."""
    return int(output.reshape(-1)[0] if names_index(output) else output.argmax())


def names_index(output: Array) -> bool:
    """Whether an output holds the index of a class, as ARG_MAX's does."""
    return bool(output.dtype == np.int32 and output.size == 1)


def _labels(found: Array | None, classes: int, path: Path) -> NDArray[np.int64] | None:
    if found is None:
        return None
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise ConfigError(
            f"{path}: labels must be whole numbers, one a sample; they have shape {found.shape}",
            "write them with astype(numpy.int64)",
        )
    if len(found) and (found.min() < 0 or found.max() >= classes):
        raise ConfigError(
            f"{path}: labels run from {found.min()} to {found.max()}",
            f"the model has {classes} outputs: 0 to {classes - 1}",
        )
    return found.astype(np.int64)


def _arrays(path: Path) -> dict[str, Array]:
    wanted = ("inputs", "outputs", "labels")
    try:
        return npz_file.read(path, lambda key: key.startswith(wanted), _LARGEST_MEMBER)
    except OSError as error:
        hint = "give the path of an .npz file that can be read"
        raise ConfigError(f"{path}: {error.strerror or error}", hint) from error
    except ValueError as error:
        raise ConfigError(f"{path}: not an .npz file of plain arrays: {error}", _HINT) from error


def _each(
    arrays: dict[str, Array], stem: str, tensors: Sequence[Tensor], path: Path
) -> list[tuple[str, Array, Tensor]]:
    """(key, array, tensor) of each input or output."""
    keys = [stem] if len(tensors) == 1 else [f"{stem}_{index}" for index in range(len(tensors))]
    missing = [key for key in keys if key not in arrays]
    if missing:
        has = ", ".join(sorted(arrays)) or "none of its keys"
        raise ConfigError(f'{path}: there is no array "{missing[0]}" (found: {has})', _HINT)
    return [(key, arrays[key], tensor) for key, tensor in zip(keys, tensors, strict=True)]


def _typed(array: Array, tensor: Tensor, where: str) -> Array:
    """Check one array's type and size against the tensor, sample by sample."""
    if array.ndim == 0 or array.size != len(array) * tensor.elements:
        shape = (len(array) if array.ndim else "samples", *tensor.shape[1:])
        raise ConfigError(
            f"{where} has shape {array.shape}, the model takes {shape}", "reshape it, or the model"
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ConfigError(f"{where} has values that are not finite", "take those samples out")
    if array.dtype.kind == "f" and tensor.dtype.value != "float32":
        return quantize(array, tensor)
    if array.dtype != np.dtype(tensor.dtype.value):
        raise ConfigError(
            f"{where} holds {array.dtype}, the model takes {tensor.dtype.value}",
            "convert it with astype, or write real numbers, which are quantized",
        )
    return array
