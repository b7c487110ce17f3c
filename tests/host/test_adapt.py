"""Learning on a device: the verb from end to end, and what a device refuses."""

import contextlib
import math
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.support import learning
from tests.support.learning import CLASSES
from tests.support.tools import CHECKOUT, need
from tinyedge import board as boards
from tinyedge import flash, keys, packaging, results
from tinyedge.cli import cli
from tinyedge.device import adapt as adapting
from tinyedge.errors import CheckFailed, ConfigError, LinkError
from tinyedge.graph import read_tflite
from tinyedge.learn.sgd import Settings, Trainer
from tinyedge.link import payloads, statistics
from tinyedge.link.learning import Learning
from tinyedge.link.protocol import Decision, Type
from tinyedge.link.session import Session
from tinyedge.oracle import Oracle
from tinyedge.recipe import Compile
from tinyedge.results import AdaptReport, PackageReport
from tinyedge.samples import Samples, from_npz
from tinyedge.workflow import devices, pipeline
from tinyedge.workflow.learning import LEARNED
from tinyedge.workflow.learning import adapt as learn
from tinyedge.workspace import Workspace

TOOLS = {
    "host": ("make", "gcc"),
    "netduinoplus2": ("arm-none-eabi-gcc", "qemu-system-arm"),
    "qemu-microbit": ("arm-none-eabi-gcc", "qemu-system-arm"),
    "qemu-riscv32": ("riscv64-unknown-elf-gcc", "qemu-system-riscv32"),
}


@pytest.fixture(scope="module")
def tflite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "learner.tflite"
    path.write_bytes(learning.model(np.random.default_rng(4)))
    return path


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise around a centre for each class."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, CLASSES, 60)
    centres = rng.integers(-90, 90, (CLASSES, 12))
    inputs = np.clip(centres[labels] + rng.integers(-25, 25, (60, 12)), -128, 127)
    path = tmp_path_factory.mktemp("data") / "new.npz"
    np.savez(path, inputs=inputs.astype(np.int8), labels=labels)
    return path


