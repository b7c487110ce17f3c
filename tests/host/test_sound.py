"""Raw sound: the device makes the host's input of it, and what it sends back can be trained on."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support import picture_firmware, pictures
from tests.support import sound_firmware as fixture
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import build as building
from tinyedge import dataset, flash, workspace
from tinyedge.dataset import frames as raw_frames
from tinyedge.dataset import pcm
from tinyedge.dataset.collected import MANIFEST
from tinyedge.dataset.kept import Stored
from tinyedge.emit import board_files
from tinyedge.errors import LinkError
from tinyedge.link import frames, payloads, sensing
from tinyedge.link import protocol as p
from tinyedge.link.messages import DeviceError
from tinyedge.link.session import Session
from tinyedge.oracle import Oracle
from tinyedge.results import CollectReport, ValidateReport
from tinyedge.workflow import collect, raw, sensor
from tinyedge.workflow.collect import Wish
from tinyedge.workflow.devices import Built

HOST = boards.load("host")
INPUT_BYTES = int(np.prod(fixture.SHAPE))
MICROPHONE = """
#include "te_port.h"
static uint32_t at, frames;
bool te_port_sensor_begin(uint32_t *height, uint32_t *width, uint32_t *channels) {
  *height = ++frames == 3 ? 900 : 896;
  *width = 1;
  *channels = 2;
  at = 0;
  return true;
}
size_t te_port_sensor_read(uint8_t *data, size_t size) {
  size_t count = size < 101 ? size : 101; /* samples are cut in two */
  for (size_t i = 0; i < count; i++) data[i] = (uint8_t)(7u * at++);
  return count;
}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures.chirps(tmp_path_factory.mktemp("sounds"))


