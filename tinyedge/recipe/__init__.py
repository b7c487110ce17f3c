"""models/<name>/recipe.toml -> frozen :class:`Recipe`; unknown keys are errors."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tinyedge import config, resources
from tinyedge.errors import ConfigError, near_match

SCHEMA = 1
FILE = "recipe.toml"

Count = Annotated[int, Meta(ge=1)]
Seed = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Fraction = Annotated[float, Meta(gt=0.0, lt=1.0)]
Rate = Annotated[float, Meta(gt=0.0)]
Name = Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]


class Audio(config.Table, frozen=True, kw_only=True):
    """How sound becomes pictures: one row every ``hop_ms``, of ``window_ms`` of sound.

    Each clip is brought to ``seconds`` at ``rate`` samples a second. "log-mel" has ``mels``
    values a row, in decibels of full scale, evenly spaced on the mel scale within ``band_hz``;
    "mfcc" has the first ``coefficients`` of their cosine transform, of which the first is the
    mean. ``limits``, in decibels, become raw 0 and 255. With ``frames`` a clip is cut into
    pictures of so many rows (None: one picture).
    """

    features: Literal["log-mel", "mfcc"] = "log-mel"
    rate: Count = 16_000
    seconds: Annotated[float, Meta(gt=0.0, le=60.0)] = 1.0
    window_ms: Annotated[float, Meta(gt=0.0)] = 30.0
    hop_ms: Annotated[float, Meta(gt=0.0)] = 20.0
    mels: Count = 40
    coefficients: Count = 10
    band_hz: tuple[float, float] = (20.0, 4000.0)
    limits: tuple[float, float] = (-100.0, 0.0)
    frames: Count | None = None


class Data(config.Table, frozen=True, kw_only=True):
    """The data set and how it is split.

    ``validation`` and ``test`` are fractions; ``test`` is for sources without a test set of
    their own. ``range`` is what the least and the greatest raw value become at the input. The
    classes ``unseen`` are kept out of training and validation: the network meets them in the test
    split, or on the device, for the first time. Pictures are brought to ``size`` (height, width)
    and ``channels``: 1 is grey, 3 colour; ``fit`` "crop" keeps their proportions. Data in files is
    at ``path``; ``classes`` names subfolders, in the order of the outputs (none: all, sorted), and
    ``others`` the class that all further subfolders make up. A class with fewer than ``minimum``
    files is an error.
    """

    source: str
    path: str | None = None
    classes: tuple[str, ...] = ()
    others: str | None = None
    unseen: tuple[str, ...] = ()
    minimum: Count = 10
    size: tuple[Count, Count] | None = None
    channels: Literal[1, 3] | None = None
    fit: Literal["stretch", "crop"] = "stretch"
    audio: Audio | None = None
    seed: Seed = 1
    validation: Fraction = 0.1
    test: Fraction | None = None
    range: tuple[float, float] = (0.0, 1.0)


class Network(config.Table, frozen=True, kw_only=True):
    """A named architecture (tinyedge/train/architectures) and its parameters."""

    architecture: str
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)


class Import(config.Table, frozen=True, kw_only=True):
    """A trained network from elsewhere, in place of ``[network]`` and ``[training]``.

    ``path``, absolute or relative to the recipe, is a SavedModel's folder, .keras, .h5, .onnx,
    .pt2 (torch.export), or a float .tflite. The network is there to "classify", to "reconstruct"
    its input, or, with "imitate", to be repeated: no labels are needed, and what counts is how
    often int8 decides as float does. ``tolerance`` is how far the converted network's outputs may
    be from those of the framework it comes from, as a fraction of the greatest of them.
    """

    path: str
    task: Literal["classify", "reconstruct", "imitate"] = "classify"
    tolerance: Rate = 0.001


class Augment(config.Table, frozen=True, kw_only=True):
    """Random changes of each training picture, as Keras' ImageDataGenerator means them.

    ``rotation`` and ``shear`` in degrees to either side, ``shift`` in fractions of height and
    width, ``zoom`` z between 1 - z and 1 + z, each axis for itself; what is uncovered repeats the
    nearest pixel. The defaults suit photographs.
    """

    rotation: Annotated[float, Meta(ge=0.0, le=180.0)] = 20.0
    shift: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.2
    shear: Annotated[float, Meta(ge=0.0, le=80.0)] = 0.2
    zoom: Annotated[float, Meta(ge=0.0, lt=1.0)] = 0.2
    flip: bool = True


class Transfer(config.Table, frozen=True, kw_only=True):
    """Weights to begin with, of the layers of a saved Keras model with the same name and shape.

    These layers stay as they are for the first ``frozen_epochs``, which come before the others.
    ``path`` is absolute or relative to the recipe.
    """

    path: str
    frozen_epochs: Annotated[int, Meta(ge=0)] = 1


class Training(config.Table, frozen=True, kw_only=True):
    """Settings of the optimizer.

    "sgd" is plain gradient descent; "momentum" adds ``momentum`` of the step before to each.
    "adamw" is Adam that also takes ``weight_decay`` of each weight off it, a step, times the
    learning rate. ``schedule`` "cosine" or "linear" lets the learning rate fall to 0 over all
    epochs. Training stops after ``patience`` epochs without a lower validation loss (0: never);
    the best epoch is kept. ``class_weights`` "balanced" lets each class count the same, however
    many samples it has.
    """

    epochs: Count
    batch: Count = 64
    optimizer: Literal["adam", "adamw", "sgd", "momentum", "rmsprop"] = "adam"
    learning_rate: Rate = 0.001
    momentum: Fraction = 0.9
    weight_decay: Rate = 0.004
    schedule: Literal["constant", "cosine", "linear"] = "constant"
    patience: Annotated[int, Meta(ge=0)] = 0
    class_weights: Literal["equal", "balanced"] = "equal"
    tensorboard: bool = False
    seed: Seed = 1


class Prune(config.Table, frozen=True, kw_only=True):
    """Magnitude pruning after training: the smallest weights become 0.

    ``sparsity`` is the fraction of 0 in each layer, which the "polynomial" schedule approaches
    over the first half of the steps. Structure "2:4" zeroes two of every four weights along the
    input channels, whatever ``sparsity`` says.
    """

    sparsity: Fraction = 0.5
    structure: Literal["free", "2:4"] = "free"
    schedule: Literal["constant", "polynomial"] = "polynomial"
    epochs: Count = 2
    learning_rate: Rate = 0.0005


class Cluster(config.Table, frozen=True, kw_only=True):
    """Weight clustering after training and pruning: each layer keeps ``clusters`` values.

    The zeros of a pruned network stay.
    """

    clusters: Annotated[int, Meta(ge=2, le=256)] = 16
    epochs: Count = 1
    learning_rate: Rate = 0.0005


class Quantize(config.Table, frozen=True, kw_only=True):
    """How the float network becomes int8.

    "ptq" quantizes it as it is; "qat" first trains it for some ``epochs`` to live with int8,
    keeping the zeros and clusters that it has. ``samples`` of the training split calibrate "ptq"'s
    ranges: by their least and greatest values, by the moving average of these, by a
    ``percentile``, or by whichever of them loses least on the validation split ("search").
    ``dense`` says how many scales the weights of dense layers have. ``backend`` is what quantizes:
    TensorFlow's converter, or litert-quantizer, for "ptq". ``max_accuracy_drop`` is in
    percentage points of test accuracy.
    """

    method: Literal["ptq", "qat"] = "ptq"
    samples: Count = 500
    seed: Seed = 1
    calibration: Literal["min-max", "moving-average", "percentile", "search"] = "min-max"
    percentile: Annotated[float, Meta(gt=50.0, le=100.0)] = 99.9
    dense: Literal["per-channel", "per-tensor"] = "per-channel"
    backend: Literal["tensorflow", "litert"] = "tensorflow"
    epochs: Count = 1
    learning_rate: Rate = 0.0005
    max_accuracy_drop: Annotated[float, Meta(ge=0.0, le=100.0)] = 1.0


class Adapt(config.Table, frozen=True, kw_only=True):
    """Training of the last dense ``layers`` on the device, by stochastic gradient descent.

    ``batch`` samples make a step; ``l2`` is the weights' share in the gradient. All samples are
    seen ``epochs`` times, in an order drawn by ``seed``, less the fraction ``hold_out``, which
    decides whether the device keeps what it learned. Each epoch's learning rate is that of the one
    before, times ``decay``.
    """

    layers: Annotated[int, Meta(ge=1, le=2)] = 1
    learning_rate: Rate = 0.02
    decay: Annotated[float, Meta(gt=0.0, le=1.0)] = 0.3
    momentum: Annotated[float, Meta(ge=0.0, lt=1.0)] = 0.9
    l2: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0001
    batch: Annotated[int, Meta(ge=1, le=65_535)] = 8
    epochs: Count = 3
    hold_out: Fraction = 0.3
    seed: Seed = 1


class Compile(config.Table, frozen=True, kw_only=True):
    """What the aot runtime's compiler aims at; None: what the defaults say.

    ``optimize``: "speed" (default) or "size", of flash and RAM. ``max_arena`` and ``max_flash`` are
    limits of the arena and of the whole firmware, in bytes or with K or M: "64K". ``features`` are
    optional ones of the device's application. ``device_key`` is a path, of the command line alone:
    a recipe is for many devices.
    """

    optimize: Literal["speed", "size"] | None = None
    max_arena: int | str | None = None
    max_flash: int | str | None = None
    features: tuple[str, ...] = ()
    device_key: str | None = None

    def over(self, other: Compile) -> Compile:
        """What is set here, and ``other`` where nothing is; features of both."""
        return Compile(
            optimize=self.optimize or other.optimize,
            max_arena=self.max_arena or other.max_arena,
            max_flash=self.max_flash or other.max_flash,
            features=(*other.features, *(f for f in self.features if f not in other.features)),
            device_key=self.device_key or other.device_key,
        )

    def arguments(self) -> str:
        """The options of the command line that say the same, with a space before each."""
        given = {
            "--optimize": self.optimize,
            "--max-arena": self.max_arena,
            "--max-flash": self.max_flash,
            "--device-key": None if self.device_key is None else shlex.quote(self.device_key),
        }
        set_ = [(name, value) for name, value in given.items() if value is not None]
        set_ += [("--feature", feature) for feature in self.features]
        return "".join(f" {name} {value}" for name, value in set_)


class Search(config.Table, frozen=True, kw_only=True):
    """What ``tinyedge search`` varies; what is not named here stays as the other sections say.

    Ranges are [least, most], both included: ``width`` and ``depth`` as the architecture's
    parameters, ``size`` in pixels of the input's longer side. ``batch``, ``method`` (of
    ``[quantize]``) and ``sparsity`` (of ``[prune]``; 0: no pruning) are lists to choose from.
    ``seed`` fixes the trials.
    """

    width: tuple[Rate, Rate] | None = None
    depth: tuple[Count, Count] | None = None
    size: tuple[Count, Count] | None = None
    learning_rate: tuple[Rate, Rate] | None = None
    epochs: tuple[Count, Count] | None = None
    batch: tuple[Count, ...] = ()
    method: tuple[Literal["ptq", "qat"], ...] = ()
    sparsity: tuple[Annotated[float, Meta(ge=0.0, lt=1.0)], ...] = ()
    seed: Seed = 1


_RANGES = ("width", "depth", "size", "learning_rate", "epochs")  # of [search]


class _File(config.Table, frozen=True, kw_only=True):
    schema: int
    name: Name
    title: str
    data: Data
    imported: Import | None = msgspec.field(name="import", default=None)
    network: Network | None = None
    augment: Augment | None = None
    transfer: Transfer | None = None
    training: Training | None = None
    prune: Prune | None = None
    cluster: Cluster | None = None
    quantize: Quantize = Quantize()
    compile: Compile = Compile()
    adapt: Adapt = Adapt()
    search: Search | None = None


class Recipe(_File, frozen=True, kw_only=True):
    """One recipe, as its TOML file says. ``path`` is that file, for messages.

    With ``imported`` set, ``network`` names nothing, and ``training`` is what later stages go by.
    """

    path: Path
    network: Network
    training: Training


def available() -> list[str]:
    """Names of the recipes that come with tinyedge, sorted."""
    return sorted(path.parent.name for path in resources.root("models").glob(f"*/{FILE}"))


def own_path(name: str) -> Path:
    """Where the recipe of that name is, if it comes with tinyedge."""
    return resources.root("models") / name / FILE


def load(name: str) -> Recipe:
    """Return the recipe of that name, or of that path to a .toml file or a folder that holds one.

    Raises ConfigError if there is none (with the nearest match) or the file is wrong.
    """
    if name.endswith(".toml"):
        return read(Path(name))
    if name not in available():
        if (Path(name) / FILE).is_file():
            return read(Path(name) / FILE)
        names = ", ".join(available())
        raise ConfigError(
            f'there is no recipe "{name}"{near_match(name, available())}',
            f"recipes: {names}; or give the path of a {FILE}",
        )
    return read(own_path(name))


def read(path: Path) -> Recipe:
    """Read and check one recipe. Raises ConfigError naming file, key, and what is allowed."""
    raw = config.read(path, SCHEMA, f"recipes that come with tinyedge: {', '.join(available())}")
    checked = config.convert(raw, _File, path)
    recipe = Recipe(path=path, **(msgspec.structs.asdict(checked) | _origin(checked, path)))
    for name in ("max_arena", "max_flash"):
        limit = getattr(recipe.compile, name)
        if limit is not None:
            config.require_size(path, f"compile.{name}", limit)
    if recipe.quantize.method == "qat" and recipe.quantize.backend == "litert":
        raise ConfigError(
            f'{path}: quantize.backend = "litert" has no use: "qat" finds ranges in training',
            'write quantize.method = "ptq" or quantize.backend = "tensorflow"',
        )
    if recipe.compile.device_key is not None:
        raise ConfigError(
            f"{path}: compile.device_key has no place here: each device has a key of its own",
            "give it with --device-key",
        )
    _check_ranges(recipe)
    low, high = recipe.data.range
    if not low < high:
        raise ConfigError(
            f"{path}: data.range = [{low}, {high}] is not allowed", "write [low, high], low < high"
        )
    return recipe


def _origin(checked: _File, path: Path) -> dict[str, Network | Training]:
    """The sections that say where the network comes from: [import], or [network] and [training]."""
    if checked.imported is None:
        if checked.network is None or checked.training is None:
            lacking = "network" if checked.network is None else "training"
            raise ConfigError(
                f'{path}: "{lacking}" is missing', "or write [import] for a network that is trained"
            )
        return {"network": checked.network, "training": checked.training}
    for name in ("network", "training", "transfer"):
        if getattr(checked, name) is not None:
            raise ConfigError(
                f"{path}: [{name}] has no use: [import] brings a network that is trained",
                f"remove [{name}] or [import]",
            )
    return {"network": Network(architecture=""), "training": Training(epochs=1)}


def _check_ranges(recipe: Recipe) -> None:
    for name in _RANGES:
        span = None if recipe.search is None else getattr(recipe.search, name)
        if span is not None and not span[0] <= span[1]:
            raise ConfigError(
                f"{recipe.path}: search.{name} = {list(span)} is not allowed",
                "write [least, most]",
            )
