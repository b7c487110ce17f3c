"""The optimizers that a recipe can name: what two steps do, and that all can be stopped."""

from pathlib import Path
from typing import get_args, get_type_hints

import msgspec
import numpy as np
import pytest

from tests.support.data import needs_package
from tests.support.networks import own
from tests.support.training import Heard
from tinyedge import backend
from tinyedge.recipe import Training
from tinyedge.train import model_path, train
from tinyedge.train.fit import optimizer
from tinyedge.workspace import Workspace

pytestmark = pytest.mark.timeout(900)  # seconds where the machine is free

NAMES = get_args(get_type_hints(Training)["optimizer"])
GRADIENTS = (np.array([0.5, -2.0]), np.array([-1.0, 0.25]))
RATE = 0.1


def _adam(start: np.ndarray, decay: float) -> np.ndarray:
    mean = square = np.zeros(2)
    for step, gradient in enumerate(GRADIENTS, 1):
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        unbiased = mean / (1 - 0.9**step) / np.sqrt(square / (1 - 0.999**step))
        start = start - RATE * (decay * start + unbiased)
    return start


def _momentum(start: np.ndarray, kept: float) -> np.ndarray:
    speed = np.zeros(2)
    for gradient in GRADIENTS:
        speed = kept * speed - RATE * gradient
        start = start + speed
    return start


def _rmsprop(start: np.ndarray) -> np.ndarray:
    square = np.zeros(2)
    for gradient in GRADIENTS:
        square = 0.9 * square + 0.1 * gradient**2
        start = start - RATE * gradient / np.sqrt(square + 1e-7)
    return start


@pytest.mark.parametrize("name", NAMES)
def test_two_steps_are_the_textbook_s(name: str) -> None:
    needs_package("tensorflow")
    loaded = backend.load()
    start = np.array([3.0, -1.0])
    wanted = {
        "adam": _adam(start, 0.0),
        "adamw": _adam(start, 0.02),
        "sgd": start - RATE * sum(GRADIENTS),
        "momentum": _momentum(start, 0.8),
        "rmsprop": _rmsprop(start),
    }[name]
    training = Training(epochs=1, optimizer=name, momentum=0.8, weight_decay=0.02)
    made = optimizer(loaded.keras, training, RATE)
    variable = loaded.tf.Variable(start, dtype="float32")
    made.build([variable])
    for gradient in GRADIENTS:
        made.apply_gradients([(loaded.tf.constant(gradient, "float32"), variable)])
    np.testing.assert_allclose(variable.numpy(), wanted, rtol=1e-4)


@pytest.mark.parametrize("name", ["momentum", "adamw"])
def test_what_an_optimizer_remembers_outlives_a_stop(name: str, tmp_path: Path) -> None:
    needs_package("tensorflow")
    recipe = own(tmp_path)
    training = msgspec.structs.replace(recipe.training, optimizer=name)
    recipe = msgspec.structs.replace(recipe, training=training)
    whole, stopped = Workspace(tmp_path / "whole"), Workspace(tmp_path / "stopped")
    train(recipe, whole)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, stopped, Heard(stop_after=1))
    train(recipe, stopped)
    made = [model_path(recipe, where).read_bytes() for where in (whole, stopped)]
    assert made[0] == made[1]
