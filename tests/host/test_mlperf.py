"""The MLPerf Tiny protocol, as its runner speaks it, on the host under sanitizers."""

import itertools
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
import serial
from click.testing import CliRunner, Result

from tests.support.tools import CHECKOUT, need
from tinyedge import board as boards
from tinyedge import build, flash, results
from tinyedge.cli import cli
from tinyedge.errors import CheckFailed, ConfigError, LinkError
from tinyedge.flash import qemu
from tinyedge.graph import read_tflite
from tinyedge.link.bridge import Bridge
from tinyedge.link.transport import SerialTransport
from tinyedge.oracle import Oracle
from tinyedge.results import MlperfReport
from tinyedge.workflow import pipeline
from tinyedge.workspace import Workspace

DIGITS = CHECKOUT / "models" / "digits-cnn" / "golden" / "digits-cnn.tflite"
HOST = boards.load("host")
Ask = Callable[[str], list[str]]


class Client:
    """Sends commands; an answer is all lines up to m-ready."""

    def __init__(self, url: str) -> None:
        self.transport = SerialTransport(url, 115200)
        self._synchronize()

    def _synchronize(self) -> None:
        """A word at a time until one is answered: what a board is sent while it starts is lost."""
        text, until = b"", monotonic() + 60
        for attempt in itertools.count():
            assert monotonic() < until, text
            self.transport.write(f"sync{attempt}%".encode())
            answer = f"e-[Unknown command: sync{attempt}]\r\nm-ready\r\n".encode()
            again = monotonic() + 2
            while monotonic() < again:
                text += self.transport.read(0.2)
                if text.endswith(answer):
                    return

    def _said(self, command: str, end: bytes) -> bytes:
        self.transport.write(command.encode())
        text, until = b"", monotonic() + 60
        while not text.endswith(end):
            assert monotonic() < until, text
            text += self.transport.read(1.0)
        return text

    def __call__(self, command: str) -> list[str]:
        text = self._said(f"{command}%", b"m-ready\r\n")
        lines = text.decode().split("\r\n")
        assert lines[-2:] == ["m-ready", ""]
        return lines[:-2]


def _started(model: Path, folder: Path) -> tuple[pipeline.Firmware, build.Artifact]:
    need("make", "gcc")
    loaded = pipeline.load(pipeline.resolve(str(model)), Workspace(folder))
    firmware = pipeline.generate(loaded, HOST, "aot", Workspace(folder), protocol="mlperf")
    return firmware, build.build(firmware.folder, HOST, ("address", "undefined"))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    _, artifact = _started(DIGITS, tmp_path_factory.mktemp("mlperf"))
    with flash.run(artifact, HOST, greet=False) as device:
        yield device.url


@pytest.fixture
def ask(url: str) -> Iterator[Ask]:
    client = Client(url)
    yield client
    client.transport.close()


def load(ask: Ask, data: bytes) -> None:
    assert ask(f"db load {len(data)}") == [f"m-[Expecting {len(data)} bytes]"]
    for at in range(0, len(data), 31):
        said = ask("db " + data[at : at + 31].hex())
        assert said == (["m-load-done"] if at + 31 >= len(data) else [])


def _real(data: np.ndarray) -> np.ndarray:
    """What the reference answers, as real numbers."""
    quant = read_tflite.read(DIGITS.read_bytes(), "digits-cnn").outputs[0].q
    (output,) = Oracle(DIGITS.read_bytes(), "digits-cnn").run([data])
    return (output.reshape(-1).astype(np.float64) - quant.zero_point) * quant.scale


def _results(lines: list[str]) -> list[float]:
    (line,) = [line for line in lines if line.startswith("m-results-")]
    assert re.fullmatch(r"m-results-\[-?\d+\.\d{3}(,-?\d+\.\d{3})*\]", line)
    return [float(value) for value in line[len("m-results-[") : -1].split(",")]


