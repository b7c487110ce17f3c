"""Short form of ``python -m tests.kills``: five points of a build, and a compiler in mid-file."""

import os
from pathlib import Path

import pytest

from tests.kills.stage import Stage
from tests.support import tiny_model
from tests.support.tools import need

GCC = """#!/bin/sh
# The compiler: once, it leaves half a file and takes all that called it with it.
/usr/bin/gcc "$@" || exit
case " $* " in *" app/frame.c "*) ;; *) exit 0 ;; esac
[ -e "$MARK" ] && exit 0
: > "$MARK"
while [ "$1" != -o ]; do shift; done
truncate -s 1000 "$2"
kill -9 0
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    need("make", "gcc")
    folder = tmp_path_factory.mktemp("kills")
    model = tiny_model.write(folder / "x.tflite")
    return Stage(("build", str(model), "--board", "host"), folder)


def test_a_build_killed_anywhere_is_made_whole_by_the_next(stage: Stage) -> None:
    changes, whole = stage.undisturbed()
    assert changes > 50
    for at in (1, changes // 3, changes // 2, changes - 12, changes):
        assert stage.killed_and_repeated(at) == whole, at


def test_half_an_object_is_never_linked(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "gcc").write_text(GCC)
    (tmp_path / "gcc").chmod(0o755)
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "MARK": str(tmp_path / "mark")}
    first = stage.run(0, "half", path)
    assert first.returncode == -9, first.stderr
    assert (tmp_path / "mark").exists()
    again = stage.run(0, "half", path)
    assert again.returncode == 0, again.stderr
    assert stage.left("half") == stage.undisturbed()[1]
