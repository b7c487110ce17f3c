"""The digits network on a device: right answers, in time, within the board's memory."""

from pathlib import Path

import numpy as np

from tinyedge.testing import (
    Built,
    Device,
    assert_accuracy,
    assert_byte_exact,
    assert_fits,
    assert_latency,
)

VECTORS = Path(__file__).parents[3] / "models" / "digits-cnn" / "golden" / "vectors.npz"


def test_every_byte_is_the_reference_s(device: Device) -> None:
    assert_byte_exact(device, samples=50)


def test_digits_are_recognized(device: Device) -> None:
    assert_accuracy(device, at_least=0.95, inputs=VECTORS)


def test_an_inference_is_quick(device: Device) -> None:
    # Each board is held to what it can measure; a second is for boards that others use, too.
    assert_latency(device, at_most={"instructions": 400_000, "s": 1})


def test_there_is_room_for_the_rest_of_the_product(firmware: Built) -> None:
    assert_fits(firmware, flash="64K", ram="96K")


def test_a_blank_picture_is_answered(device: Device) -> None:
    (scores,) = device.infer(np.full((1, 8, 8, 1), -128, np.int8))
    assert scores.shape == (1, 10)
