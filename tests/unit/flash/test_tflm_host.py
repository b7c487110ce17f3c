"""The wheel's interpreter as a device: what a session sees is what the oracle answers."""

import os
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.tflite_writer import ModelWriter
from tinyedge.errors import LinkError
from tinyedge.flash.tflm_host import Device, serve
from tinyedge.link import payloads
from tinyedge.link import protocol as p
from tinyedge.link.framing import Frame, encode
from tinyedge.link.session import Session
from tinyedge.link.transport import SerialTransport
from tinyedge.oracle import Oracle


def _model(pixels: int = 8) -> bytes:
    model = ModelWriter()
    x = model.input((1, pixels, pixels, 3), scale=0.05, zero_point=-3)
    y = model.conv2d(
        x,
        weights=np.arange(4 * 27, dtype=np.int8).reshape(4, 3, 3, 3),
        weight_scales=[0.01, 0.02, 0.03, 0.04],
        bias=np.array([5, -6, 7, -8], np.int32),
        scale=2.0,
        zero_point=-12,
    )
    return model.finish(y)


def _unsupported() -> bytes:
    model = ModelWriter()
    x = model.input((1, 4), scale=0.1)
    y = model.tensor((1, 4), 0.1)
    model.op("ATAN2", [x, x], [y])
    return model.finish(y)


@pytest.fixture
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    data: bytes = getattr(request, "param", None) or _model()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"socket://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=serve, args=(listener, Device(data, "tiny"), 600.0))
        thread.start()
        yield address
        port = SerialTransport(address, 115200)
        port.write(encode(Frame(p.Type.HALT, 1, b"")))
        thread.join(120)
        port.close()
        assert not thread.is_alive()


@pytest.mark.parametrize("url", [_model(8), _model(40)], indirect=True)
def test_answers_are_the_oracles(url: str) -> None:
    rng = np.random.default_rng(1)
    with Session(url) as session:
        size = session.hello.inputs[0].shape[1]
        oracle = Oracle(_model(size))
        for _ in range(3):
            image = rng.integers(-128, 128, (1, size, size, 3), dtype=np.int8)
            answer = session.infer([image.tobytes()])
            assert answer.outputs == (oracle.run([image])[0].tobytes(),)
            assert answer.ticks > 0
        assert session.status().inferences == 3


def test_it_describes_itself(url: str) -> None:
    with Session(url) as session:
        hello = session.hello
    assert (hello.board, hello.runtime, hello.model) == ("host", "tflm", "tiny")
    assert (hello.tick_measures, hello.tick_hz) == ("wall", 1_000_000_000)
    assert hello.inputs[0].shape == (1, 8, 8, 3)
    assert hello.inputs[0].scale == pytest.approx(0.05)
    assert hello.outputs[0].zero_point == -12
    assert hello.arena_used > 0


def test_a_second_session_finds_the_device_again(url: str) -> None:
    for _ in range(2):
        with Session(url) as session:
            assert session.hello.model == "tiny"


@pytest.mark.parametrize("url", [_unsupported()], indirect=True)
def test_a_model_that_does_not_start_says_why(url: str) -> None:
    with pytest.raises(LinkError, match="lacks operator 0 ATAN2"):
        Session(url)


def _request(device: Device, kind: p.Type, payload: bytes = b"") -> tuple[int, bytes]:
    frame = device.answer(Frame(kind, 7, payload))
    assert frame.sequence == 7
    return frame.type, frame.payload


def _code(payload: bytes) -> tuple[int, int]:
    code, detail = payloads.ERROR.ints(payload)
    return code, detail


def test_an_inference_is_run_once_however_often_it_is_asked_for() -> None:
    device, data = Device(_model(), "tiny"), bytes(192)
    _request(device, p.Type.WRITE, payloads.WRITE.pack(1, 0) + data)
    ask = payloads.INVOKE.pack(1, 192, zlib.crc32(data))
    first = _request(device, p.Type.INVOKE, ask)
    assert _request(device, p.Type.INVOKE, ask) == first
    _request(device, p.Type.WRITE, payloads.WRITE.pack(1, 0) + data)
    assert _request(device, p.Type.INVOKE, ask) == first
    assert payloads.STATUS.ints(_request(device, p.Type.STATUS)[1])[2] == 1


def test_what_does_not_fit_is_refused() -> None:
    device = Device(_model(), "tiny")
    invoke, write = payloads.INVOKE.pack, payloads.WRITE.pack
    cases = [
        (p.Type.INVOKE, invoke(1, 192, 0), (p.Code.INCOMPLETE, 0)),
        (p.Type.INVOKE, invoke(1, 191, 0), (p.Code.RANGE, 192)),
        (p.Type.WRITE, write(1, 190) + bytes(3), (p.Code.RANGE, 192)),
        (p.Type.WRITE, write(0, 0), (p.Code.RANGE, 192)),
        (p.Type.WRITE, b"", (p.Code.LENGTH, 0)),
        (p.Type.READ, payloads.READ.pack(1, 0, 4), (p.Code.ORDER, 0)),
        (p.Type.READY, b"", (p.Code.TYPE, p.Type.READY)),
    ]
    for kind, payload, refusal in cases:
        answered, error = _request(device, kind, payload)
        assert (answered, _code(error)) == (p.Type.ERROR, refusal)
    old = device.answer(Frame(p.Type.HELLO, 7, b"", p.PROTOCOL_VERSION + 1))
    assert _code(old.payload) == (p.Code.VERSION, p.PROTOCOL_VERSION)


def test_a_gap_or_damage_in_the_input_is_noticed() -> None:
    device, data = Device(_model(), "tiny"), bytes(192)
    answer = _request(device, p.Type.WRITE, payloads.WRITE.pack(1, 100) + data[100:])[1]
    assert payloads.WRITTEN.ints(answer) == (1, 0)
    _request(device, p.Type.WRITE, payloads.WRITE.pack(1, 0) + data)
    refused = _request(device, p.Type.INVOKE, payloads.INVOKE.pack(1, 192, 1))[1]
    assert _code(refused) == (p.Code.INPUT_CRC, zlib.crc32(data))


def test_as_a_process(tmp_path: Path) -> None:
    (tmp_path / "tiny.tflite").write_bytes(_model())
    argv = [sys.executable, "-m", "tinyedge.flash.tflm_host", str(tmp_path / "tiny.tflite")]
    environment = os.environ | {"TE_IDLE_S": "600"}
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        with Session(process.stdout.readline().strip()) as session:
            assert session.hello.model == "tiny"
            session.halt()
        assert process.wait(120) == 0
    finally:
        process.kill()
        process.wait()
