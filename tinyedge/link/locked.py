"""What a locked device answers: nothing that tells weights, inner tensors or raw inputs.

Each request is decided here, and one that is not is refused: ``TE_LOCKED_ALLOWS`` of te_protocol.h
is rendered from this table.
"""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.link.protocol import Type


@dataclass(frozen=True)
class Decision:
    """Whether a locked device answers a request, and why."""

    allowed: bool
    why: str


def _allow(why: str) -> Decision:
    return Decision(True, why)


def _refuse(why: str) -> Decision:
    return Decision(False, why)


DECISIONS: dict[Type, Decision] = {
    Type.HELLO: _allow("says what runs here: name, hash, shapes, scales of inputs and outputs"),
    Type.WRITE: _allow("an input goes in"),
    Type.INVOKE: _allow("outputs are what the device is for"),
    Type.READ: _allow("outputs"),
    Type.STATUS: _allow("counters and sizes"),
    Type.HALT: _allow("tells nothing"),
    Type.PROFILE: _refuse("times of layers tell how they are made"),
    Type.WATCH: _refuse("sends what each layer writes"),
    Type.FRAME: _allow("a raw frame goes in"),
    Type.PIXELS: _allow("a raw frame goes in"),
    Type.MADE: _refuse("sends the input that was made of a raw frame"),
    Type.SENSE: _refuse("sends what the sensor sees"),
    Type.SHOW: _refuse("sends the frame back, as SENSE does the sensor's"),
    Type.PACKED: _allow("an input goes in"),
    Type.CLASSIFY: _allow("class and score"),
    Type.PACKED_PIXELS: _allow("a raw frame goes in"),
    Type.PACKED_SHOW: _refuse("as SHOW"),
    Type.PACK: _allow("a setting goes in"),
    Type.LEARN_BEGIN: _refuse("as LEARN_SAMPLE"),
    Type.LEARN_RATE: _refuse("as LEARN_SAMPLE"),
    Type.LEARN_SAMPLE: _refuse("two steps tell the product of what a layer reads of two inputs"),
    Type.LEARN_DECIDE: _refuse("as LEARN_SAMPLE"),
    Type.LEARN_READ: _refuse("sends weights"),
    Type.UPDATE_BEGIN: _allow("a signed manifest goes in"),
    Type.UPDATE_DATA: _allow("weights go in, and none come out"),
    Type.UPDATE_APPLY: _allow("tells which model runs"),
    Type.UPDATE_DECIDE: _allow("tells which model runs"),
    Type.VERSIONS: _allow("names, versions and hashes of models"),
    Type.MONITOR: _allow("sums of inputs and histograms of 16 bins, not the inputs"),
    Type.MONITOR_CLEAR: _allow("tells nothing"),
    Type.CHALLENGE: _allow("begins an authenticated session"),
    Type.AUTH: _allow("begins an authenticated session"),
}
"""Of every request that there is."""


def allowed() -> tuple[Type, ...]:
    """Types that a locked device answers, in the order of their numbers."""
    return tuple(sorted(kind for kind, decision in DECISIONS.items() if decision.allowed))