def test_identity(ask: Ask) -> None:
    assert ask("name") == ["m-name-dut-[host]"]
    assert ask("profile")[1:] == ["m-model-[digits-cnn]"]
    assert any("infer N" in line for line in ask("help"))
    first, second = (int(ask("timestamp")[0].removeprefix("m-lap-us-")) for _ in range(2))
    assert 0 < first < second


def test_an_inference_answers_the_reference_s(ask: Ask) -> None:
    data = np.random.Generator(np.random.PCG64(7)).integers(-128, 128, (1, 8, 8, 1), np.int8)
    load(ask, data.tobytes())
    printed = "".join(line.removeprefix("m-buffer-") for line in ask("db print"))
    assert bytes.fromhex(printed.replace("-", "")) == data.tobytes()
    assert ask("db print 3 9") == ["m-buffer-" + data.tobytes()[9:12].hex("-")]
    lines = ask("infer 3 2")
    shape = [re.sub(r"\d+$", "N", line) for line in lines[:-1]]
    assert shape == [
        "m-warmup-start-N",
        "m-warmup-done",
        "m-infer-start-N",
        "m-lap-us-N",
        "m-lap-us-N",
        "m-infer-done",
    ]
    assert _results(lines) == pytest.approx(_real(data), abs=0.00051)
    assert ask("results") == lines[-1:]


@pytest.mark.parametrize("name", ["netduinoplus2", "qemu-riscv32", "qemu-xtensa"])
def test_emulated_boards_speak_it(name: str, tmp_path: Path) -> None:
    board = boards.load(name)
    need("make", board.build.toolchain, qemu.program(board))
    loaded = pipeline.load(pipeline.resolve(str(DIGITS)), Workspace(tmp_path))
    firmware = pipeline.generate(loaded, board, "aot", Workspace(tmp_path), protocol="mlperf")
    data = np.random.Generator(np.random.PCG64(8)).integers(-128, 128, (1, 8, 8, 1), np.int8)
    with flash.run(build.build(firmware.folder, board), board, greet=False) as device:
        client = Client(device.url)
        assert client("name") == [f"m-name-dut-[{name}]"]
        load(client, data.tobytes())
        lines = client("infer 2 1")
        assert _results(lines) == pytest.approx(_real(data), abs=0.00051)
        first, second = (int(line[9:]) for line in lines if line.startswith("m-lap-us-"))
        assert 0 < first < second
        client.transport.close()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("nonsense 1", "e-[Unknown command: nonsense]"),
        ("", "e-[Unknown command: ]"),
        ("db", "e-[Command 'db' requires a subcommand]"),
        ("db load", "e-[Command 'db load' must be >0 bytes]"),
        ("db load -4", "e-[Command 'db load' must be >0 bytes]"),
        ("db load 65", "e-[Supplied buffer size 65 exceeds maximum of 64]"),
        ("db load 99999999999", "e-[Command 'db load' must be >0 bytes]"),
        ("db 0", "e-[Insufficent number of hex digits]"),
        ("infer 0", "e-[Inference iterations must be >0]"),
        ("infer 1 x", "e-[Inference warmup must be >=0]"),
        ("n" * 81, "e-[Command is longer than 80 characters]"),
        ("n" * 80, f"e-[Unknown command: {'n' * 80}]"),
        ("n" * 5000, "e-[Command is longer than 80 characters]"),
    ],
)
def test_what_is_wrong_is_said(ask: Ask, command: str, said: str) -> None:
    assert ask(command) == [said]


def test_a_load_that_is_not_whole_is_not_run(ask: Ask) -> None:
    ask("db load 64")
    assert ask("db 0g") == ["e-[Invalid hex digit '0g']"]
    assert ask("db 00ff") == []
    assert ask("infer 1 0") == ["e-[Input db has 2 bytes, expected 64]"]
    ask("db load 2")
    assert ask("db 00ff7f") == ["m-load-done"]
    assert ask("db 00") == ["e-[Nothing is expected: 'db load' comes first]"]


