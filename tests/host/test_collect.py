"""Collecting: frames come back as they were, the folder can be trained on, every end is sound."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support import picture_firmware as fixture
from tests.support import pictures
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import dataset, flash, recipe, workspace
from tinyedge.dataset import picture_file
from tinyedge.dataset.collected import MANIFEST
from tinyedge.emit import board_files
from tinyedge.emit.preprocess import Preprocess
from tinyedge.errors import ConfigError, LinkError
from tinyedge.graph import read_tflite
from tinyedge.link import frames, sensing
from tinyedge.link import protocol as p
from tinyedge.link.framing import Decoder, encode
from tinyedge.link.session import Session
from tinyedge.link.transport import SerialTransport
from tinyedge.recipe import Compile
from tinyedge.results import CollectReport, ValidateReport
from tinyedge.workflow import collect, devices, pipeline, raw, sensor
from tinyedge.workflow.collect import Wish
from tinyedge.workflow.devices import Built
from tinyedge.workflow.pipeline import Loaded, Model
from tinyedge.workspace import Workspace

HOST = boards.load("host")
SENSOR = """
#include "te_port.h"
static uint32_t at, left, frames;
bool te_port_sensor_begin(uint32_t *height, uint32_t *width, uint32_t *channels) {
  *height = 10;
  *width = 30;
  *channels = 3;
  at = 0;
  left = ++frames == 3 ? 500 : 900; /* the third frame breaks off */
  return frames != 5;
}
size_t te_port_sensor_read(uint8_t *data, size_t size) {
  size_t count = size < left ? size : left;
  if (count > 100) count = 100;
  for (size_t i = 0; i < count; i++) data[i] = (uint8_t)(7u * at++);
  left -= (uint32_t)count;
  return count;
}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures.folder(tmp_path_factory.mktemp("pictures"), each=12)


@pytest.fixture(scope="module")
def built(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The small network's firmware, as of a recipe of these pictures, with the feature."""
    need("make", "gcc")
    data = msgspec.structs.replace(pictures.data(root), fit="crop", range=(-1.0, 1.0))
    of = msgspec.structs.replace(recipe.load("photos-cnn"), data=data)
    tflite = fixture.model()
    model = Model("small", of, None, Compile(features=("collect",)))
    loaded = Loaded(model, tflite, read_tflite.read(tflite, "small"))
    space = Workspace(tmp_path_factory.mktemp("build"))
    return devices.build(pipeline.generate(loaded, HOST, "aot", space))


@pytest.fixture(scope="module")
def url(built: Built) -> Iterator[str]:
    with flash.run(built.artifact, HOST) as device:
        yield device.url


def _collect(built: Built, url: str, wish: Wish, stop_at: int = -1) -> CollectReport:
    def progress(done: int, _total: int) -> None:
        if done == stop_at:
            raise KeyboardInterrupt

    return collect.collect(built, url, wish, progress=progress, on_log=print)


def _entries(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / MANIFEST).read_text().splitlines()]


def test_frames_come_back_and_the_folder_can_be_trained_on(
    built: Built, url: str, root: Path, tmp_path: Path
) -> None:
    report = _collect(built, url, Wish(tmp_path, 99, source=root))
    assert (report.collected, report.lost, report.sensor) == (24, 0, "host")
    assert {item.name: item.count for item in report.labels} == {"bright": 12, "dark": 12}
    for entry in _entries(tmp_path):
        kept = picture_file.decode((tmp_path / str(entry["file"])).read_bytes())
        source = picture_file.decode((root / str(entry["source"])).read_bytes())
        assert np.array_equal(kept, source)
        assert str(entry["file"]).startswith(f"{entry['label']}/")
        assert entry["elf_sha256"] == built.report.elf_sha256
        assert 0 < float(str(entry["score"])) <= 1
    read = dataset.load(pictures.data(tmp_path), Path("recipe.toml"))
    assert read.classes == ("bright", "dark")
    assert sum(map(len, (read.train, read.validation, read.test))) == 24
    assert {skip.path for skip in read.skipped} == {".lock", MANIFEST}


def test_the_same_command_goes_on_after_a_stop(built: Built, url: str, tmp_path: Path) -> None:
    wish = Wish(tmp_path, 99)
    with pytest.raises(KeyboardInterrupt):
        _collect(built, url, wish, stop_at=3)
    assert len(_entries(tmp_path)) == 3
    again = _collect(built, url, wish)
    assert (again.before, again.before + again.collected) == (3, 6)
    sources = [entry["source"] for entry in _entries(tmp_path)]
    assert len(set(sources)) == 6
    assert _collect(built, url, wish).collected == 0