@pytest.fixture(scope="module")
def built(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    need("make", "gcc")
    return fixture.built(root, tmp_path_factory.mktemp("build"), HOST, ["collect"])


@pytest.fixture(scope="module")
def url(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A host board with a microphone, under sanitizers: a report of theirs ends it."""
    folder = tmp_path_factory.mktemp("microphone") / "firmware"
    shutil.copytree(built.firmware.folder, folder)
    workspace.write_atomic(folder / "port" / "microphone.c", MICROPHONE)
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*.[ch]")]
    workspace.write_atomic(folder / "Makefile", board_files.makefile(HOST, paths))
    artifact = building.build(folder, HOST, ("address", "undefined"))
    with flash.run(artifact, HOST) as device:
        yield device.url


def _validate(built: Built, url: str, count: int = 99) -> ValidateReport:
    return raw.validate(built, url, count=count, progress=lambda *_: None, on_log=print)


def _collect(built: Built, url: str, wish: Wish) -> CollectReport:
    return collect.collect(built, url, wish, progress=lambda *_: None, on_log=print)


def _entries(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / MANIFEST).read_text().splitlines()]


def _input(built: Built, image: NDArray[np.uint8]) -> bytes:
    loaded = built.firmware.loaded
    wanted = sensor.require("small", loaded.model.recipe, loaded.graph)
    return sensor.prepared(wanted, image).tobytes()


def test_inputs_that_the_device_makes_are_the_host_s(
    built: Built, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = _validate(built, url)
    assert report.raw is not None
    assert report.samples == 4 * fixture.PER_CLIP
    assert (report.held, report.raw.differing_input_bytes) == (True, 0)
    assert report.raw.input_bytes == report.samples * INPUT_BYTES
    assert report.raw.frame_bytes == report.samples * fixture.SAMPLES * 2
    assert report.raw.frame_sizes == ("896 samples",)
    prepared = sensor.prepared

    def other(wanted: sensor.Wanted, image: NDArray[np.uint8]) -> NDArray[np.int8]:
        made = prepared(wanted, image).copy()
        made[0, 3, 0] ^= 1
        return made

    monkeypatch.setattr(sensor, "prepared", other)
    report = _validate(built, url, 6)
    assert report.raw is not None
    assert (report.held, report.raw.differing_input_bytes) == (False, 6)
    assert "input byte 3 is" in report.raw.first_difference


def test_they_are_what_the_network_was_trained_on(built: Built, root: Path) -> None:
    of = fixture.of(root)
    (tensor,) = built.firmware.loaded.graph.inputs
    test = dataset.load(of.data, of.path).test
    trained = sensor.steps(255, of.data.range, tensor.q)[test.raw]
    found = raw_frames.of_test_split(of.data, of.path)
    assert [_input(built, frame.image) for frame in found] == [row.tobytes() for row in trained]
    assert len(np.unique(trained)) > 50


def test_an_emulated_board_makes_them_of_packed_samples(root: Path, tmp_path: Path) -> None:
    need("make", "arm-none-eabi-gcc", "qemu-system-arm")
    board = boards.load("netduinoplus2")
    built = fixture.built(root, tmp_path, board, ["preprocess", "compress"])
    with flash.run(built.artifact, board) as device:
        report = _validate(built, device.url)
    assert report.raw is not None
    assert (report.held, report.samples, report.raw.differing_input_bytes) == (True, 20, 0)
    assert report.link is not None
    assert report.link.bytes_sent < report.raw.frame_bytes


@pytest.mark.parametrize("stored", ["raw", "input"])
def test_sound_comes_back_and_the_folder_can_be_trained_on(
    built: Built, url: str, root: Path, tmp_path: Path, stored: Stored
) -> None:
    report = _collect(built, url, Wish(tmp_path, 999, source=root, stored=stored))
    assert (report.collected, report.lost) == (12 * fixture.PER_CLIP, 0)
    assert {item.name: item.count for item in report.labels} == {"falling": 30, "rising": 30}
    of = fixture.of(root)
    sent = {frame.name: frame.image for frame in raw_frames.of_folder(root, of.data, of.path)}
    size = {"raw": [fixture.SAMPLES, 1, 2], "input": [*fixture.SHAPE]}[stored]
    assert all(entry["size"] == size for entry in _entries(tmp_path))
    if stored == "raw":
        for entry in _entries(tmp_path):
            file = (tmp_path / str(entry["file"])).read_bytes()
            assert file == pcm.wav(pcm.samples(sent[str(entry["source"])]), 8000)
    read = _read(report, tmp_path)
    raw_values = [row for part in (read.train, read.validation, read.test) for row in part.raw]
    (tensor,) = built.firmware.loaded.graph.inputs
    quantized = sensor.steps(255, of.data.range, tensor.q)
    made = sorted(quantized[row].tobytes() for row in raw_values)
    assert made == sorted(_input(built, image) for image in sent.values())


def _read(report: CollectReport, out: Path) -> dataset.Dataset:
    """The folder as the recipe reads it that the report says."""
    head, *more = report.recipe
    path = f'path = "{out}"'
    if report.stored == "raw":
        assert head == f'[data] source = "wav", {path}'
        assert more == ["[data.audio] seconds = 0.112"]
        audio = msgspec.structs.replace(fixture.AUDIO, seconds=0.112)
        return dataset.load(pictures.audio_data(out, audio), Path("recipe.toml"))
    assert head == f'[data] source = "pictures", {path}, size = [6, 8], channels = 1'
    assert not more
    given = pictures.data(out, size=(6, 8), channels=1)
    return dataset.load(given, Path("recipe.toml"))


def _refused(session: Session, kind: p.Type, payload: bytes) -> tuple[int, int]:
    with pytest.raises(DeviceError) as caught:
        session.exchange([(kind, payload)], 5.0)
    return caught.value.code, caught.value.detail


def test_sound_of_another_length_is_refused(url: str) -> None:
    with Session(url) as session:
        for shape in ((895, 1, 2), (897, 1, 2), (1, 896, 2), (896, 2, 2), (896, 1, 1), (896, 1, 3)):
            code = _refused(session, p.Type.FRAME, payloads.FRAME.pack(1, *shape))
            assert code == (p.Code.RANGE, INPUT_BYTES), shape


def test_bytes_may_come_in_any_pieces_and_twice_after_a_frame_broken_off(
    built: Built, url: str
) -> None:
    samples = np.random.RandomState(4).randint(-32768, 32768, fixture.SAMPLES).astype(np.int16)
    image = pcm.frame(samples)
    data = image.tobytes()
    with Session(url) as session:
        session.call(p.Type.FRAME, payloads.FRAMED.size, payloads.FRAME.pack(9, *image.shape))
        broken_off = payloads.PIXELS.pack(9, 0) + data[:333]
        session.call(p.Type.PIXELS, payloads.FRAMED.size, broken_off)
        session.begin()
        session.call(p.Type.FRAME, payloads.FRAMED.size, payloads.FRAME.pack(1, *image.shape))
        for at in range(0, len(data), 333):  # odd: samples are cut in two
            for offset in (at, at, max(0, at - 333), at + 333):
                if offset < len(data):
                    some = payloads.PIXELS.pack(1, offset) + data[offset : offset + 333]
                    session.call(p.Type.PIXELS, payloads.FRAMED.size, some)
        assert frames.read_input(session) == _input(built, image)


def test_answers_are_those_of_the_input(built: Built, url: str) -> None:
    oracle = Oracle(picture_firmware.model(channels=1))
    image = pcm.frame(np.arange(-448, 448).astype(np.int16) * 70)
    with Session(url) as session:
        (answer,) = frames.infer(session, frames.send(session, image)).outputs
    made = np.frombuffer(_input(built, image), np.int8).reshape(1, *fixture.SHAPE)
    assert answer == oracle.run([made])[0].tobytes()


def test_a_microphone_of_the_port_is_heard(built: Built, url: str, tmp_path: Path) -> None:
    expected = (7 * np.arange(2 * fixture.SAMPLES)).astype(np.uint8).reshape(-1, 1, 2)
    with Session(url) as session:
        for _ in range(2):
            shot = sensing.sense(session)
            assert np.array_equal(shot.image, expected)
            assert frames.read_input(session) == _input(built, expected)
            frames.infer(session, shot.made)
        with pytest.raises(LinkError, match="not made of such frames") as caught:
            sensing.sense(session)
        assert "TE_INPUT_SAMPLES" in caught.value.hint
    report = _collect(built, url, Wish(tmp_path, 2, from_sensor=True, label="saw"))
    assert (report.sensor, report.collected) == ("board", 2)
    (path, _) = sorted(tmp_path.glob("saw/*.wav"))
    assert path.read_bytes()[44:] == expected.tobytes()
