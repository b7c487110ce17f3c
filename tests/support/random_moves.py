"""Random layers that move elements and compute none."""

from __future__ import annotations

import math

from tests.support.random_parts import MAX_ELEMENTS, Draws, scale_of
from tests.support.tflite_writer import Handle

MAX_RANK = 4


class Moves(Draws):
    """Each layer returns the new tensor, or None where it does not fit."""

    def _pad(self, x: Handle) -> Handle | None:
        reach = (0, 2, 2, int(self._chance(0.2)))
        paddings = [(self._int(0, most), self._int(0, most)) for most in reach]
        padded = [size + sum(pair) for size, pair in zip(x.shape, paddings, strict=True)]
        value = self._pick((None, None, self._int(-128, 127)))
        return self._write.pad(x, paddings, value) if math.prod(padded) <= MAX_ELEMENTS else None

    def _concatenation(self, x: Handle, live: list[Handle]) -> Handle | None:
        last = len(x.shape) - 1
        axis = self._int(min(1, last), last)

        def matches(tensor: Handle) -> bool:
            same = [a == b for a, b in zip(tensor.shape, x.shape, strict=False)]
            return len(tensor.shape) == len(x.shape) and all(same[:axis] + same[axis + 1 :])

        fitting = [tensor for tensor in live if matches(tensor)]
        parts = [x, *(self._pick(fitting) for _ in range(self._int(1, 2)))]
        if sum(math.prod(part.shape) for part in parts) > MAX_ELEMENTS:
            return None
        return self._write.concatenation([self._rescaled(part, x) for part in parts], axis)

    def _rescaled(self, part: Handle, like: Handle) -> Handle:
        """All parts of a concatenation have one scale: QUANTIZE brings them there."""
        if (part.scale, part.zero_point) == (like.scale, like.zero_point):
            return part
        return self._write.quantize(part, scale=scale_of(like), zero_point=like.zero_point)

    def _reshape(self, x: Handle) -> Handle | None:
        elements = math.prod(x.shape)
        if len(x.shape) == 4:
            rows = (x.shape[0] * x.shape[1], x.shape[2] * x.shape[3])
            return self._write.reshape(x, self._pick(((1, elements), (1, elements), rows)))
        factors = [n for n in range(1, 17) if elements % n == 0]
        depth = self._pick(factors)
        height = self._pick([n for n in factors if (elements // depth) % n == 0])
        return self._write.reshape(x, (1, height, elements // depth // height, depth))

    def _ones(self, x: Handle) -> Handle | None:
        """An axis of size 1 more, or less."""
        if 1 in x.shape and self._chance(0.7):
            ones = [axis for axis, size in enumerate(x.shape) if size == 1]
            axes = [] if self._chance(0.5) else [self._pick(ones)]
            return self._write.squeeze(x, axes) if math.prod(x.shape) > 1 else None
        if len(x.shape) == MAX_RANK:
            return None
        return self._write.expand_dims(x, self._int(0, len(x.shape)))

    def _slice(self, x: Handle) -> Handle | None:
        axes: list[slice | int] = []
        for size in x.shape:
            stride = self._pick((1, 1, 1, 2, 3, -1))
            first = self._int(0, size - 1) if self._chance(0.4) else None
            last = self._int(-size, size) if self._chance(0.3) else None
            taken = slice(first, last, stride)
            whole = self._chance(0.4) or not range(size)[taken]
            axes.append(slice(None) if whole else taken)
        if len(x.shape) > 1 and self._chance(0.2):
            axis = self._int(0, len(x.shape) - 1)
            axes[axis] = self._int(-x.shape[axis], x.shape[axis] - 1)
        return self._write.strided_slice(x, axes) if len(x.shape) <= MAX_RANK else None

    def _split(self, x: Handle, live: list[Handle]) -> Handle | None:
        """All parts but one go to ``live``, so that branches follow."""
        axis = self._int(0, len(x.shape) - 1) if self._chance(0.4) else len(x.shape) - 1
        size = x.shape[axis]
        if size == 1:
            return None
        if self._chance(0.5):
            divisors = [n for n in range(2, min(size, 6) + 1) if size % n == 0]
            parts = self._write.split(x, axis, self._pick(divisors)) if divisors else []
        else:
            first = self._int(1, size - 1)
            parts = self._write.split_v(x, axis, (first, size - first))
        live.extend(parts[1:])
        return parts[0] if parts else None

    def _transpose(self, x: Handle) -> Handle:
        permutation = [int(axis) for axis in self._rng.permutation(len(x.shape))]
        if len(x.shape) == MAX_RANK and self._chance(0.6):
            permutation = self._pick(([0, 2, 1, 3], [0, 3, 1, 2], [0, 1, 3, 2]))
        return self._write.transpose(x, permutation)

    def _resize(self, x: Handle) -> Handle | None:
        size = (self._int(1, 12), self._int(1, 12))
        if self._chance(0.5):
            size = (2 * x.shape[1], 2 * x.shape[2])
        if x.shape[0] * math.prod(size) * x.shape[3] > MAX_ELEMENTS:
            return None
        corners = self._chance(0.3)
        options = {"alignCorners": corners, "halfPixelCenters": self._chance(0.5)}
        if self._chance(0.5):
            return self._write.resize_nearest(x, size, **options)
        options["halfPixelCenters"] &= not corners
        return self._write.resize_bilinear(x, size, **options)