def test_labels_may_be_the_answer_or_given(built: Built, url: str, tmp_path: Path) -> None:
    _collect(built, url, Wish(tmp_path / "a", 3, by_answer=True))
    assert all(entry["label"] == entry["answer"] for entry in _entries(tmp_path / "a"))
    _collect(built, url, Wish(tmp_path / "b", 3, label="odd ones"))
    assert {str(entry["file"])[:9] for entry in _entries(tmp_path / "b")} == {"odd ones/"}


def test_without_a_class_the_user_is_asked(
    built: Built, url: str, root: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="nothing says which class"):
        _collect(built, url, Wish(tmp_path, 3, source=root / "dark"))


def test_a_network_without_classes_asks_for_one_too(
    built: Built, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Loaded, "classes", ())
    with pytest.raises(ConfigError, match="nothing says which class"):
        _collect(built, url, Wish(tmp_path, 3))


def test_the_input_is_kept_as_the_picture_that_gives_it(
    built: Built, url: str, root: Path, tmp_path: Path
) -> None:
    _collect(built, url, Wish(tmp_path, 4, source=root, stored="input"))
    for entry in _entries(tmp_path):
        kept = picture_file.decode((tmp_path / str(entry["file"])).read_bytes())
        source = picture_file.decode((root / str(entry["source"])).read_bytes())
        assert kept.shape == (*fixture.SIZE, fixture.CHANNELS)
        expected = sensor.prepared(fixture.WANTED, source)
        assert np.array_equal(sensor.prepared(fixture.WANTED, kept), expected)


def test_inputs_that_the_device_makes_are_compared(
    built: Built, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def validated() -> ValidateReport:
        ignore = [lambda *_: None] * 2
        return raw.validate(built, url, count=9, progress=ignore[0], on_log=ignore[1])

    report = validated()
    assert report.raw is not None
    assert (report.held, report.samples, report.raw.differing_input_bytes) == (True, 6, 0)
    assert report.raw.input_bytes == 6 * 6 * 8 * 3
    assert len(report.raw.frame_sizes) > 2
    prepared = sensor.prepared

    def other(wanted: Preprocess, image: NDArray[np.uint8]) -> NDArray[np.int8]:
        made = prepared(wanted, image)
        made[0, 1, 0] ^= 1
        return made

    monkeypatch.setattr(sensor, "prepared", other)
    report = validated()
    assert report.raw is not None
    assert (report.held, report.raw.differing_input_bytes) == (False, 6)
    assert "input byte 3 is" in report.raw.first_difference


class _Lossy:
    """A line on which every so many SENSED frames are lost."""

    def __init__(self, url: str, every: int) -> None:
        self._port, self._every, self._count = SerialTransport(url, 115200), every, 0
        self._decoder, self.name = Decoder(), url

    def read(self, timeout_s: float) -> bytes:
        kept = []
        for frame in self._decoder.feed(self._port.read(timeout_s)):
            self._count += frame.type == p.Type.SENSED
            if frame.type != p.Type.SENSED or self._count % self._every:
                kept.append(encode(frame))
        return b"".join(kept)

    def write(self, data: bytes) -> None:
        self._port.write(data)

    def close(self) -> None:
        self._port.close()


def test_a_frame_that_did_not_come_whole_is_not_kept(url: str) -> None:
    image = fixture.pictures(4)[3]
    with Session(_Lossy(url, every=10)) as session:
        shots = [sensing.show(session, image).image for _ in range(8)]
    whole = [shot for shot in shots if shot is not None]
    assert 0 < len(whole) < len(shots)
    assert all(np.array_equal(shot, image) for shot in whole)


def test_a_board_without_a_sensor_says_so(url: str) -> None:
    with Session(url) as session, pytest.raises(LinkError, match="has no sensor"):
        sensing.sense(session)


def test_a_sensor_of_the_port_is_used(tmp_path: Path) -> None:
    need("make", "gcc")
    folder = tmp_path / "firmware"
    artifact = fixture.made(tmp_path, HOST, ["collect"])
    workspace.write_atomic(folder / "port" / "sensor.c", SENSOR)
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*.[ch]")]
    workspace.write_atomic(folder / "Makefile", board_files.makefile(HOST, paths))
    artifact = devices.building.build(folder, HOST, ("address", "undefined"))
    expected = (7 * np.arange(900)).astype(np.uint8).reshape(10, 30, 3)
    with flash.run(artifact, HOST) as device, Session(device.url) as session:
        for number in range(6):
            outcome = contextlib.nullcontext() if number not in (2, 4) else pytest.raises(LinkError)
            with outcome:
                shot = sensing.sense(session)
                assert np.array_equal(shot.image, expected)
                made = frames.read_input(session)
                assert made == sensor.prepared(fixture.WANTED, expected).tobytes()
                frames.infer(session, shot.made)
