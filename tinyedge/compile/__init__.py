"""Graph -> frozen Plan: which kernels run, in which order, on which bytes of the arena."""
