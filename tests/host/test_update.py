"""Updates of a running device: what it takes, what it refuses, and power cuts at every write."""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.host.test_auth import Between
from tests.support import updatable
from tests.support.updatable import Device, Made, answers_are, send
from tinyedge import packaging
from tinyedge.device import update as updates
from tinyedge.errors import ConfigError, LinkError
from tinyedge.graph import read_tflite
from tinyedge.link import payloads, protocol
from tinyedge.link.deadlines import Deadlines
from tinyedge.link.framing import Frame
from tinyedge.link.protocol import Type
from tinyedge.link.session import Session
from tinyedge.link.updating import COMPILED, Updating
from tinyedge.samples import random


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return updatable.made(tmp_path_factory.mktemp("update"), ("address", "undefined"))


@pytest.fixture
def session(made: Made) -> Iterator[Session]:
    with Device(made.elf) as device, device.session() as opened:
        yield opened


def test_an_update_streams_in_while_the_old_model_answers(made: Made, session: Session) -> None:
    package = made.package(2, (1, 0, 0))
    seen = []

    def hear(done: int, total: int) -> None:
        seen.append((done, total))
        assert answers_are(session, made.own, 1) or done == total

    updating = Updating(session)
    state = updating.send(package.signed, package.signature, package.content, hear)
    assert len(seen) > 2
    assert (state.active, state.previous, state.trial) == (0, COMPILED, True)
    assert answers_are(session, package.tflite)
    assert not updating.decide(keep=True).trial
    state, slots = updating.versions()
    assert state.active == 0
    assert slots[0] is not None
    assert (slots[0].version, slots[0].name) == ((1, 0, 0), "n2")
    assert slots[0].tflite == hashlib.sha256(package.tflite).digest()
    assert slots[1] is None
    assert updating.decide(keep=False).active == COMPILED
    assert answers_are(session, made.own)


def test_both_slots_take_turns(made: Made, session: Session) -> None:
    updating = Updating(session)
    for number, slot in ((1, 0), (2, 1), (3, 0)):
        package = made.package(number + 1, (1, number, 0))
        send(session, package)
        assert updating.decide(keep=True).active == slot
        assert answers_are(session, package.tflite)
    assert updating.decide(keep=False).active == 1
    assert answers_are(session, updatable.network(3))


def test_a_rollback_whose_answer_is_lost_goes_back_once(made: Made) -> None:
    with Device(made.elf) as device:
        with device.session() as session:
            for number in (1, 2, 3):
                send(session, made.package(number + 1, (1, number, 0)))
                if number < 3:
                    Updating(session).decide(keep=True)
        line = Between(device.url)
        decided: list[Frame] = []

        def lose_the_first(frame: Frame) -> list[Frame]:
            if frame.type != Type.UPDATE_DECIDE | protocol.ANSWER:
                return [frame]
            decided.append(frame)
            return [frame] if len(decided) > 1 else []

        line.answer = lose_the_first
        with Session(line, deadlines=Deadlines(repeat_s=0.2)) as session:
            assert Updating(session).decide(keep=False).active == 1
            assert len(decided) > 1
            assert answers_are(session, updatable.network(3))


def test_an_update_that_begins_takes_the_slot_of_the_model_before(
    made: Made, session: Session
) -> None:
    updating = Updating(session)
    for number in (1, 2):
        send(session, made.package(number + 1, (1, number, 0)))
        updating.decide(keep=True)
    assert updating.versions()[0].previous == 0
    third = made.package(4, (1, 3, 0))
    state = payloads.UPDATE_STATE.size
    session.call(Type.UPDATE_BEGIN, state, third.signed + third.signature)
    assert updating.versions()[0].previous == COMPILED
    assert answers_are(session, updatable.network(3))
    assert updating.decide(keep=False).active == COMPILED
    assert answers_are(session, made.own)
    send(session, third)  # it goes on where it was
    assert answers_are(session, third.tflite)


NEXT = {
    "not signed": "sign it with the key",
    "not newer": "a higher --number, or with --downgrade",
    "on trial": "tinyedge rollback",
}


def _refused(session: Session, package: packaging.Package, words: str) -> None:
    before = Updating(session).versions()[0].active
    with pytest.raises(LinkError, match=words) as caught:
        send(session, package)
    assert NEXT.get(words, "package it again with the board and the options") in caught.value.hint
    assert Updating(session).versions()[0].active == before


def test_what_is_not_signed_with_the_devices_key_is_refused(made: Made, session: Session) -> None:
    package = made.package(2, (1, 0, 0))
    forged = bytearray(package.signature)
    forged[5] ^= 1
    _refused(session, replace(package, signature=bytes(forged)), "not signed")
    changed = replace(package.manifest, version=(9, 0, 0)).pack()
    _refused(session, replace(package, signed=changed), "not signed")
    _refused(session, replace(package, signature=bytes(64)), "not signed")
    assert answers_are(session, made.own)