def test_the_wheel_does_not_speak_it(tmp_path: Path) -> None:
    loaded = pipeline.load(pipeline.resolve(str(DIGITS)), Workspace(tmp_path), "tflm")
    with pytest.raises(ConfigError, match="wheel does not speak mlperf"):
        pipeline.generate(loaded, HOST, "tflm", Workspace(tmp_path), protocol="mlperf")


@pytest.mark.parametrize(
    ("name", "model", "kind"),
    [("kws", "kws01", "int8"), ("ic", "ic01", "uint8"), ("ad", "ad01", "float32")],
)
def test_the_benchmarks_take_what_the_runner_sends(
    name: str, model: str, kind: str, tmp_path: Path
) -> None:
    folder = os.environ.get("TINYEDGE_MODELS")
    if folder is None:
        pytest.skip("TINYEDGE_MODELS names no folder of the MLPerf Tiny models")
    path = Path(folder) / f"{name}.tflite"
    firmware, artifact = _started(path, tmp_path)
    source, target = firmware.loaded.graph.inputs[0], firmware.loaded.graph.outputs[0]
    random = np.random.Generator(np.random.PCG64(3))
    quantized = random.integers(-100, 100, source.shape, np.int8)
    sent = {
        "int8": quantized,
        "uint8": (quantized.astype(np.int16) + 128).astype(np.uint8),
        "float32": ((quantized - float(source.q.zero_point)) * source.q.scale).astype(np.float32),
    }[kind]
    (output,) = Oracle(path.read_bytes(), name).run([quantized])
    expected = (output.reshape(-1).astype(np.float64) - target.q.zero_point) * target.q.scale
    if name == "ad":
        expected = np.array([np.mean((expected - sent.reshape(-1)) ** 2)])
    with flash.run(artifact, HOST, greet=False) as device:
        client = Client(device.url)
        assert client("profile")[1] == f"m-model-[{model}]"
        load(client, sent.tobytes())
        assert _results(client("infer 1 0")) == pytest.approx(expected, rel=1e-4, abs=0.00051)
        client.transport.close()


def _datasets(folder: Path, count: int) -> tuple[Path, float]:
    """digits-cnn's golden vectors as the runner keeps a data set; and the reference's accuracy."""
    vectors = np.load(DIGITS.parent / "vectors.npz")
    task = folder / "datasets" / "digits-cnn"
    task.mkdir(parents=True)
    lines = []
    for number in range(count):
        (task / f"{number}.bin").write_bytes(vectors["inputs"][number].tobytes())
        lines.append(f"{number}.bin,10,{vectors['labels'][number]}\n")
    (task / "y_labels.csv").write_text("".join(lines))
    right = vectors["outputs"][:count].argmax(axis=1) == vectors["labels"][:count]
    return task.parent, float(right.mean())


def _mlperf(folder: Path, *arguments: str) -> tuple[Result, MlperfReport]:
    need("make", "gcc")
    written = folder / "out.json"
    options = ["--board", "host", "--seconds", "0", "--workspace", str(folder / "build")]
    own = ["mlperf", "--task", str(DIGITS), "--json", str(written)]
    done = CliRunner().invoke(cli, [*own, *options, *arguments])
    return done, results.read(written, MlperfReport)


def test_the_verb_measures_both_modes_and_goes_on_where_it_was(tmp_path: Path) -> None:
    datasets, right = _datasets(tmp_path, 6)
    arguments = ("--datasets", str(datasets))
    done, first = _mlperf(tmp_path, *arguments)
    assert done.exit_code == 0, done.output
    (task,) = first.tasks
    assert task.performance is not None
    assert task.accuracy is not None
    assert task.accuracy.value == pytest.approx(right)
    assert len(task.performance.lap_us) == 5
    assert task.performance.per_second is not None
    _, again = _mlperf(tmp_path, *arguments)
    assert again.tasks[0].performance == task.performance  # nothing was timed anew
    done, strict = _mlperf(tmp_path, *arguments, "--quality", "1", "--mode", "accuracy")
    assert strict.held == (right == 1)
    (datasets / "digits-cnn" / "0.bin").write_bytes(bytes(64))
    _, changed = _mlperf(tmp_path, *arguments)
    assert changed.tasks[0].performance != task.performance