@pytest.mark.parametrize("board", TOOLS)
def test_a_device_learns_numpys_bits_and_keeps_what_is_better(
    tflite: Path, samples: Path, tmp_path: Path, board: str
) -> None:
    need(*TOOLS[board])
    out = tmp_path / "adapt.json"
    argv = ["adapt", tflite, "--board", board, "--data", samples, "--json", out]
    argv += ["--workspace", tmp_path / "build"]
    done = subprocess.run(
        [sys.executable, "-m", "tinyedge", *map(str, argv)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = results.read(out, AdaptReport)
    assert (found.samples, found.held_out, found.steps) == (42, 18, 126)
    assert found.held
    assert found.weights_equal
    assert found.answers_differ == 0
    assert found.kept
    assert found.accuracy_after > found.accuracy_before
    assert found.accuracy_after == max(epoch.held_out_accuracy for epoch in found.epochs)
    assert found.tick_unit == ("ns" if board == "host" else "instructions")
    Oracle(Path(found.tflite).read_bytes())
    assert sum(one.held_out for one in found.classes) == found.held_out
    for accuracy, right in (
        (found.accuracy_before, [one.right_before for one in found.classes]),
        (found.accuracy_after, [one.right_after for one in found.classes]),
    ):
        assert sum(right) / found.held_out == pytest.approx(accuracy)
    assert [one.name for one in found.classes] == [str(label) for label in range(CLASSES)]
    if board == "host":
        _check_packages(found, Workspace(tmp_path / "build"), tflite)


def _check_packages(found: AdaptReport, workspace: Workspace, before: Path) -> None:
    """A package of what was learned has the model's name and accuracy, whatever its file's name."""
    keys.make(workspace.root / "keys")
    copy, other = workspace.root / "mine.tflite", workspace.root / "other.tflite"
    shutil.copy(found.tflite, copy)
    shutil.copy(before, other)
    (workspace.root / "adapt.json").write_text("{}")  # damaged, and of nothing
    learned = ("learner", found.accuracy_after)
    for path, expected in (
        (Path(found.tflite), learned),
        (copy, learned),
        (other, ("other", None)),
    ):
        out = workspace.root / "package.json"
        argv = ["package", path, "--board", "host", "--number", "1.1.0", "--feature", "learn"]
        argv += ["--workspace", workspace.root, "--json", out]
        assert CliRunner().invoke(cli, list(map(str, argv))).exit_code == 0
        made = results.read(out, PackageReport)
        assert (made.model, made.accuracy) == expected
        manifest = packaging.read(Path(made.path)).manifest
        assert manifest.name == expected[0]
        assert manifest.accuracy == pytest.approx(expected[1] or math.nan, nan_ok=True)


@pytest.fixture
def built(tflite: Path, tmp_path: Path) -> devices.Built:
    """For a host board that can learn, and counts what it meets."""
    need(*TOOLS["host"])
    model = pipeline.resolve(str(tflite), Compile(features=("learn", "monitor")))
    workspace = Workspace(tmp_path / "build")
    loaded = pipeline.load(model, workspace)
    firmware = pipeline.generate(loaded, boards.load("host"), "aot", workspace)
    return devices.build(firmware)


@pytest.fixture
def url(built: devices.Built) -> Iterator[str]:
    with flash.run(built.artifact, built.firmware.board) as device:
        yield device.url


@pytest.fixture
def session(url: str) -> Iterator[Session]:
    with Session(url) as opened:
        yield opened


def test_a_sample_is_trained_on_once_however_often_it_is_asked_for(
    session: Session, tflite: Path
) -> None:
    device, head = Learning(session), learning.head(tflite)
    trainer = Trainer(head, Settings(learning_rate=0.02, momentum=0.9, batch=1))
    device.begin(0.02, 0.9, 0.0, 1)
    x = np.arange(12, dtype=np.int8)
    device.sample([x.tobytes()], 2)
    request = payloads.LEARN_SAMPLE.pack(session.inference, 2)
    answers = [session.call(Type.LEARN_SAMPLE, payloads.LEARNED.size, request) for _ in range(3)]
    assert len(set(answers)) == 1
    trainer.sample(learning.features(tflite, x), 2)
    layer = head.layers[0]
    weights = device.real(0, layer.outputs, layer.inputs)
    assert weights.tobytes() == trainer.weights[0].tobytes()


def test_what_is_out_of_order_or_out_of_range_is_refused(session: Session) -> None:
    device, x = Learning(session), bytes(12)
    with pytest.raises(LinkError, match="refused"):
        device.sample([x], 0)  # before LEARN_BEGIN
    for settings in (
        (0.0, 0.9, 0.0, 1),
        (0.1, 1.0, 0.0, 1),
        (0.1, 0.9, -1.0, 1),
        (0.1, 0.9, 0.0, 0),
    ):
        with pytest.raises(LinkError, match="refused"):
            device.begin(*settings)
    with pytest.raises(LinkError, match="refused"):
        device.begin(float("nan"), 0.9, 0.0, 1)
    with pytest.raises(LinkError, match="refused"):
        device.rate(0.1)  # of no run
    device.begin(0.1, 0.9, 0.0, 1)
    for rate in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(LinkError, match="refused"):
            device.rate(rate)
    device.rate(0.01)
    with pytest.raises(LinkError, match="refused"):
        device.sample([x], CLASSES)
    with pytest.raises(LinkError, match="nothing was learned"):
        device.bias(0, CLASSES)
    for reading in ((1, 0, 0, 4), (0, 0, 1 << 20, 4), (0, 0, 4, 0xFFFF_FFFF), (0, 9, 0, 4)):
        with pytest.raises(LinkError, match="refused"):
            session.call(Type.LEARN_READ, 4, payloads.LEARN_READ.pack(*reading))
    with pytest.raises(LinkError, match="refused"):
        session.call(Type.LEARN_DECIDE, payloads.LEARNING.size, payloads.LEARN_DECIDE.pack(9))
    assert device.decide(Decision.RESET) == -1


def test_the_int8_weights_that_run_are_the_twins(session: Session, tflite: Path) -> None:
    device, head = Learning(session), learning.head(tflite)
    trainer = Trainer(head, Settings(learning_rate=0.1, momentum=0.5, batch=2))
    device.begin(0.1, 0.5, 0.0, 2)
    rng = np.random.default_rng(1)
    for label in (0, 1, 2, 3, 4):
        x = rng.integers(-128, 128, 12, np.int8)
        device.sample([x.tobytes()], label)
        trainer.sample(learning.features(tflite, x), label)
    assert device.decide(Decision.APPLY) == 0
    layer = trainer.apply().layers[0]
    found = device.weights(0, layer.outputs, layer.inputs)
    assert np.array_equal(found, layer.quantized.weights)
    assert np.array_equal(device.bias(0, layer.outputs), layer.quantized.bias)
    assert device.scales(0, layer.outputs).tobytes() == layer.quantized.scales.tobytes()


def test_firmware_without_the_feature_says_what_to_do(tflite: Path, tmp_path: Path) -> None:
    need(*TOOLS["host"])
    model, workspace = pipeline.resolve(str(tflite)), Workspace(tmp_path / "build")
    loaded = pipeline.load(model, workspace)
    firmware = pipeline.generate(loaded, boards.load("host"), "aot", workspace)
    names = {path.name for path in firmware.folder.rglob("*")}
    assert not names & {"learn.c", "heads.c", "te_learn.c", "trainable.h"}
    built = devices.build(firmware)
    with flash.run(built.artifact, firmware.board) as device, Session(device.url) as opened:
        with pytest.raises(LinkError, match="cannot learn") as caught:
            Learning(opened)
        assert "--feature learn" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("board", "runtime", "words"),
    [("qemu-xtensa", "aot", "floating point"), ("netduinoplus2", "tflm", "--runtime aot")],
)
def test_where_it_cannot_be_had_it_is_refused(
    tflite: Path, tmp_path: Path, board: str, runtime: str, words: str
) -> None:
    model = pipeline.resolve(str(tflite), Compile(features=("learn",)))
    workspace = Workspace(tmp_path)
    loaded = pipeline.load(model, workspace, runtime)
    with pytest.raises(ConfigError) as caught:
        pipeline.generate(loaded, boards.load(board), runtime, workspace)
    assert words in f"{caught.value.message} {caught.value.hint}"


def test_training_that_diverges_says_so_and_changes_nothing(
    session: Session, tflite: Path, samples: Path
) -> None:
    head, plain = learning.head(tflite), tflite.read_bytes()
    given = from_npz(samples, read_tflite.read(plain, "learner"), 60)
    plan = adapting.Plan(Settings(1e6, 0.99, 1e6, 1), epochs=2, decay=1.0, hold_out=0.3, seed=1)
    with pytest.raises(CheckFailed, match="diverged"):
        adapting.adapt(session, plain, head, given, plan=plan, hear=lambda *_: None)
    oracle = Oracle(plain)
    for number in range(5):
        answer = session.infer(given.payload(number)).outputs[0]
        assert answer == oracle.run(given[number])[0].tobytes()


PLAN = adapting.Plan(Settings(0.02, 0.9, 0.0, 8), epochs=3, decay=0.3, hold_out=0.3, seed=1)
NO_STEP = adapting.Plan(Settings(1e-12, 0.0, 0.0, 8), epochs=1, decay=1.0, hold_out=0.3, seed=1)


def _answers(session: Session, given: Samples) -> list[bytes]:
    return [session.infer(given.payload(number)).outputs[0] for number in range(len(given))]


def _expected(tflite: bytes, given: Samples) -> list[bytes]:
    oracle = Oracle(tflite)
    return [oracle.run(given[number])[0].tobytes() for number in range(len(given))]


def test_a_further_run_goes_on_from_what_was_learned_or_leaves_it(
    session: Session, tflite: Path, samples: Path
) -> None:
    head, plain = learning.head(tflite), tflite.read_bytes()
    given = from_npz(samples, read_tflite.read(plain, "learner"), 60)

    def run(plan: adapting.Plan, *, forget: bool = False) -> adapting.Adapted:
        found = adapting.adapt(
            session, plain, head, given, plan=plan, hear=lambda *_: None, forget=forget
        )
        assert found.weights_equal
        assert (found.answers, found.answers_differ) == (18, 0)
        assert _answers(session, given) == _expected(found.tflite or plain, given)
        return found

    first = run(PLAN)
    assert first.kept
    assert not first.begun_learned
    second = run(NO_STEP)
    assert second.begun_learned
    assert not second.kept
    assert second.accuracy_before == second.accuracy_after == first.accuracy_after
    assert second.tflite == first.tflite
    assert run(PLAN).accuracy_before == first.accuracy_after
    last = run(NO_STEP, forget=True)
    assert last.accuracy_after == first.accuracy_before
    assert not last.begun_learned
    assert last.tflite is None


def test_whatever_ends_a_trial_early_undoes_it(
    session: Session, tflite: Path, samples: Path
) -> None:
    head, plain = learning.head(tflite), tflite.read_bytes()
    given = from_npz(samples, read_tflite.read(plain, "learner"), 60)

    def stop(_done: int, _total: int, text: str) -> None:
        if text.startswith("epoch 1, held out"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adapting.adapt(session, plain, head, given, plan=PLAN, hear=stop)
    assert _answers(session, given) == _expected(plain, given)


def test_the_file_of_what_was_learned_is_what_runs_however_a_run_ends(
    built: devices.Built, url: str, tflite: Path, samples: Path
) -> None:
    plain = tflite.read_bytes()
    given = from_npz(samples, read_tflite.read(plain, "learner"), 60)
    learned, notes = built.firmware.target / LEARNED, list[str]()

    def interrupted(at: str, *, forget: bool = False) -> bytes:
        """A run that ends at ``at``, and what the device runs then."""

        def stop(_done: int, _total: int, text: str) -> None:
            if text.startswith(at):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            learn(built, url, given, hear=stop, on_log=notes.append, forget=forget)
        runs = learned.read_bytes() if learned.exists() else plain
        with Session(url) as session:
            assert _answers(session, given) == _expected(runs, given)
        return runs

    first = interrupted("epoch 3:")  # the second was kept
    assert first != plain
    learned.unlink()
    assert interrupted("epoch 1:") == first  # goes on from that
    assert not notes
    assert interrupted("epoch 1:", forget=True) == plain
    assert notes == [f"{learned} was removed: the device runs the firmware's own weights"]


@pytest.mark.parametrize("at", ["epoch 1:", "never"])
def test_what_a_device_learns_from_is_not_in_its_counts(
    built: devices.Built, url: str, samples: Path, at: str
) -> None:
    def hear(_done: int, _total: int, text: str) -> None:
        if text.startswith(at):
            raise KeyboardInterrupt

    given = from_npz(samples, built.firmware.loaded.graph, 60)
    with pytest.raises(KeyboardInterrupt) if at != "never" else contextlib.nullcontext():
        learn(built, url, given, hear=hear, on_log=print)
    with Session(url) as session:
        counts = statistics.read(session)
        assert (counts.inferences, counts.input_bytes) == (0, 0)
        session.infer([bytes(12)])
        assert statistics.read(session).inferences == 1


def test_a_trial_that_nobody_decides_about_ends_with_the_next_session(
    url: str, tflite: Path, samples: Path
) -> None:
    plain = tflite.read_bytes()
    given = from_npz(samples, read_tflite.read(plain, "learner"), 60)
    with Session(url) as lost:
        device = Learning(lost)
        device.begin(0.1, 0.9, 0.0, 1)
        for number in range(20):
            device.sample(given.payload(number), 0)
        device.decide(Decision.APPLY)
        assert _answers(lost, given) != _expected(plain, given)
    with Session(url) as session:
        assert _answers(session, given) == _expected(plain, given)
