"""Parsers of RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR."""

from __future__ import annotations

import tflite

from tinyedge.graph.ops import Resize
from tinyedge.graph.ops.resize import ResizeKind
from tinyedge.graph.parse.site import Site

_OPTIONS = {
    ResizeKind.NEAREST: tflite.ResizeNearestNeighborOptions,
    ResizeKind.BILINEAR: tflite.ResizeBilinearOptions,
}


def _resize(site: Site, function: ResizeKind) -> Resize:
    site.expect(inputs=(2, 2))
    options = site.options(_OPTIONS[function])
    sizes = site.ints(1, "the new size")
    if sizes != site.outputs[0].shape[1:3]:
        site.fail(f"new size {list(sizes)} of an output {list(site.outputs[0].shape)}")
    align, centers = bool(options.AlignCorners()), bool(options.HalfPixelCenters())
    return Resize(site.index, site.inputs, site.outputs, function, align, centers)


def _nearest(site: Site) -> Resize:
    return _resize(site, ResizeKind.NEAREST)


def _bilinear(site: Site) -> Resize:
    return _resize(site, ResizeKind.BILINEAR)


PARSERS = {
    tflite.BuiltinOperator.RESIZE_NEAREST_NEIGHBOR: _nearest,
    tflite.BuiltinOperator.RESIZE_BILINEAR: _bilinear,
}
