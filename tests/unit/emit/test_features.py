"""Optional features: what is chosen, what C gets of it, and that the rest is not there."""

from pathlib import Path

import pytest

from tests.support import fixture_firmware as fixture
from tests.support.tools import CHECKOUT, need
from tinyedge import board as boards
from tinyedge import build, flash, keys, workspace
from tinyedge.emit import board_files, features, firmware
from tinyedge.emit.features import Feature, Request
from tinyedge.errors import ConfigError
from tinyedge.link import payloads
from tinyedge.link import protocol as p
from tinyedge.link.framing import Decoder, Frame, encode
from tinyedge.link.session import Session
from tinyedge.link.transport import SerialTransport
from tinyedge.recipe import Compile
from tinyedge.workflow import pipeline
from tinyedge.workspace import Workspace

HOST = boards.load("host")
ECHO = Feature(
    "echo",
    "answers what it was sent",
    (Request(p.Type.WATCH, payloads.WATCH, more=True, needs_model=False),),
    frozenset({"start", "hello", "admit", "inferred"}),
)
LOUD = Feature("loud", "more of it", needs=("echo",))
HEADER = """
#include "frame.h"
#include "te_model.h"
void te_on_watch(const te_frame *request);
void te_echo_start(te_status ready);
void te_echo_hello(void);
bool te_echo_admit(const te_frame *request);
void te_echo_inferred(te_status result, uint64_t ticks);
"""
SOURCE = """
#include "te_features.h"
#include "command.h"
#include "echo.h"
static uint8_t calls[3];
void te_echo_start(te_status ready) { calls[0] += (uint8_t)(ready == TE_OK); }
void te_echo_hello(void) { calls[1]++; }
void te_echo_inferred(te_status result, uint64_t ticks) {
  (void)ticks;
  calls[2] += (uint8_t)(result == TE_OK);
}
bool te_echo_admit(const te_frame *request) {
  if (request->type != TE_TYPE_STATUS) return true;
  te_refuse(request, TE_CODE_ORDER, 77, "not now");
  return false;
}
void te_on_watch(const te_frame *request) { te_answer(request, calls, sizeof calls); }
"""


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "FEATURES", (*features.FEATURES, ECHO, LOUD))


@pytest.mark.usefixtures("known")
def test_a_feature_brings_what_it_needs() -> None:
    assert features.chosen(["loud"]) == (ECHO, LOUD)
    assert features.chosen(["echo", "echo"]) == (ECHO,)
    out = features.left_out((ECHO,))
    assert {"app/loud.c", "app/loud.h"} <= out
    assert "app/echo.c" not in out


@pytest.mark.usefixtures("known")
def test_an_unknown_one_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no feature \"ecko\".*echo"):
        features.chosen(["ecko"])


def test_the_bits_of_hello_are_the_features_in_order() -> None:
    named = [name.lower() for name, _ in features.bits()]
    assert named == [feature.name for feature in features.FEATURES]
    assert [bit for _, bit in features.bits()] == [1 << at for at in range(len(named))]


def test_every_feature_has_its_files_and_handlers() -> None:
    every = board_files.files(HOST, selected=features.FEATURES)
    for feature in features.FEATURES:
        header = every[f"app/{feature.name}.h"]
        for request in feature.requests:
            assert f"void te_on_{request.type.name.lower()}(const te_frame *" in header
        for hook in feature.hooks:
            assert f"te_{feature.name}_{hook}(" in header
    bare = board_files.files(HOST)
    assert not features.left_out(()) & set(bare)
    assert "#define TE_FEATURES 0\n" in bare["app/te_features.h"]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(("protocol", "runtime"), [("mlperf", "aot"), ("tinyedge", "tflm")])
def test_what_cannot_have_features_says_so(protocol: str, runtime: str) -> None:
    with pytest.raises(ConfigError, match=r"has no features \(echo\)"):
        firmware._selected(["echo"], HOST, runtime, protocol)  # type: ignore[arg-type]


def test_a_locked_device_does_not_learn() -> None:
    with pytest.raises(ConfigError, match="a locked device does not learn") as caught:
        firmware._selected(["locked", "learn"], HOST, "aot", "tinyedge")
    assert "leave out one of" in (caught.value.hint or "")


@pytest.mark.usefixtures("known")
def test_hooks_are_called_and_requests_handled(tmp_path: Path) -> None:
    need("make", "gcc")
    folder = fixture.write(tmp_path / "firmware", HOST)
    (folder / "app" / "echo.h").write_text("#include <stdbool.h>" + HEADER)
    (folder / "app" / "echo.c").write_text(SOURCE)
    workspace.write_atomic(
        folder / "app" / "te_features.h",
        features.header((ECHO,)).replace("TE_FEATURE_ECHO", "64u"),
    )
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*.[ch]")]
    workspace.write_atomic(folder / "Makefile", board_files.makefile(HOST, paths))
    artifact = build.build(folder, HOST, ("address", "undefined"))
    with flash.run(artifact, HOST, tmp_path) as device:
        with Session(device.url) as session:
            assert session.hello.features == 64
            session.infer([bytes(fixture.FIRST), bytes(fixture.SECOND)])
        kind, calls = _ask(device.url, p.Type.WATCH, bytes(4))
        assert (kind, calls[0], calls[2]) == (p.Type.WATCH | p.ANSWER, 1, 1)
        assert calls[1] >= 1  # a HELLO may be repeated
        kind, refusal = _ask(device.url, p.Type.STATUS, b"")
        assert (kind, payloads.ERROR.ints(refusal)) == (p.Type.ERROR, (p.Code.ORDER, 77))
        kind, refusal = _ask(device.url, p.Type.WATCH, b"")
        assert (kind, payloads.ERROR.ints(refusal)) == (p.Type.ERROR, (p.Code.LENGTH, 0))


def _ask(url: str, kind: p.Type, payload: bytes) -> tuple[int, bytes]:
    port, decoder = SerialTransport(url, 115200), Decoder()
    try:
        port.write(encode(Frame(kind, 9, payload)))
        while not (frames := decoder.feed(port.read(5.0))):
            pass
        return frames[0].type, frames[0].payload
    finally:
        port.close()


def test_features_do_without_a_c_library(tmp_path: Path) -> None:
    board = boards.load("esp32c6-bare")
    need("make", board.build.toolchain)
    keys.make(tmp_path / "keys")
    model = CHECKOUT / "models" / "digits-cnn" / "golden" / "digits-cnn.tflite"
    chosen = Compile(features=("update", "learn", "monitor", "mark", "compress"))
    loaded = pipeline.load(pipeline.resolve(str(model), chosen), Workspace(tmp_path))
    made = pipeline.generate(loaded, board, "aot", Workspace(tmp_path))
    assert build.build(made.folder, made.board).elf.is_file()
