"""Payloads of the answers as frozen dataclasses. Parsing raises LinkError, never ValueError."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from tinyedge.errors import LinkError
from tinyedge.link import payloads
from tinyedge.link import protocol as p

_LEAST_PAYLOAD = 64  # bytes of a frame that a device must take
_MOST_BYTES = 64 << 20  # of all inputs and outputs: more than any device has memory for


@dataclass(frozen=True)
class TensorInfo:
    """One input or output. ``real = (q - zero_point) * scale``; scale 0 for float tensors."""

    shape: tuple[int, ...]
    dtype: str
    bytes: int
    scale: float
    zero_point: int


@dataclass(frozen=True)
class Hello:
    """What a device says about itself."""

    protocol: int
    firmware: str
    board: str
    runtime: str
    model: str
    sha256: str
    tick_source: str
    tick_measures: str
    tick_hz: int
    arena_reserved: int
    arena_used: int
    max_payload: int
    window: int
    init_status: int
    init_error: str
    features: p.Feature
    codecs: frozenset[p.Codec]
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    seal_bytes: int = 0  # that each payload grows by on an authenticated link

    @property
    def input_bytes(self) -> int:
        """Bytes of all inputs."""
        return sum(tensor.bytes for tensor in self.inputs)

    @property
    def output_bytes(self) -> int:
        """Bytes of all outputs."""
        return sum(tensor.bytes for tensor in self.outputs)


@dataclass(frozen=True)
class Inference:
    """One answer: the raw bytes of each output, and the ticks that te_model_invoke took."""

    outputs: tuple[bytes, ...]
    ticks: int


@dataclass(frozen=True)
class Status:
    """Memory use in bytes, and counters since boot (see payloads.STATUS)."""

    stack_peak: int
    arena_used: int
    inferences: int
    damaged: int
    overruns: int


class DeviceError(Exception):
    """An ERROR frame: ``code`` and ``detail`` as in protocol.Code."""

    def __init__(self, code: int, detail: int, text: str) -> None:
        super().__init__(code, detail, text)
        self.code, self.detail, self.text = code, detail, text

    def __str__(self) -> str:
        name = p.Code(self.code).name if self.code in set(p.Code) else f"code {self.code}"
        return f"{name} ({self.detail})" + (f": {self.text}" if self.text else "")


def plain(raw: bytes, *, lines: bool = False) -> str:
    """A device's text as one that a terminal only shows; ``lines``: it may have several."""
    text = raw.decode(errors="replace").replace("\r\n", "\n")
    kept = "\n\t" if lines else ""
    return "".join(c if c.isprintable() or c in kept else "\ufffd" for c in text)


def _text(raw: bytes) -> str:
    return plain(raw.split(b"\0", 1)[0])


def _tensor(payload: bytes) -> TensorInfo:
    size, dtype, rank, dims, scale, zero_point = payloads.TENSOR.unpack(payload)
    assert isinstance(size, int)
    assert isinstance(dtype, int)
    assert isinstance(rank, int)
    assert isinstance(dims, bytes)
    assert isinstance(scale, float)
    assert isinstance(zero_point, int)
    if rank > payloads.MAX_RANK or dtype >= len(payloads.DTYPES):
        raise ValueError(f"tensor of rank {rank} and type {dtype}")
    shape = struct.unpack(f"<{payloads.MAX_RANK}I", dims)[:rank]
    return TensorInfo(shape, payloads.DTYPES[dtype], size, scale, zero_point)


def _require_sane(numbers: dict[str, int], tensors: Sequence[TensorInfo]) -> None:
    """Numbers that the host relies on. ValueError for what no firmware says."""
    if not _LEAST_PAYLOAD <= numbers["max_payload"] <= p.MAX_ANSWER:
        raise ValueError(f"frames of {numbers['max_payload']} bytes")
    total = sum(tensor.bytes for tensor in tensors)
    if total > _MOST_BYTES:
        raise ValueError(f"inputs and outputs of {total:,} bytes")


def hello(payload: bytes, version: int) -> Hello:
    """Parse a HELLO answer. Raises LinkError if it is not one."""
    try:
        values = payloads.HELLO.unpack(payload)
        texts = {
            name: _text(value)
            for (name, _), value in zip(payloads.HELLO.fields, values, strict=True)
            if isinstance(value, bytes) and name != "sha256"
        }
        sha = values[[name for name, _ in payloads.HELLO.fields].index("sha256")]
        assert isinstance(sha, bytes)
        numbers = {
            name: value
            for (name, _), value in zip(payloads.HELLO.fields, values, strict=True)
            if isinstance(value, int)
        }
        n_inputs, n_outputs = numbers.pop("inputs"), numbers.pop("outputs")
        codecs, features = divmod(numbers.pop("features"), 1 << p.CODECS_AT)
        end = payloads.HELLO.size + payloads.TENSOR.size * (n_inputs + n_outputs)
        tensors = tuple(
            _tensor(payload[at:]) for at in range(payloads.HELLO.size, end, payloads.TENSOR.size)
        )
        _require_sane(numbers, tensors)
    except ValueError as error:
        raise LinkError(
            f"the device's HELLO makes no sense: {error}",
            'build and flash its firmware again ("tinyedge flash")',
        ) from error
    return Hello(
        protocol=version,
        sha256=sha.hex(),
        features=p.Feature(features),
        codecs=frozenset(codec for codec in p.Codec if codecs >> codec & 1),
        init_error=plain(payload[end:]),
        inputs=tensors[:n_inputs],
        outputs=tensors[n_inputs:],
        **texts,  # type: ignore[arg-type]
        **numbers,  # type: ignore[arg-type]
    )


def ticks(payload: bytes) -> tuple[int, ...]:
    """Parse the ticks behind PROFILED's fields; what is left of a number is dropped."""
    count = len(payload) // payloads.TICKS_BYTES
    return struct.unpack_from(f"<{count}Q", payload)


def assembled(
    parts: dict[tuple[int, int], bytes], sizes: Sequence[int]
) -> tuple[bytes, ...] | None:
    """Outputs of ``sizes`` bytes each; ``parts`` by layer and offset. None if any is missing."""
    outputs = []
    for layer, size in enumerate(sizes):
        data = b""
        while len(data) < size:
            part = parts.get((layer, len(data)), b"")
            if not part:
                return None
            data += part
        if len(data) > size:
            return None
        outputs.append(data)
    return tuple(outputs)


def status(payload: bytes) -> Status:
    """Parse a STATUS answer."""
    return Status(*payloads.STATUS.ints(payload))


def error(payload: bytes) -> DeviceError:
    """Parse an ERROR frame."""
    code, detail = payloads.ERROR.ints(payload)
    return DeviceError(code, detail, plain(payload[payloads.ERROR.size :]))
