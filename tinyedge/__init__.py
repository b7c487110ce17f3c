"""tinyedge: int8 neural networks on microcontrollers, proved byte for byte."""

__version__ = "0.1.0"
