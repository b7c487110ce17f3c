"""What a device has learned, and updates: it ends with one that is kept, and with no other."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.support import updatable
from tests.support.updatable import Device, Made, answers_are, send
from tinyedge.errors import LinkError
from tinyedge.link.learning import Learning
from tinyedge.link.protocol import Decision
from tinyedge.link.session import Session
from tinyedge.link.updating import COMPILED, Updating
from tinyedge.packaging import Package


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("learned")
    return updatable.made(folder, ("address", "undefined"), features=("update", "learn"))


@pytest.fixture
def device(made: Made) -> Iterator[Device]:
    with Device(made.elf) as running:
        yield running


def _train(session: Session) -> Learning:
    """Train on a few samples, and apply nothing."""
    rng, learning = np.random.default_rng(3), Learning(session)
    learning.begin(0.05, 0.9, 0.0, 1)
    for label in range(5):
        learning.sample([rng.integers(-128, 128, (1, 6, 6, 3), np.int8).tobytes()], label)
    return learning


def _learn(session: Session) -> list[bytes]:
    """Train on a few samples, and keep that; returns what it answers then."""
    learning = _train(session)
    learning.decide(Decision.APPLY)
    learning.decide(Decision.KEEP)
    return _answers(session)


def _answers(session: Session) -> list[bytes]:
    inputs = np.random.default_rng(9).integers(-128, 128, (5, 108), np.int8)
    return [session.infer([row.tobytes()]).outputs[0] for row in inputs]


def _wrong(made: Made, package: Package) -> Package:
    """Signed, with a self-test that no model passes."""
    content = package.content[:-1] + bytes([package.content[-1] ^ 1])
    signed = replace(package.manifest, sha512=hashlib.sha512(content).digest()).pack()
    return replace(package, signed=signed, signature=made.key.sign(signed), content=content)


def test_an_update_that_comes_to_nothing_leaves_what_was_learned(
    made: Made, device: Device
) -> None:
    package = made.package(2, (1, 0, 0))
    changed = replace(package, content=bytes([package.content[0] ^ 1]) + package.content[1:])
    with device.session() as session:
        learned = _learn(session)
        assert not answers_are(session, made.own)
        for refused, words in ((changed, "not what was signed"), (_wrong(made, package), "self-")):
            with pytest.raises(LinkError, match=words):
                send(session, refused)
            assert _answers(session) == learned
        for _ in range(2):
            send(session, package)
            assert answers_are(session, package.tflite)
            Updating(session).decide(keep=False)
            assert _answers(session) == learned
        # the very same network, in a package, has learned nothing
        send(session, made.signed(made.own, "same", (1, 0, 1)))
        assert answers_are(session, made.own)
    with device.session() as session:  # its host went away
        assert Updating(session).decide(keep=False).active == COMPILED
        assert _answers(session) == learned


def test_an_update_that_is_kept_ends_it(made: Made, device: Device) -> None:
    first, second = made.package(2, (1, 0, 0)), made.package(3, (1, 1, 0))
    with device.session() as session:
        _learn(session)
        send(session, first)
        Updating(session).decide(keep=True)
        with pytest.raises(LinkError, match="self-test"):
            send(session, _wrong(made, second))
        assert answers_are(session, first.tflite)
        Updating(session).decide(keep=False)  # goes back, for good
        assert answers_are(session, made.own)


def test_what_a_trial_learns_takes_the_place_of_what_was_learned(
    made: Made, device: Device
) -> None:
    package = made.package(2, (1, 0, 0))
    with device.session() as session:
        _learn(session)
        send(session, package)
        _learn(session)
        assert not answers_are(session, package.tflite)
        Updating(session).decide(keep=False)
        assert answers_are(session, made.own)


def test_what_a_trial_only_trains_on_leaves_what_was_learned(made: Made, device: Device) -> None:
    package = made.package(2, (1, 0, 0))
    with device.session() as session:
        learned = _learn(session)
        send(session, package)
        _train(session)
        assert answers_are(session, package.tflite)
        Updating(session).decide(keep=False)
        assert _answers(session) == learned
