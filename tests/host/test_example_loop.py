"""The example that runs the whole edge loop, on the host board."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tools import CHECKOUT, need


def test_the_whole_loop(tmp_path: Path) -> None:
    need("make", "gcc")
    pytest.importorskip("tensorflow")
    argv = [CHECKOUT / "examples" / "edge-loop" / "loop.py", "--board", "host"]
    argv += ["--workspace", tmp_path]
    done = subprocess.run(
        [sys.executable, *map(str, argv)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = json.loads((tmp_path / "loop.json").read_text())
    assert found["validate"]["mismatches"] == found["validate-again"]["mismatches"] == 0
    assert not found["calm"]["alarm"]
    assert found["alarm"]["alarm"]
    assert found["adapt"]["weights_equal"]
    learned = found["validate-learned"]
    assert (learned["mismatches"], learned["learned"]) == (0, True)
    assert learned["sha256"] == found["adapt"]["tflite_sha256"]
    assert found["adapt"]["accuracy_after"] > found["adapt"]["accuracy_before"] + 0.2
    assert found["package"]["model"] == "edge-digits"
    assert found["package"]["accuracy"] == found["adapt"]["accuracy_after"]
    assert (found["update"]["active"], found["update"]["differing"]) == (0, 0)
    assert found["versions"]["active"] == 0
    assert found["rollback"]["active"] == -1
    assert len(found["stop"]["stopped"]) == 1
