"""Writes the operators that move elements and compute none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.support.writer_parts import TYPES, Handle, Parts


class Moves(Parts):
    """A model with these operators."""

    def pad(
        self, x: Handle, paddings: Sequence[tuple[int, int]], value: int | None = None
    ) -> Handle:
        """PAD, or PADV2 where ``value`` (int8) is given. ``paddings``: (before, after) an axis."""
        shape = [n + sum(pair) for n, pair in zip(x.shape, paddings, strict=True)]
        y = self.tensor(shape, x.scale, x.zero_point)
        inputs = [x, self.constant(paddings, dtype="int32")]
        if value is not None:
            inputs.append(self.constant([value], x.scale, x.zero_point))
        self.op("PAD" if value is None else "PADV2", inputs, [y])
        return y

    def concatenation(self, parts: Sequence[Handle], axis: int) -> Handle:
        """CONCATENATION; all parts have one scale and zero point."""
        first = parts[0]
        shape = list(first.shape)
        shape[axis] = sum(part.shape[axis] for part in parts)
        y = self.tensor(shape, first.scale, first.zero_point)
        self.op("CONCATENATION", parts, [y], axis=axis)
        return y

    def reshape(self, x: Handle, shape: Sequence[int]) -> Handle:
        """RESHAPE."""
        y = self.tensor(shape, x.scale, x.zero_point)
        self.op("RESHAPE", [x, self.constant(shape, dtype="int32")], [y], newShape=list(shape))
        return y

    def squeeze(self, x: Handle, axes: Sequence[int] = ()) -> Handle:
        """SQUEEZE of ``axes``, or of all of size 1."""
        gone = {axis % len(x.shape) for axis in axes}
        gone = gone or {axis for axis, size in enumerate(x.shape) if size == 1}
        shape = [size for axis, size in enumerate(x.shape) if axis not in gone]
        y = self.tensor(shape, x.scale, x.zero_point)
        self.op("SQUEEZE", [x], [y], squeezeDims=list(axes))
        return y

    def expand_dims(self, x: Handle, axis: int) -> Handle:
        """EXPAND_DIMS."""
        at = axis % (len(x.shape) + 1)
        y = self.tensor((*x.shape[:at], 1, *x.shape[at:]), x.scale, x.zero_point)
        self.op("EXPAND_DIMS", [x, self.constant(axis, dtype="int32")], [y])
        return y

    def strided_slice(self, x: Handle, axes: Sequence[slice | int]) -> Handle:
        """STRIDED_SLICE as NumPy has it: a slice keeps its axis, an index takes it away."""
        shape = np.empty(x.shape, np.bool_)[tuple(axes)].shape
        y = self.tensor(shape, x.scale, x.zero_point)
        slices = [
            axis if isinstance(axis, slice) else slice(axis, axis + 1 or None) for axis in axes
        ]
        lists = [[s.start or 0 for s in slices], [s.stop or 0 for s in slices]]
        lists.append([1 if s.step is None else s.step for s in slices])
        self.op(
            "STRIDED_SLICE",
            [x, *(self.constant(values, dtype="int32") for values in lists)],
            [y],
            beginMask=sum(1 << i for i, s in enumerate(slices) if s.start is None),
            endMask=sum(1 << i for i, s in enumerate(slices) if s.stop is None),
            shrinkAxisMask=sum(1 << i for i, axis in enumerate(axes) if isinstance(axis, int)),
        )
        return y

    def split(self, x: Handle, axis: int, parts: int) -> list[Handle]:
        """SPLIT into equal parts."""
        size = x.shape[axis] // parts
        outputs = self._parts(x, axis, [size] * parts)
        self.op("SPLIT", [self.constant(axis, dtype="int32"), x], outputs, numSplits=parts)
        return outputs

    def split_v(self, x: Handle, axis: int, sizes: Sequence[int]) -> list[Handle]:
        """SPLIT_V into parts of ``sizes``."""
        outputs = self._parts(x, axis, sizes)
        lists = [self.constant(sizes, dtype="int32"), self.constant(axis, dtype="int32")]
        self.op("SPLIT_V", [x, *lists], outputs, numSplits=len(sizes))
        return outputs

    def transpose(self, x: Handle, permutation: Sequence[int]) -> Handle:
        """TRANSPOSE."""
        y = self.tensor([x.shape[axis] for axis in permutation], x.scale, x.zero_point)
        self.op("TRANSPOSE", [x, self.constant(permutation, dtype="int32")], [y])
        return y

    def resize_nearest(self, x: Handle, size: tuple[int, int], **options: bool) -> Handle:
        """RESIZE_NEAREST_NEIGHBOR; ``alignCorners`` and ``halfPixelCenters``."""
        return self._resize("RESIZE_NEAREST_NEIGHBOR", x, size, options)

    def resize_bilinear(self, x: Handle, size: tuple[int, int], **options: bool) -> Handle:
        """RESIZE_BILINEAR; ``alignCorners`` or ``halfPixelCenters``."""
        return self._resize("RESIZE_BILINEAR", x, size, options)

    def arg_max(self, x: Handle, axis: int, kind: str = "ARG_MAX") -> Handle:
        """ARG_MAX, or ARG_MIN; the output is int32."""
        along = axis % len(x.shape)
        y = self.tensor((*x.shape[:along], *x.shape[along + 1 :]), dtype="int32")
        self.op(kind, [x, self.constant(axis, dtype="int32")], [y], outputType=TYPES["int32"])
        return y

    def _parts(self, x: Handle, axis: int, sizes: Sequence[int]) -> list[Handle]:
        at = axis % len(x.shape)
        before, after = x.shape[:at], x.shape[at + 1 :]
        return [self.tensor((*before, n, *after), x.scale, x.zero_point) for n in sizes]

    def _resize(
        self, kind: str, x: Handle, size: tuple[int, int], options: dict[str, bool]
    ) -> Handle:
        y = self.tensor((x.shape[0], *size, x.shape[3]), x.scale, x.zero_point)
        self.op(kind, [x, self.constant(size, dtype="int32")], [y], **options)
        return y
