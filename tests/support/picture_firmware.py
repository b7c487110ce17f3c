"""Firmware of a small network that is shown pictures, with features of the device's application."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.support.tflite_writer import ModelWriter
from tinyedge import build, flash, workspace
from tinyedge.board import Board
from tinyedge.build import Artifact
from tinyedge.compile import compile_graph
from tinyedge.dataset import resize
from tinyedge.emit import firmware, preprocess
from tinyedge.emit.preprocess import Preprocess, Sound
from tinyedge.graph import read_tflite
from tinyedge.graph.types import Quant
from tinyedge.quantize.inputs import steps

SIZE, CHANNELS, CLASSES = (6, 8), 3, 2
FILTERS = 400  # whose 9,600 outputs are more than a frame of the link holds, plain or packed
_QUANT = Quant((0.0078,), (-3,))
WANTED = Preprocess("small", SIZE, CHANNELS, True, steps(255, (-1.0, 1.0), _QUANT), resize.LUMA)


def model(channels: int = CHANNELS) -> bytes:
    """A convolution, a dense layer and a softmax over two classes; the weights are fixed."""
    writer = ModelWriter()
    random = np.random.RandomState(5)
    x = writer.input((1, *SIZE, channels), scale=_QUANT.scale, zero_point=_QUANT.zero_point)
    y = writer.conv2d(
        x,
        weights=random.randint(-127, 128, (FILTERS, 3, 3, channels)).astype(np.int8),
        weight_scales=[0.02],
        bias=random.randint(-99, 99, FILTERS).astype(np.int32),
        activation="RELU",
        scale=0.02,
        zero_point=-128,
    )
    y = writer.reshape(y, (1, 4 * 6 * FILTERS))
    y = writer.fully_connected(
        y,
        weights=random.randint(-127, 128, (CLASSES, 4 * 6 * FILTERS)).astype(np.int8),
        weight_scales=[0.01],
        bias=None,
        scale=0.05,
        zero_point=0,
    )
    return writer.finish(writer.softmax(y))


def made(
    folder: Path,
    board: Board,
    features: Sequence[str],
    sanitize: tuple[str, ...] = (),
    *,
    observe: bool = False,
) -> Artifact:
    """Write and build."""
    written = write(folder, board, features, model(), WANTED)
    return build.build(written, board, sanitize, observe=observe)


def write(
    folder: Path, board: Board, features: Sequence[str], data: bytes, wanted: Preprocess | Sound
) -> Path:
    """Firmware of the network ``data``, whose input is made as ``wanted``; where it was written."""
    graph = read_tflite.read(data, "small")
    plan = compile_graph(graph, board.cpu.core)
    sources = preprocess.render(wanted)
    files = firmware.render(graph, plan, board, "aot", data, features=features, sources=sources)
    workspace.write_tree(folder / "firmware", files)
    return folder / "firmware"


@dataclass(frozen=True)
class Running:
    """A device that runs it."""

    url: str
    board: Board
    artifact: Artifact


@contextmanager
def running(
    folder: Path,
    board: Board,
    features: Sequence[str],
    sanitize: tuple[str, ...] = (),
    *,
    observe: bool = False,
) -> Iterator[Running]:
    """A device with this firmware, for the length of a ``with``."""
    artifact = made(folder, board, features, sanitize, observe=observe)
    with flash.run(artifact, board) as device:
        yield Running(device.url, board, artifact)


def pictures(count: int, seed: int = 1) -> list[np.ndarray]:
    """Frames of many sizes, grey and in colour."""
    random = np.random.RandomState(seed)
    sizes = [(6, 8), (1, 1), (5, 7), (48, 64), (31, 17), (6, 60), (3, 200), (97, 130)]
    return [
        random.randint(0, 256, (*sizes[n % len(sizes)], (1, 3)[n // len(sizes) % 2])).astype(
            np.uint8
        )
        for n in range(count)
    ]


def smooth(height: int, width: int, channels: int, seed: int = 1) -> np.ndarray:
    """Smooth in both directions, with a little noise, as a camera's."""
    rng = np.random.RandomState(seed)
    y, x = np.mgrid[:height, :width]
    shades = [100 + 90 * np.sin(x / 31 + c) * np.cos(y / 17) for c in range(channels)]
    noisy = np.stack(shades, axis=-1) + rng.normal(0, 2, (height, width, channels))
    return np.clip(noisy, 0, 255).astype(np.uint8)
