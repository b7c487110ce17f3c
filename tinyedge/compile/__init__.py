"""Graph -> frozen Plan: which kernels run, in which order, on which bytes of the arena."""

from tinyedge.compile.compiler import compile_graph, kept_channels
from tinyedge.compile.options import Optimize, Options
from tinyedge.compile.plan import Plan

__all__ = ["Optimize", "Options", "Plan", "compile_graph", "kept_channels"]