def test_content_that_was_not_signed_is_refused(made: Made, session: Session) -> None:
    package = made.package(2, (1, 0, 0))
    for at in (40, len(package.content) // 2, len(package.content) - 1):
        content = bytearray(package.content)
        content[at] ^= 0x10
        _refused(session, replace(package, content=bytes(content)), "not what was signed")
        assert answers_are(session, made.own)
    send(session, package)


def test_a_failed_self_test_leaves_the_old_model(made: Made, session: Session) -> None:
    package = made.package(2, (1, 0, 0))
    wrong = package.content[:-1] + bytes([package.content[-1] ^ 1])
    manifest = replace(package.manifest, sha512=hashlib.sha512(wrong).digest()).pack()
    signed = replace(package, signed=manifest, signature=made.key.sign(manifest), content=wrong)
    _refused(session, signed, "self-test has failed")
    assert answers_are(session, made.own)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"architecture": bytes(32)}, "another architecture"),
        ({"board": "qemu-riscv32"}, "another board"),
        ({"board": "hosts"}, "another board"),
        ({"content_bytes": 1 << 31}, "another size"),
        ({"vectors": 1 << 30}, "another size"),
        ({"vectors": 0}, "another size"),
    ],
)
def test_a_package_for_another_device_is_refused(
    made: Made, session: Session, change: dict[str, object], words: str
) -> None:
    package = made.package(2, (1, 0, 0))
    manifest = replace(package.manifest, **change).pack()  # type: ignore[arg-type]
    _refused(session, replace(package, signed=manifest, signature=made.key.sign(manifest)), words)


def test_an_older_model_is_refused_unless_signed_as_a_downgrade(
    made: Made, session: Session
) -> None:
    send(session, made.package(2, (1, 2, 0)))
    _refused(session, made.package(3, (1, 3, 0)), "on trial")
    Updating(session).decide(keep=True)
    for number in ((1, 2, 0), (1, 1, 9), (0, 9, 9)):
        _refused(session, made.package(3, number), "not newer")
    send(session, made.package(3, (1, 1, 0), downgrade=True))
    assert answers_are(session, updatable.network(3))


def test_a_trial_whose_host_went_away_is_decided_by_the_next_one(made: Made) -> None:
    package, other = made.package(2, (1, 0, 0)), made.package(3, (1, 1, 0))
    samples = random(read_tflite.read(package.tflite, "n2"), 5)
    heard: list[tuple[int, int]] = []

    def hear(done: int, total: int) -> None:
        heard.append((done, total))

    with Device(made.elf) as device:
        with device.session() as session:
            send(session, package)
        with device.session() as session:
            with pytest.raises(LinkError, match=r"n2 1\.0\.0 is on trial"):
                updates.update(session, other, samples, hear)
            assert updates.update(session, package, samples, hear) == (5, 0)
            assert heard == []  # nothing was sent again
            state = Updating(session).versions()[0]
            assert (state.active, state.trial) == (0, False)
            assert updates.update(session, other, samples, hear) == (5, 0)
        with device.session() as session:
            send(session, made.package(4, (1, 2, 0)))
        with device.session() as session:
            assert Updating(session).decide(keep=False).active == 1
            assert answers_are(session, other.tflite)


def test_a_rollback_opens_no_way_to_older_models(made: Made, tmp_path: Path) -> None:
    flash, kept = tmp_path / "flash", made.package(2, (1, 2, 0))
    with Device(made.elf, flash) as device, device.session() as session:
        send(session, kept)
        Updating(session).decide(keep=True)
        assert Updating(session).decide(keep=False).active == COMPILED
        _refused(session, made.package(3, (1, 1, 9)), "not newer")
    with Device(made.elf, flash) as device, device.session() as session:
        _refused(session, made.package(3, (1, 1, 9)), "not newer")
        send(session, kept)  # the same is no older one
        Updating(session).decide(keep=True)
        send(session, made.package(3, (1, 0, 0), downgrade=True))
        Updating(session).decide(keep=True)  # what was signed as a downgrade sets a new bound
        Updating(session).decide(keep=False)
        Updating(session).decide(keep=False)
        send(session, made.package(4, (1, 0, 1)))


def test_a_restart_in_trial_rolls_back_and_a_kept_model_stays(made: Made, tmp_path: Path) -> None:
    flash, package = tmp_path / "flash", made.package(2, (1, 0, 0))
    with Device(made.elf, flash) as device, device.session() as session:
        send(session, package)
        assert answers_are(session, package.tflite)
    with Device(made.elf, flash) as device, device.session() as session:
        state, slots = Updating(session).versions()
        assert (state.active, state.trial) == (COMPILED, False)
        assert slots[0] is not None  # it is there, and does not run
        assert answers_are(session, made.own)
        send(session, package)
        Updating(session).decide(keep=True)
    with Device(made.elf, flash) as device, device.session() as session:
        assert Updating(session).versions()[0].active == 0
        assert session.hello.sha256 == hashlib.sha256(package.tflite).hexdigest()
        assert answers_are(session, package.tflite)


