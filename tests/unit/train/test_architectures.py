"""The zoo: what the checks say without TensorFlow is what Keras builds, and all of it is int8."""

import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest

from tests.support.data import needs_package
from tests.support.networks import SMALL, own, small
from tinyedge import backend, dataset, recipe
from tinyedge.compile import compile_graph
from tinyedge.errors import ConfigError
from tinyedge.graph import read_tflite
from tinyedge.quantize import sketch
from tinyedge.train import architectures
from tinyedge.train.architectures import cnn
from tinyedge.train.architectures.scale import Axis, times


def test_the_check_agrees_with_keras() -> None:
    needs_package("tensorflow")
    keras = backend.load().keras
    seen = set()
    for size, blocks, kernel, pool in itertools.product((4, 7), (1, 2), (1, 3), (2, 3)):
        for padding, convs in (("valid", 1), ("valid", 2), ("same", 1)):
            parameters = cnn.Parameters(
                filters=(2,) * blocks, kernel=kernel, pool=pool, padding=padding, convs=convs
            )
            shape = (size, size + 1, 1)
            fits = _holds(partial(cnn.check, parameters, shape))
            assert fits == _holds(partial(cnn.build, keras, parameters, shape, 3)), parameters
            seen.add(fits)
    assert seen == {True, False}


def _holds(action: Callable[[], object]) -> bool:
    try:
        action()
    except ValueError:
        return False
    return True


def test_a_block_that_does_not_fit_is_named() -> None:
    parameters = cnn.Parameters(filters=(8, 8), kernel=3, pool=2)
    with pytest.raises(ValueError, match="pool 2 of block 2 gets 1 x 1"):
        cnn.check(parameters, (8, 8, 1))


@pytest.mark.parametrize("name", architectures.ARCHITECTURES)
def test_every_network_becomes_int8_and_has_a_plan(name: str) -> None:
    needs_package("tensorflow")
    _, shape, weights = SMALL[name]
    assert sketch.outline(small(name), shape, 3).parameters == weights
    graph = read_tflite.read(sketch.sketch(small(name), shape, 3), name)
    outputs = 3 if name != "autoencoder" else 20
    assert [tensor.shape for tensor in graph.outputs] == [(1, outputs)]
    assert graph.inputs[0].shape == (1, *shape)
    assert compile_graph(graph, "host").arena_bytes > 0


@pytest.mark.parametrize("name", architectures.ARCHITECTURES)
def test_what_makes_a_network_larger_does(name: str) -> None:
    needs_package("tensorflow")
    _, shape, _ = SMALL[name]
    scale = architectures.scale(small(name))
    for axis in (scale.width, scale.depth):
        if axis is None:
            continue
        low, *_, high = axis.values(most=(axis.least + axis.most) / 2)
        outlines = [sketch.outline(_with(small(name), axis, v), shape, 3) for v in (low, high)]
        assert outlines[0].macs < outlines[1].macs, axis
        assert outlines[0].parameters != outlines[1].parameters, axis
        module = architectures._module(small(name))
        fields = {field.name: field for field in msgspec.structs.fields(module.Parameters)}
        assert fields[axis.key].default == axis.default
        architectures.check(_with(small(name), axis, axis.most), (64, 64, 3))
    assert scale.width is not None


def _with(given: recipe.Recipe, axis: Axis, value: float) -> recipe.Recipe:
    parameters = {**given.network.parameters, axis.key: value}
    network = msgspec.structs.replace(given.network, parameters=parameters)
    return msgspec.structs.replace(given, network=network)


def test_a_width_of_1_leaves_what_is_listed() -> None:
    assert [times(6, width) for width in (1.0, 0.1, 1.1, 2.5)] == [6, 4, 8, 16]


def test_the_outline_counts_what_the_graph_does() -> None:
    needs_package("tensorflow")
    for name in ("mobilenet-v2", "resnet8"):
        _, shape, _ = SMALL[name]
        graph = read_tflite.read(sketch.sketch(small(name), shape, 3), name)
        assert sketch.outline(small(name), shape, 3).macs == graph.macs


@pytest.mark.parametrize("name", [n for n in architectures.ARCHITECTURES if n != "autoencoder"])
def test_a_network_says_when_its_input_is_too_small(name: str) -> None:
    with pytest.raises(ConfigError, match="do not fit inputs of 1 x 1 x 1"):
        architectures.check(small(name), (1, 1, 1))


@pytest.mark.parametrize("name", recipe.available())
def test_the_zoo_s_recipes_say_what_they_look_like(name: str) -> None:
    loaded = recipe.load(name)
    if not loaded.data.classes and loaded.data.source == "pictures":
        data = msgspec.structs.replace(loaded.data, classes=("a", "b"))
        loaded = msgspec.structs.replace(loaded, data=data, path=Path(__file__))
    if loaded.data.path is not None:  # the data is not here, and is not needed
        data = msgspec.structs.replace(loaded.data, path=".")
        loaded = msgspec.structs.replace(loaded, data=data)
    shape, classes = dataset.outline(loaded.data, loaded.path)
    architectures.check(loaded, shape)
    expected = {
        "kws-ds-cnn": ((49, 10, 1), 11),
        "toyadmos-autoencoder": ((5, 128, 1), 2),
        "cifar10-resnet8": ((32, 32, 3), 10),
        "vww-mobilenet": ((96, 96, 3), 2),
    }
    assert (shape, classes) == expected.get(name, (shape, classes))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("fails", r"nets:fails fails: ZeroDivisionError"),
        ("foreign", r"returns builtins\.str, no tf_keras model"),
        ("other", r"returns a model of \(None, 8, 8, 1\) -> \(None, 11\)"),
        ("none", "nets has no function none"),
    ],
)
def test_a_function_of_the_user_s_that_is_wrong_is_named(
    tmp_path: Path, function: str, message: str
) -> None:
    needs_package("tensorflow")
    with pytest.raises(ConfigError, match=message):
        architectures.build(own(tmp_path, function), backend.load().keras, (8, 8, 1), 10)


def test_a_module_that_cannot_be_imported_is_named(tmp_path: Path) -> None:
    wanted = own(tmp_path)
    (tmp_path / "nets.py").write_text("import nothing_of_that_name")
    with pytest.raises(ConfigError, match="cannot be imported: ModuleNotFoundError"):
        architectures.check(wanted, (8, 8, 1))
    (tmp_path / "nets.py").unlink()
    with pytest.raises(ConfigError, match="No module named 'nets'"):
        architectures.check(wanted, (8, 8, 1))
