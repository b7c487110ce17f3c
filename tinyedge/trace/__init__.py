"""Exact counts of a firmware's instructions, step by step, from what the emulator executed."""

from tinyedge.trace.cost import Cost

__all__ = ["Cost"]
