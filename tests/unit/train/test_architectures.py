"""What the checks say without TensorFlow is what Keras builds."""

import itertools
from collections.abc import Callable
from functools import partial

import pytest

from tests.support.data import needs_package
from tinyedge import backend
from tinyedge.train.architectures import cnn


def test_the_check_agrees_with_keras() -> None:
    needs_package("tensorflow")
    keras = backend.load().keras
    seen = set()
    for size, blocks, kernel, pool in itertools.product((4, 7), (1, 2), (1, 3), (2, 3)):
        for padding in ("valid", "same"):
            parameters = cnn.Parameters(
                filters=(2,) * blocks, kernel=kernel, pool=pool, padding=padding
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
