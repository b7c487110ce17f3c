"""Power monitors: how one is plugged in, and how its samples become energy an inference.

docs/energy.md explains how to write one.
"""

from tinyedge.meter.plug import load
from tinyedge.meter.samples import PowerMeter, Sample

__all__ = ["PowerMeter", "Sample", "load"]
