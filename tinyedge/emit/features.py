"""Optional features of the device's application: what each adds, and the list that C gets of it.

A feature is app/<name>.c and app/<name>.h, a bit in HELLO, its requests, and the hooks of
app/te_features.h that it wants called. Firmware without it has none of its files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from tinyedge.emit.render import render
from tinyedge.errors import ConfigError, near_match
from tinyedge.link import payloads, protocol
from tinyedge.link.layout import Layout
from tinyedge.link.protocol import Type

Hook = Literal["start", "hello", "admit", "infers", "inferred", "changed", "fault", "seals", "part"]


@dataclass(frozen=True)
class Request:
    """A frame type that te_on_<type> of app/<feature>.h answers.

    ``layout``: the payload's fields; None: it is empty. ``more``: bytes may follow them.
    ``needs_model``: refused when te_model_init has failed. ``beside``: the feature that must be
    there, too.
    """

    type: Type
    layout: Layout | None = None
    more: bool = False
    needs_model: bool = True
    beside: str = ""

    @property
    def entry(self) -> str:
        """Its line in the table of requests."""
        least = f"TE_{self.layout.name.upper()}_SIZE" if self.layout else "0"
        most = "TE_MAX_PAYLOAD" if self.more else least
        needs = str(self.needs_model).lower()
        name = self.type.name
        return f"{{TE_TYPE_{name}, {least}, {most}, {needs}, te_on_{name.lower()}}},"


@dataclass(frozen=True)
class Feature:
    """One feature. ``needs``: names of others that come with it. ``text``: what it is for.

    ``also``: files of its own besides app/<name>.c and .h. ``aot_only``: the runtime tflm cannot
    have it. ``floats``: it computes in floating point, for which a core without needs a library.
    """

    name: str
    text: str
    requests: tuple[Request, ...] = ()
    hooks: frozenset[Hook] = frozenset()
    needs: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    aot_only: bool = False
    floats: bool = False

    @property
    def files(self) -> frozenset[str]:
        """Its files in the firmware folder."""
        return frozenset({f"app/{self.name}.c", f"app/{self.name}.h", *self.also})


MARK = Feature(
    "mark",
    "a pin that is high while the model runs, for a power monitor",
    hooks=frozenset({"start", "infers", "inferred"}),
)
COMPRESS = Feature(
    "compress",
    "inputs and raw frames come packed, inner tensors go so, or class and score alone",
    (
        Request(Type.PACKED, payloads.PACKED, more=True),
        Request(Type.CLASSIFY, payloads.INVOKE),
        Request(Type.PACKED_PIXELS, payloads.PACKED, more=True, beside="preprocess"),
        Request(Type.PACKED_SHOW, payloads.PACKED, more=True, beside="collect"),
        Request(Type.PACK, payloads.PACK),
    ),
    frozenset({"hello", "part"}),
    also=(
        "app/compress_frames.c",
        "app/compress_parts.c",
        "app/pack.c",
        "app/pack.h",
        "app/unpack.c",
        "app/unpack.h",
    ),
)
MONITOR = Feature(
    "monitor",
    "counts inputs, answers, times and resets on the device",
    (Request(Type.MONITOR), Request(Type.MONITOR_CLEAR)),
    frozenset({"start", "infers", "inferred", "changed", "fault"}),
    also=("app/resets.c", "app/resets.h"),
)
UPDATE = Feature(
    "update",
    "signed models replace the one that runs",
    (
        Request(Type.UPDATE_BEGIN, payloads.MANIFEST, more=True),
        Request(Type.UPDATE_DATA, payloads.UPDATE_DATA, more=True),
        Request(Type.UPDATE_APPLY),
        Request(Type.UPDATE_DECIDE, payloads.UPDATE_DECIDE),
        Request(Type.VERSIONS),
    ),
    frozenset({"start", "fault", "inferred"}),
)
AUTH = Feature(
    "auth",
    "commands are taken only from who has the device's key, and the link is encrypted",
    (
        Request(Type.CHALLENGE, payloads.CHALLENGE, needs_model=False),
        Request(Type.AUTH, needs_model=False),
    ),
    frozenset({"fault", "seals"}),
)
LEARN = Feature(
    "learn",
    "the last dense layers can be trained on the device",
    (
        Request(Type.LEARN_BEGIN, payloads.LEARN_BEGIN),
        Request(Type.LEARN_RATE, payloads.LEARN_RATE),
        Request(Type.LEARN_SAMPLE, payloads.LEARN_SAMPLE),
        Request(Type.LEARN_DECIDE, payloads.LEARN_DECIDE),
        Request(Type.LEARN_READ, payloads.LEARN_READ),
    ),
    frozenset({"hello", "changed"}),
    aot_only=True,
    floats=True,
)
LOCKED = Feature(
    "locked",
    "weights, inner tensors and raw inputs do not leave the device",
    hooks=frozenset({"admit"}),
)
FEATURES: tuple[Feature, ...] = (
    Feature(
        "preprocess",
        "makes the input of raw frames on the device",
        (
            Request(Type.FRAME, payloads.FRAME),
            Request(Type.PIXELS, payloads.PIXELS, more=True),
            Request(Type.MADE, payloads.MADE),
        ),
        frozenset({"hello"}),
    ),
    LEARN,
    MARK,
    Feature(
        "collect",
        "frames of the board's sensor go to the host with their answers",
        (Request(Type.SENSE, payloads.SENSE), Request(Type.SHOW, payloads.SHOW, more=True)),
        needs=("preprocess",),
    ),
    UPDATE,
    COMPRESS,
    MONITOR,
    AUTH,
    LOCKED,
)
"""All that there are, by their bits in HELLO."""


@dataclass(frozen=True)
class FeaturesView:
    """What te_features.h.j2 prints."""

    title: str
    headers: tuple[str, ...]
    bits: str
    requests: tuple[str, ...]
    start: tuple[str, ...]
    hello: tuple[str, ...]
    admit: tuple[str, ...]
    infers: tuple[str, ...]
    inferred: tuple[str, ...]
    changed: tuple[str, ...]
    fault: tuple[str, ...]
    seals: tuple[str, ...]
    part: tuple[str, ...]


def chosen(names: Sequence[str]) -> tuple[Feature, ...]:
    """The features of these names and those that they need, in the order of FEATURES.

    Raises ConfigError for a name that is none.
    """
    known = {feature.name: feature for feature in FEATURES}
    wanted, found = list(names), set()
    while wanted:
        name = wanted.pop()
        if name not in known:
            raise ConfigError(
                f'there is no feature "{name}"{near_match(name, list(known))}',
                f"features: {', '.join(known) or 'none'}",
            )
        found.add(name)
        wanted += [need for need in known[name].needs if need not in found]
    return tuple(feature for feature in FEATURES if feature.name in found)


def left_out(selected: Sequence[Feature]) -> frozenset[str]:
    """Files of the application that firmware with the ``selected`` features does not have."""
    files = [feature.files for feature in FEATURES if feature not in selected]
    return frozenset().union(*files)


def header(selected: Sequence[Feature]) -> str:
    """app/te_features.h."""
    hooked: dict[Hook, tuple[str, ...]] = {
        hook: tuple(feature.name for feature in selected if hook in feature.hooks)
        for hook in get_args(Hook)
    }
    view = FeaturesView(
        title=", ".join(feature.name for feature in selected) or "none",
        headers=tuple(f"{feature.name}.h" for feature in selected),
        bits=f"({' | '.join((*_bits(selected), *_codecs(selected)))})" if selected else "0",
        requests=tuple(_entries(selected)),
        start=hooked["start"],
        hello=hooked["hello"],
        admit=hooked["admit"],
        infers=hooked["infers"],
        inferred=hooked["inferred"],
        changed=hooked["changed"],
        fault=hooked["fault"],
        seals=hooked["seals"],
        part=hooked["part"],
    )
    return render("app/te_features.h.j2", view)


def _entries(selected: Sequence[Feature]) -> Iterator[str]:
    names = {"", *(feature.name for feature in selected)}
    for feature in selected:
        yield from (request.entry for request in feature.requests if request.beside in names)


def _bits(selected: Sequence[Feature]) -> Iterator[str]:
    return (f"TE_FEATURE_{feature.name.upper()}" for feature in selected)


def _codecs(selected: Sequence[Feature]) -> Iterator[str]:
    """Those that the firmware unpacks."""
    named = protocol.UNPACKED if COMPRESS in selected else ()
    return (f"1u << (TE_CODECS_AT + TE_CODEC_{codec.name})" for codec in named)


def bits() -> tuple[tuple[str, int], ...]:
    """Names of the features' bits in C, and the bits."""
    return tuple((bit.name or "", bit.value) for bit in protocol.Feature)
