"""Graph -> frozen Plan: which kernels run, in which order, on which bytes of the arena."""

from tinyedge.compile.compiler import Options, compile_graph
from tinyedge.compile.plan import Plan

__all__ = ["Options", "Plan", "compile_graph"]
