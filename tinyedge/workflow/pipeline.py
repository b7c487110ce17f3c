"""From a model argument to a firmware folder: makes what is missing, redoes what has changed.

Each stage hands over files below build/<model>/ and a frozen description. Training and
quantization keep stamps; firmware is rendered anew each time, and only files whose content differs
are written, so that make compiles no more than that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tinyedge import config, keys
from tinyedge import dataset as datasets
from tinyedge import recipe as recipes
from tinyedge import samples as sampling
from tinyedge.board import Board
from tinyedge.compile import Options, Plan, compile_graph
from tinyedge.compile.kernels import TUNED
from tinyedge.dataset import Dataset
from tinyedge.emit import (
    authenticating,
    esp_idf,
    features,
    firmware,
    flash_areas,
    preprocess,
    updating,
)
from tinyedge.emit.mlperf import Protocol, spoken
from tinyedge.emit.tflm_arena import plan_arena
from tinyedge.errors import ConfigError, ModelError, near_match
from tinyedge.graph import read_tflite, verify
from tinyedge.graph.types import Graph
from tinyedge.keys import device as device_keys
from tinyedge.keys.device import DeviceKey
from tinyedge.link.auth import KeyOf
from tinyedge.lock import exclusive
from tinyedge.quantize import inputs, quantize
from tinyedge.quantize import sketch as sketching
from tinyedge.recipe import Recipe
from tinyedge.results import (
    GeneratedFile,
    GenerateReport,
    QuantizeReport,
    TrainReport,
)
from tinyedge.samples import Samples
from tinyedge.train import architectures, train
from tinyedge.workflow import sensor
from tinyedge.workspace import Workspace, sha256, write_tree

Advance = Callable[[int, int], None]
Stage = Callable[[str], AbstractContextManager[Advance]]
"""Opens a progress display with that title."""
Trainer = Callable[[Recipe, Workspace], TrainReport]


@contextmanager
def silent(_title: str) -> Iterator[Advance]:
    """A Stage that shows nothing."""
    yield lambda _done, _total: None


@dataclass(frozen=True)
class Model:
    """What a MODEL argument means: a recipe, or a .tflite that is there already.

    ``compile``: what is to be aimed at, options of the command line included.
    """

    name: str
    recipe: Recipe | None
    tflite: Path | None
    compile: recipes.Compile = field(default_factory=recipes.Compile)

    @property
    def argument(self) -> str:
        """What names it on the command line: the name of a recipe of tinyedge's, or a path."""
        path = self.recipe.path if self.recipe else self.tflite
        return self.name if path == recipes.own_path(self.name) else str(path)

    @property
    def adapt(self) -> recipes.Adapt:
        """How the device learns."""
        return self.recipe.adapt if self.recipe else recipes.Adapt()

    @property
    def options(self) -> Options:
        """What the compiler is to aim at."""
        return Options(
            optimize=self.compile.optimize or "speed",
            max_arena=_bytes_of(self.compile.max_arena),
            max_flash=_bytes_of(self.compile.max_flash),
            trainable=self.adapt.layers if "learn" in self.compile.features else 0,
            replaceable="update" in self.compile.features,
        )


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model as bytes and graph; with a recipe, its data set and what made it."""

    model: Model
    tflite: bytes
    graph: Graph
    trained: TrainReport | None = None
    quantized: QuantizeReport | None = None
    kept: Path | None = None  # where the samples of the data set are

    @cached_property
    def dataset(self) -> Dataset | None:
        """The recipe's data set; None for a bare .tflite."""
        recipe = self.model.recipe
        return datasets.load(recipe.data, recipe.path, self.kept) if recipe else None

    def samples(self, count: int, vectors: Path | None = None) -> Samples:
        """What to send: of ``vectors`` if given, else of the test split, else pseudo-random."""
        if vectors is not None:
            return sampling.from_npz(vectors, self.graph, count)
        dataset = self.dataset
        if dataset is None:
            return sampling.random(self.graph, count)
        split = dataset.test
        return Samples(
            f"test split of {dataset.name}",
            (inputs(split.first(count), self.graph.inputs[0].q),),
            split.labels[:count] if self.classes else None,
            class_names=self.classes,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the data set's classes; empty without one, or where nothing is classified."""
        recipe = self.model.recipe
        if self.dataset is None or recipe is None or architectures.task(recipe) != "classify":
            return ()
        if recipe.imported is not None and recipe.imported.task == "imitate":
            return ()
        return self.dataset.classes


@dataclass(frozen=True, eq=False)
class Firmware:
    """A firmware folder that has been written, and the plan it was rendered from (aot only)."""

    loaded: Loaded
    board: Board
    runtime: str
    folder: Path
    plan: Plan | None
    arena_bytes: int
    files: tuple[GeneratedFile, ...]
    protocol: Protocol = "tinyedge"
    device_key: DeviceKey | None = None  # with the feature auth
    devices: Path = Path()  # where the keys of other devices are

    @property
    def target(self) -> Path:
        """Where this firmware's results are kept: the folder above its sources."""
        return self.folder.parent

    @property
    def keys(self) -> KeyOf | None:
        """The key of the one device that has this firmware; None without the feature auth."""
        return device_keys.only(self.device_key)

    def fleet_keys(self) -> KeyOf | None:
        """The same of several devices, each of which may be found once."""
        return device_keys.finder(self.devices, self.device_key)

    def report(self) -> GenerateReport:
        """What ``tinyedge generate`` tells."""
        return GenerateReport(
            model=self.loaded.model.name,
            sha256=self.loaded.graph.sha256,
            board=self.board.id,
            runtime=self.runtime,
            optimize=self.loaded.model.options.optimize,
            folder=str(self.folder),
            arena_bytes=self.arena_bytes,
            files=self.files,
        )


def _bytes_of(size: int | str | None) -> int | None:
    return None if size is None else config.parse_size(size)


def resolve(argument: str, given: recipes.Compile | None = None) -> Model:
    """A recipe's name or path, or the path of a .tflite -> Model.

    ``given`` takes precedence over the recipe's [compile]. Raises ConfigError if it is none of
    them, with the nearest recipe.
    """
    given = given or recipes.Compile()
    path = Path(argument)
    if argument.endswith(".tflite"):
        if not path.is_file():
            what = "that is a folder" if path.is_dir() else "there is no such file"
            raise ConfigError(f"{path}: {what}", _choices())
        return _known(Model(_folder_name(path.stem), None, path, given))
    if not argument.endswith(".toml") and not path.is_dir() and argument not in recipes.available():
        near = near_match(argument, recipes.available())
        raise ConfigError(f'there is no model "{argument}"{near}', _choices())
    recipe = recipes.load(argument)
    return _known(Model(recipe.name, recipe, None, given.over(recipe.compile)))


def _known(model: Model) -> Model:
    """The model, if there are the features that it is to have. Raises ConfigError if not."""
    features.chosen(model.compile.features)
    return model


def _folder_name(stem: str) -> str:
    """A file's name as that of a folder in the workspace: not "..", nor an option of a program."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", stem).lstrip(".-") or "model"


def resolve_recipe(argument: str, given: recipes.Compile | None = None) -> Model:
    """The same for a RECIPE whose network can be made anew. Raises ConfigError for any other."""
    model = resolve(argument, given)
    if model.recipe is None or model.recipe.imported is not None:
        raise ConfigError(
            f"{argument}: its network is trained, and has one size", "give a recipe with [network]"
        )
    return model


def load(
    model: Model,
    workspace: Workspace,
    runtime: str = "aot",
    stage: Stage = silent,
    trainer: Trainer = train,
) -> Loaded:
    """Read the model; train and quantize it first if it is a recipe whose things have changed.

    Raises ModelError for a file that is damaged or that the runtime cannot run.
    """
    trained = quantized = None
    if model.recipe is not None:
        trained = trainer(model.recipe, workspace)
        with stage(f"test {model.name} as int8") as advance:
            quantized = quantize(model.recipe, workspace, trained, advance)
    path = Path(quantized.tflite_path) if quantized else model.tflite
    assert path is not None
    data = _read(path)
    anything = runtime == "tflm"
    with _told_by_path(path, model.name):
        graph = read_tflite.read(data, model.name, allow_unsupported=anything)
        verify.check(graph, allow_unsupported=anything)
    return Loaded(model, data, graph, trained, quantized, workspace.samples(model.name))


@contextmanager
def _told_by_path(path: Path, name: str) -> Iterator[None]:
    """What is wrong with a file begins with its path, for several may have one name."""
    try:
        yield
    except ModelError as error:
        if not error.message.startswith(f"{name}:"):
            raise
        raise ModelError(f"{path}{error.message.removeprefix(name)}", error.hint) from error


def sketch(model: Model) -> Loaded:
    """A recipe's network as int8 before training: sizes that hold, answers that mean nothing.

    Needs no data where the recipe says what it looks like.
    """
    recipe = model.recipe
    assert recipe is not None
    shape, classes = datasets.outline(recipe.data, recipe.path)
    data = sketching.sketch(recipe, shape, classes)
    return Loaded(model, data, read_tflite.read(data, model.name))


def generate(
    loaded: Loaded,
    board: Board,
    runtime: str,
    workspace: Workspace,
    protocol: Protocol = "tinyedge",
) -> Firmware:
    """Compile and render; write what differs. Files of an earlier rendering are removed.

    Raises CheckFailed where the model's limits of arena or flash cannot be kept, and ConfigError
    where the board's flash has no room for updates.
    """
    board, options = spoken(board, protocol), loaded.model.options
    plan = compile_graph(loaded.graph, board.cpu.core, options) if runtime == "aot" else None
    arena = plan.arena_bytes if plan else tflm_arena(loaded, board)
    preprocessing, compiled = _preprocess(loaded), loaded.model.compile
    needed = _needed(loaded, preprocessing)
    if options.replaceable:
        made = updating.replaceable(loaded.graph, plan, board, loaded.tflite)
        key = keys.public(workspace.keys / keys.PUBLIC)
        needed = {**needed, **updating.files(loaded.graph, made, key)}
        board = flash_areas.reserved(board, updating.slot_bytes(loaded.graph, made))
    device = device_keys.wanted(compiled.features, compiled.device_key)
    if device is not None:
        needed = {**needed, **authenticating.files(device.name, device.key)}
    rendered = firmware.render(
        loaded.graph,
        plan,
        board,
        runtime,
        loaded.tflite,
        optimize=options.optimize,
        protocol=protocol,
        features=compiled.features,
        sources=needed,
    )
    rendered |= preprocessing
    folder = workspace.target(loaded.model.name, runtime, board.id, protocol) / "firmware"
    files = _written(folder, rendered, board, secret=device is not None)
    known = workspace.keys / device_keys.FOLDER
    return Firmware(loaded, board, runtime, folder, plan, arena, files, protocol, device, known)


def _written(
    folder: Path, rendered: dict[str, str | bytes], board: Board, *, secret: bool
) -> tuple[GeneratedFile, ...]:
    with exclusive(folder.parent):
        if secret:
            folder.parent.chmod(0o700)  # sources and ELF hold the device's key
        write_tree(folder, rendered, keep=esp_idf.KEPT if esp_idf.is_project(board) else ())
    return tuple(
        GeneratedFile(path=path, bytes=len(data), sha256=sha256(data))
        for path, data in sorted((path, _bytes(text)) for path, text in rendered.items())
    )


def _preprocess(loaded: Loaded) -> dict[str, str | bytes]:
    """C for a sensor's frames, if the recipe's data set has any."""
    wanted = sensor.transform(loaded.model.name, loaded.model.recipe, loaded.graph)
    return preprocess.render(wanted) if wanted else {}


def _needed(loaded: Loaded, preprocessing: dict[str, str | bytes]) -> dict[str, str | bytes]:
    """Files that the model's features need. Raises ConfigError where there are none."""
    names = {feature.name for feature in features.chosen(loaded.model.compile.features)}
    if "preprocess" not in names:
        return {}
    sensor.require(loaded.model.name, loaded.model.recipe, loaded.graph)
    return preprocessing


def other_runtime(firmware: Firmware) -> str:
    """What the aot runtime would save on a core that it has kernels for; empty: nothing to offer.

    For firmware with the runtime tflm: arena against arena, constants against the .tflite.
    """
    core, loaded = firmware.board.cpu.core, firmware.loaded
    if firmware.runtime != "tflm" or core not in TUNED["speed"]:
        return ""
    try:
        verify.check(loaded.graph)
        plan = compile_graph(loaded.graph, core, loaded.model.options)
    except ModelError:
        return ""
    arena = f"an arena of {plan.arena_bytes:,} bytes instead of {firmware.arena_bytes:,}"
    constants = f"{plan.constant_bytes:,} bytes of constants instead of {len(loaded.tflite):,}"
    return f"{arena}, {constants}, kernels for {core}, no interpreter, the same bytes"


def tflm_arena(loaded: Loaded, board: Board) -> int:
    """Bytes of arena that TensorFlow Lite Micro needs on the board."""
    return plan_arena(loaded.graph, board, loaded.tflite).arena_bytes


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}", "give a .tflite that can be read") from error


def _choices() -> str:
    return (
        f"give the path of a .tflite or a recipe.toml, or one of: {', '.join(recipes.available())}"
    )