def test_a_quality_that_is_missed_is_exit_code_1(tmp_path: Path) -> None:
    datasets, _ = _datasets(tmp_path, 2)
    labels = datasets / "digits-cnn" / "y_labels.csv"
    wrong = [(int(line.rsplit(",", 1)[1]) + 1) % 10 for line in labels.read_text().splitlines()]
    labels.write_text("".join(f"{n}.bin,10,{label}\n" for n, label in enumerate(wrong)))
    arguments = ("--datasets", str(datasets), "--mode", "accuracy", "--quality", "0.9")
    done, report = _mlperf(tmp_path, *arguments)
    assert isinstance(done.exception, CheckFailed)
    assert "misses its target" in done.exception.message
    assert not report.held


def test_accuracy_without_stimuli_is_told(tmp_path: Path) -> None:
    done, report = _mlperf(tmp_path, "--mode", "accuracy")
    assert isinstance(done.exception, ConfigError)
    assert "had no stimuli" in done.exception.message
    assert report.tasks[0].problem == "no stimuli: --datasets is not given"
    done, report = _mlperf(tmp_path, "--mode", "accuracy", "--datasets", str(tmp_path))
    assert report.tasks[0].problem == f"no stimuli: {tmp_path / 'digits-cnn'} is missing"


def test_flash_leaves_a_device_that_speaks_it(tmp_path: Path) -> None:
    need("make", "gcc")
    kept = ["--workspace", str(tmp_path)]
    options = [str(DIGITS), "--board", "host"]
    done = CliRunner().invoke(cli, ["flash", *options, "--protocol", "mlperf", *kept])
    assert done.exit_code == 0, done.output
    command = re.search(r"prove it: tinyedge (mlperf .*)", done.output)
    assert command is not None
    try:
        again = [*command[1].split(), "--seconds", "0", "--mode", "performance", *kept]
        assert CliRunner().invoke(cli, again).exit_code == 0
    finally:
        stopped = CliRunner().invoke(cli, ["stop", "digits-cnn", *kept]).output
    assert "stopped the device at" in stopped


def test_the_bridge_stays_while_clients_come_and_go(url: str) -> None:
    over = threading.Event()
    with Bridge() as bridge:
        thread = threading.Thread(
            target=bridge.serve, args=(url, 115200), kwargs={"over": over.is_set}
        )
        thread.start()
        try:
            for _ in range(3):
                with serial.Serial(bridge.terminal, 115200, timeout=30) as port:
                    port.write(b"%")
                    port.read_until(b"m-ready\r\n")
                    port.write(b"name%")
                    said = port.read_until(b"m-name-dut-[host]\r\nm-ready\r\n")
                    assert said.endswith(b"m-name-dut-[host]\r\nm-ready\r\n")
        finally:
            over.set()
            thread.join()


def test_the_bridge_stays_while_the_device_is_away() -> None:
    over, losses = threading.Event(), list[LinkError]()
    with Bridge() as bridge, socket.create_server(("127.0.0.1", 0)) as server:
        url = f"socket://127.0.0.1:{server.getsockname()[1]}"
        options = {"over": over.is_set, "on_gone": losses.append}
        thread = threading.Thread(target=bridge.serve, args=(url, 115200), kwargs=options)
        thread.start()
        try:
            with serial.Serial(bridge.terminal, 115200, timeout=30) as port:
                for away, word in enumerate((b"one", b"two"), 1):
                    device, _ = server.accept()
                    with device:
                        port.write(word)
                        assert device.recv(3, socket.MSG_WAITALL) == word
                        device.sendall(word[::-1])
                        assert port.read(3) == word[::-1]
                    until = monotonic() + 60
                    while len(losses) < away and monotonic() < until:
                        over.wait(0.02)
        finally:
            over.set()
            thread.join()
    assert len(losses) == 2
