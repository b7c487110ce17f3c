"""Random pictures out of each training picture, by one affine transform of its coordinates.

Rotation, shift, shear, zoom and flip mean what Keras' ImageDataGenerator means by them; what is
uncovered repeats the nearest pixel, and values between pixels are interpolated linearly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.recipe import Augment

Matrices = NDArray[np.float64]


def draw(settings: Augment, count: int, size: tuple[int, int], seed: int) -> NDArray[np.float32]:
    """(count, 8) for pictures of ``size`` (height, width): what :func:`apply` takes.

    Fixed by ``seed``.
    """
    height, width = size
    # RandomState, whose stream numpy has frozen
    spans = np.random.RandomState(seed).uniform(-1, 1, (count, 7))
    made = matrices(
        turned=spans[:, 0] * settings.rotation,
        shifted=spans[:, 1:3] * settings.shift * np.array([width, height]),
        sheared=spans[:, 3] * settings.shear,
        zoomed=1 + spans[:, 4:6] * settings.zoom,
        size=size,
    )
    if settings.flip:
        mirror = np.array([[-1, 0, width - 1], [0, 1, 0], [0, 0, 1]], np.float64)
        made = np.where((spans[:, 6] > 0)[:, np.newaxis, np.newaxis], made @ mirror, made)
    return rows(made)


def matrices(
    *,
    turned: NDArray[Any],
    shifted: NDArray[Any],
    sheared: NDArray[Any],
    zoomed: NDArray[Any],
    size: tuple[int, int],
) -> Matrices:
    """(n, 3, 3): a pixel (x, y, 1) of the result -> where in the picture it comes from.

    ``turned`` and ``sheared`` in degrees (n,), ``shifted`` in pixels and ``zoomed`` in factors,
    (n, 2), x first; all about the picture's middle.
    """
    turn, shear = np.deg2rad(turned), np.deg2rad(sheared)
    one = np.broadcast_to(np.eye(3), (len(turn), 3, 3))
    rotation, shift, lean, zoom = (one.copy() for _ in range(4))
    rotation[:, 0, 0] = rotation[:, 1, 1] = np.cos(turn)
    rotation[:, 0, 1], rotation[:, 1, 0] = -np.sin(turn), np.sin(turn)
    shift[:, :2, 2] = shifted
    lean[:, 0, 1], lean[:, 1, 1] = -np.sin(shear), np.cos(shear)
    zoom[:, 0, 0], zoom[:, 1, 1] = zoomed.T
    there, back = np.eye(3), np.eye(3)
    there[:2, 2] = (size[1] - 1) / 2, (size[0] - 1) / 2
    back[:2, 2] = -there[:2, 2]
    made: Matrices = there @ rotation @ shift @ lean @ zoom @ back
    return made


def rows(made: Matrices) -> NDArray[np.float32]:
    """Matrices -> TensorFlow's eight numbers: two rows, and no perspective."""
    return np.pad(made[:, :2].reshape(-1, 6), ((0, 0), (0, 2))).astype(np.float32)


def apply(tf: Any, pictures: Any, transforms: Any) -> Any:
    """Pictures (n, height, width, channels) float32, each by its row of ``transforms``."""
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=pictures,
        transforms=transforms,
        output_shape=tf.shape(pictures)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