def test_a_slot_that_rots_is_not_run(made: Made, tmp_path: Path) -> None:
    flash, package = tmp_path / "flash", made.package(2, (1, 0, 0))
    with Device(made.elf, flash) as device, device.session() as session:
        send(session, package)
        Updating(session).decide(keep=True)
    data = bytearray(flash.read_bytes())
    data[600] ^= 4
    flash.write_bytes(data)
    with Device(made.elf, flash) as device, device.session() as session:
        assert Updating(session).versions()[0].active == COMPILED
        assert answers_are(session, made.own)


def _records(flash: Path) -> int:
    """How many the area of the newest one holds."""
    journal, record = flash.read_bytes()[-1024:], struct.Struct("<4sI24x")
    areas = []
    for at in (0, 512):
        found = [record.unpack_from(journal, at + each) for each in range(0, 512, record.size)]
        areas.append([sequence for magic, sequence in found if magic == b"TEBR"])
    return len(max(areas, key=lambda sequences: max(sequences, default=0)))


@pytest.mark.parametrize(("eighths", "before"), [(1, 14), (4, 15), (8, 16)])
def test_power_cut_at_every_write_leaves_a_good_model(
    made: Made, tmp_path: Path, eighths: int, before: int
) -> None:
    """Both slots are full, and the journal's area so far that one of the records opens the next."""
    older = [made.package(seed, (1, 0, 0), downgrade=True) for seed in (2, 3)]
    start, turns = tmp_path / "start", 0
    with Device(made.elf, start) as device, device.session() as session:
        while turns < 2 or _records(start) != before:
            send(session, older[turns % 2])
            Updating(session).decide(keep=True)
            turns += 1
    new = made.package(4, (1, 1, 0))
    cut = updatable.cut_everywhere(made, start, older[(turns - 1) % 2], new, eighths)
    # what the slot holds is given up, erase, content, head, trial, its end, rollback; next area
    assert cut.writes >= 8 + len(new.content) // 512
    assert cut.new == 1  # it runs from the end of the trial until the rollback's record is whole
    assert cut.old == cut.writes - cut.new


@pytest.mark.parametrize("eighths", [1, 4, 8])
def test_power_cut_while_a_trial_is_rolled_back_at_the_start(
    made: Made, tmp_path: Path, eighths: int
) -> None:
    flash = tmp_path / "flash"
    with Device(made.elf, flash) as device, device.session() as session:
        send(session, made.package(2, (1, 0, 0)))
    with Device(made.elf, flash, f"1:{eighths}") as device:
        assert device.ended() == 3
    with Device(made.elf, flash) as device, device.session() as session:
        assert Updating(session).versions()[0].active == COMPILED
        assert answers_are(session, made.own)


def test_a_record_goes_behind_what_a_power_cut_has_left(made: Made, tmp_path: Path) -> None:
    flash = tmp_path / "flash"
    with Device(made.elf, flash) as device, device.session() as session:
        send(session, made.package(2, (1, 0, 0)))
        Updating(session).decide(keep=True)
    data = bytearray(flash.read_bytes())
    behind = len(data) - 1024 + 32 * _records(flash)
    assert data[behind : behind + 32] == b"\xff" * 32
    data[behind + 8 : behind + 12] = bytes(4)  # in flash, no bit of them can be set again
    flash.write_bytes(data)
    with Device(made.elf, flash) as device, device.session() as session:
        assert Updating(session).decide(keep=False).active == COMPILED
    with Device(made.elf, flash) as device, device.session() as session:
        assert Updating(session).versions()[0].active == COMPILED


def test_the_journal_goes_on_when_it_is_full(made: Made, tmp_path: Path) -> None:
    flash, package = tmp_path / "flash", made.package(2, (1, 0, 0), downgrade=True)
    with Device(made.elf, flash) as device, device.session() as session:
        for _ in range(40):  # two records each; 16 fill an area
            send(session, package)
            Updating(session).decide(keep=True)
    with Device(made.elf, flash) as device, device.session() as session:
        assert Updating(session).versions()[0].active == 1
        assert answers_are(session, package.tflite)


def test_a_device_without_the_feature_says_what_to_do(made: Made) -> None:
    class Bare:
        hello = type("Hello", (), {"features": 0})
        name = "here"

    with pytest.raises(LinkError, match="takes no updates"):
        Updating(Bare())  # type: ignore[arg-type]


def test_a_package_that_needs_a_larger_arena_is_not_sent() -> None:
    updates.require_arena(2048, 2048)
    with pytest.raises(ConfigError, match=r"needs an arena of 2,064 bytes.* one of 2,048"):
        updates.require_arena(2064, 2048)
