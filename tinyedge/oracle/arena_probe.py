"""The smallest arena that TensorFlow Lite Micro can prepare a model in, in a process of its own.

An arena that is almost large enough makes the interpreter follow a null pointer: each trial is a
child whose end is looked at.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any


def main(argv: list[str]) -> None:
    """``argv``: the .tflite, arenas known as too small and as large enough, and the step."""
    from tflite_micro.python.tflite_micro import runtime  # noqa: PLC0415 - half a second

    data, (low, high, step) = Path(argv[0]).read_bytes(), map(int, argv[1:])
    while high - low > step:
        middle = (low + high) // 2 // step * step
        low, high = (low, middle) if _fits(runtime, data, middle) else (middle, high)
    sys.stdout.write(f"{high}\n")


def _fits(runtime: Any, data: bytes, arena_bytes: int) -> bool:
    child = os.fork()
    if child == 0:
        config = runtime.InterpreterConfig.kAllocationRecording
        try:
            runtime.Interpreter.from_bytes(data, arena_size=arena_bytes, intrepreter_config=config)
        except RuntimeError:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return status == 0


if __name__ == "__main__":
    main(sys.argv[1:])
