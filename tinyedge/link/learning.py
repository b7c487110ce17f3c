"""Training on a device that has the feature ``learn``: typed calls over a session."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.errors import LinkError
from tinyedge.link import payloads, protocol
from tinyedge.link.messages import Inference
from tinyedge.link.protocol import Decision, Feature, Part, Type
from tinyedge.link.session import Session

_BLOCK = 4  # output channels that the kernel's weights keep together


@dataclass(frozen=True)
class Learned:
    """One sample: ``probability`` of its class and what was ``predicted``, before the step."""

    probability: float
    predicted: int
    ticks: int
    inference: Inference


class Learning:
    """The calls. Each raises LinkError as those of the session do."""

    def __init__(self, session: Session) -> None:
        """Raises LinkError if the firmware cannot learn, as a locked device's never does."""
        self._session = session
        if session.hello.features & Feature.LOCKED:
            raise LinkError(
                f"{session.name}: this device is locked, and does not learn",
                "adapt one whose firmware was built without the feature locked, then update this",
            )
        if not session.hello.features & Feature.LEARN:
            raise LinkError(
                f"{session.name}: this firmware cannot learn",
                'build and flash it with "--feature learn"',
            )

    def begin(self, learning_rate: float, momentum: float, l2: float, batch: int) -> None:
        """Start from the weights that run now."""
        run = int.from_bytes(os.urandom(4), "little") | 1
        request = payloads.LEARN_BEGIN.pack(run, learning_rate, momentum, l2, batch)
        self._session.call(Type.LEARN_BEGIN, payloads.LEARNING.size, request)

    def rate(self, learning_rate: float) -> None:
        """Go on with another learning rate."""
        request = payloads.LEARN_RATE.pack(learning_rate)
        self._session.call(Type.LEARN_RATE, payloads.LEARNING.size, request)

    def sample(self, inputs: Sequence[bytes], label: int) -> Learned:
        """Run one inference and train on it."""
        inference = self._session.infer(inputs)
        request = payloads.LEARN_SAMPLE.pack(self._session.inference, label)
        payload = self._session.call(Type.LEARN_SAMPLE, payloads.LEARNED.size, request)
        _, _, probability, predicted, ticks = payloads.LEARNED.unpack(payload)
        assert isinstance(probability, float)
        assert isinstance(predicted, int)
        assert isinstance(ticks, int)
        return Learned(probability, predicted, ticks, inference)

    def decide(self, decision: Decision) -> int:
        """Apply, keep, undo or reset; returns which weights run (-1: the firmware's own)."""
        request = payloads.LEARN_DECIDE.pack(decision)
        payload = self._session.call(Type.LEARN_DECIDE, payloads.LEARNING.size, request)
        return payloads.LEARNING.ints(payload)[0]

    def runs_learned(self) -> bool:
        """Whether it runs weights that it has learned; a trial of this session is undone."""
        return self.decide(Decision.UNDO) >= 0

    def real(self, layer: int, outputs: int, inputs: int) -> NDArray[np.float32]:
        """Float32 [outputs, inputs + 1]: what is being trained, the bias in the last column."""
        raw = self._read(layer, Part.REAL, 4 * outputs * (inputs + 1))
        return np.frombuffer(raw, "<f4").reshape(outputs, inputs + 1)

    def weights(self, layer: int, outputs: int, inputs: int) -> NDArray[np.int8]:
        """int8 [outputs, inputs]: what runs. LinkError if that is still the firmware's own."""
        blocks = -(-outputs // _BLOCK)
        raw = self._read(layer, Part.WEIGHTS, blocks * _BLOCK * inputs)
        there = np.frombuffer(raw, np.int8).reshape(blocks, inputs, _BLOCK)
        return there.transpose(0, 2, 1).reshape(-1, inputs)[:outputs]

    def bias(self, layer: int, outputs: int) -> NDArray[np.int32]:
        """int32 [outputs]."""
        return np.frombuffer(self._read(layer, Part.BIAS, 4 * outputs), "<i4")

    def scales(self, layer: int, outputs: int) -> NDArray[np.float32]:
        """Float32 [outputs], of the weights."""
        return np.frombuffer(self._read(layer, Part.SCALES, 4 * outputs), "<f4")

    def _read(self, layer: int, part: Part, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            some = min(size - len(found), protocol.MAX_ANSWER)
            request = payloads.LEARN_READ.pack(layer, part, len(found), some)
            found += self._session.call(Type.LEARN_READ, some, request)
        return bytes(found)


def runs_learned(session: Session) -> bool:
    """Whether the device runs weights that it has learned; False where it could not tell."""
    features = session.hello.features
    if not features & Feature.LEARN or features & Feature.LOCKED:
        return False
    return Learning(session).runs_learned()
