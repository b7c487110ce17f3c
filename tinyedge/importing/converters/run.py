"""``python run.py KIND request.json``: convert one network by KIND.py, which lies beside this file.

Leaves in the request's folder ``out`` float.tflite, answers.npy and facts.json, or refusal.json
and exit code 3.
"""

from __future__ import annotations

import json
import runpy
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

REFUSED = 3


class Refusal(Exception):  # noqa: N818 - an outcome, not a defect
    """What is wrong, and what to do."""


@dataclass(frozen=True)
class Job:
    """A network to convert, and inputs (samples, height, width, channels) for it to answer."""

    model: Path
    shape: tuple[int, int, int]
    inputs: Any
    out: Path

    @property
    def tflite(self) -> Path:
        """Where the converted network goes."""
        return self.out / "float.tflite"

    def layout(self, own: tuple[int | None, ...]) -> tuple[tuple[int, ...], bool]:
        """Shape of one sample as the network takes it, and whether its channels come first.

        ``own`` has the batch in front, and None where a size is free. Channels first is what
        PyTorch and ONNX mean, and so it is where both would do.
        """
        if not own or own[0] not in (None, 1):
            batch = own[0] if own else "missing"
            self.refuse(f"its batch is {batch}, and one is needed", "export it for one sample")
        height, width, channels = self.shape
        if len(own) == 4:
            for shape, first in (((channels, height, width), True), (self.shape, False)):
                if all(a in (None, b) for a, b in zip(own[1:], shape, strict=True)):
                    return shape, first
        fixed = tuple(size for size in own[1:] if size is not None)
        if len(fixed) != len(own) - 1:
            self.refuse(f"the size of its input is open: {list(own)}", "export it with a fixed one")
        if len(own) == 4 or int(np.prod(fixed)) != int(np.prod(self.shape)):
            taken, given = (" x ".join(map(str, sizes)) for sizes in (fixed, self.shape))
            self.refuse(
                f"it takes {taken}, and the data set has {given} (height x width x channels)",
                "bring the data to what it takes: data.size and data.channels",
            )
        return fixed, False

    def arranged(self, shape: tuple[int, ...], *, first: bool) -> list[Any]:
        """The inputs as the network takes them, each with a batch of one."""
        moved = self.inputs.transpose(0, 3, 1, 2) if first else self.inputs
        return [np.ascontiguousarray(one.reshape(1, *shape), np.float32) for one in moved]

    def refuse(self, message: str, hint: str) -> NoReturn:
        """End with a reason and what to do."""
        raise Refusal(message, hint)


def reason(error: BaseException) -> str:
    """The first line of an error that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines or [type(error).__name__])[0]


def main(kind: str, request: Path) -> int:
    """Convert; return the exit code."""
    asked = json.loads(request.read_text())
    out = Path(asked["out"])
    job = Job(Path(asked["model"]), tuple(asked["shape"]), np.load(asked["inputs"]), out)
    convert = runpy.run_path(str(Path(__file__).with_name(f"{kind}.py")))["convert"]
    try:
        answers, facts = convert(job)
    except Refusal as refusal:
        message, hint = refusal.args
        (out / "refusal.json").write_text(json.dumps({"message": message, "hint": hint}))
        return REFUSED
    np.save(out / "answers.npy", np.concatenate(answers).astype(np.float32))
    (out / "facts.json").write_text(json.dumps(facts))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
