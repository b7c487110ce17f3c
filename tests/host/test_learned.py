"""``validate --learned``: what a device has learned is adapted.tflite, in weights and answers."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.support import learning
from tests.support.learning import CLASSES
from tests.support.tools import need
from tinyedge import results
from tinyedge.cli import cli
from tinyedge.errors import CheckFailed, ConfigError, LinkError, TinyedgeError
from tinyedge.link.learning import Learning
from tinyedge.link.protocol import Decision
from tinyedge.link.session import Session
from tinyedge.results import AdaptReport, FlashReport, ValidateReport
from tinyedge.workflow.learning import LEARNED
from tinyedge.workspace import sha256

FEATURES = ("--feature", "learn")


class Learner:
    """A host board that was flashed with a network that learns, and the verbs."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out = folder, folder / "out.json"
        self.tflite, self.data = folder / "learner.tflite", folder / "new.npz"
        self.tflite.write_bytes(learning.model(np.random.default_rng(4)))
        rng = np.random.default_rng(5)
        labels = rng.integers(0, CLASSES, 60)
        inputs = rng.integers(-90, 90, (CLASSES, 12))[labels] + rng.integers(-25, 25, (60, 12))
        np.savez(self.data, inputs=inputs.astype(np.int8), labels=labels)
        self.run("flash", *FEATURES)
        self.url = results.read(self.out, FlashReport).url

    def run(self, verb: str, *arguments: object, model: Path | None = None) -> Result:
        argv = [verb, model or self.tflite, "--board", "host", *arguments]
        argv += ["--workspace", self.folder / "build", "--json", self.out]
        return CliRunner().invoke(cli, list(map(str, argv)))

    def learned(self, *arguments: object) -> Result:
        """``validate --learned``, which adds the feature by itself."""
        return self.run("validate", "--learned", "--inputs", self.data, *arguments)


def _says(found: Result, kind: type[TinyedgeError], words: str) -> bool:
    error = found.exception
    return isinstance(error, kind) and words in f"{error.message} {error.hint}"


def test_what_a_device_has_learned_is_proved_byte_for_byte(tmp_path: Path) -> None:
    need("make", "gcc", "setpriv")
    learner = Learner(tmp_path)
    try:
        _check(learner)
    finally:
        learner.run("stop")


def _check(learner: Learner) -> None:
    assert _says(learner.learned(), ConfigError, LEARNED)
    assert learner.run("adapt", "--data", learner.data).exit_code == 0
    path = Path(results.read(learner.out, AdaptReport).tflite)
    learned = path.read_bytes()

    plain = learner.run("validate", "--inputs", learner.data, *FEATURES)
    assert _says(plain, CheckFailed, f"--learned compares its answers with {path}; flashing this")
    assert results.read(learner.out, ValidateReport).learned
    assert _says(learner.run("validate", "--port", learner.url, model=path), LinkError, "--learned")

    proved = learner.learned()
    assert proved.exit_code == 0, proved.output
    found = results.read(learner.out, ValidateReport)
    assert (found.samples, found.mismatches, found.held, found.learned) == (60, 0, True, True)
    assert found.sha256 == sha256(learned)
    assert f"the TFLM reference on {LEARNED}" in " ".join(proved.output.split())
    assert learner.learned("--port", learner.url).exit_code == 0

    path.write_bytes(_other_bias(path))
    assert _says(learner.learned(), CheckFailed, "other weights")
    path.write_bytes(learned)
    with Session(learner.url) as session:
        Learning(session).decide(Decision.RESET)
    assert _says(learner.learned(), CheckFailed, "learned nothing")
    assert learner.run("validate", "--inputs", learner.data, *FEATURES).exit_code == 0
    assert not results.read(learner.out, ValidateReport).learned


def _other_bias(path: Path) -> bytes:
    """The least that training could have changed."""
    tflite, bias = path.read_bytes(), learning.head(path).layers[-1].quantized.bias
    changed = bias + np.eye(1, CLASSES, dtype=np.int32)[0]
    return tflite.replace(bias.tobytes(), changed.tobytes(), 1)


@pytest.mark.parametrize("other", ["--raw", "--results-only"])
def test_one_thing_is_compared_at_a_time(other: str, tmp_path: Path) -> None:
    (path := tmp_path / "m.tflite").write_bytes(learning.model(np.random.default_rng(4)))
    argv = ["validate", str(path), "--board", "host", "--learned", other]
    found = CliRunner().invoke(cli, [*argv, "--workspace", str(tmp_path / "build")])
    assert _says(found, ConfigError, f"{other} and --learned")


def test_one_device_is_compared_with_what_it_has_learned(tmp_path: Path) -> None:
    (path := tmp_path / "m.tflite").write_bytes(learning.model(np.random.default_rng(4)))
    argv = ["validate", str(path), "--learned", "--port", "socket://a:1", "--port", "socket://b:1"]
    found = CliRunner().invoke(cli, [*argv, "--workspace", str(tmp_path / "build")])
    assert _says(found, ConfigError, "--learned is for one device")
