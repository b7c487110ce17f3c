"""The whole loop on one emulated board: train, flash, prove, watch, learn, sign, update, go back.

    make loop                            # in a checkout, on netduinoplus2
    make loop BOARD=qemu-riscv32
    python loop.py --board netduinoplus2 # where tinyedge is installed

The device has a key of its own, and listens to nobody else. Every step is a command of ``tinyedge``
that you could type; what it writes with --json is summed up at the end, and in loop.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECIPE = str(HERE / "recipe.toml")
SHIFT = ("--shift", "invert")


class Loop:
    """Runs the commands, and keeps what they found."""

    def __init__(self, board: str, workspace: Path) -> None:
        self.board, self.workspace = board, workspace
        self.key = workspace / "keys" / "devices" / "edge-1.key"
        self.found: dict[str, dict] = {}

    def run(self, step: str, verb: str, *arguments: str, expected: int = 0) -> dict:
        """One command; its exit code must be the ``expected`` one."""
        out = self.workspace / f"loop-{step}.json"
        argv = [verb, *arguments, "--workspace", str(self.workspace), "--json", str(out)]
        print(f"\n== {step}: tinyedge {' '.join(argv[:-4])}", flush=True)
        done = subprocess.run([sys.executable, "-m", "tinyedge", *argv], check=False)
        if done.returncode != expected:
            sys.exit(f"{step}: exit code {done.returncode}, not {expected}")
        self.found[step] = json.loads(out.read_text())
        return self.found[step]

    def on_board(self, step: str, verb: str, *arguments: str, expected: int = 0) -> dict:
        """The same, with the recipe, the board and the device's key."""
        device = ("--board", self.board, "--device-key", str(self.key))
        return self.run(step, verb, RECIPE, *arguments, *device, expected=expected)


def loop(board: str, workspace: Path) -> dict[str, dict]:
    """All steps in turn."""
    do = Loop(board, workspace)
    if not (workspace / "keys").exists():
        do.run("keys", "keys")
    if not do.key.exists():
        do.run("device-key", "keys", "--device", "edge-1")
    do.run("train", "train", RECIPE)
    do.run("quantize", "quantize", RECIPE)
    do.on_board("flash", "flash")
    try:
        do.on_board("validate", "validate", "--samples", "100")
        # samples like those that it was trained on, and some nines
        do.on_board("calm", "monitor", "--drift", "--feed", "100")
        do.on_board("alarm", "monitor", "--drift", "--feed", "100", *SHIFT, expected=1)
        adapted = do.on_board("adapt", "adapt", "--samples", "240", *SHIFT)
        do.on_board("validate-learned", "validate", "--learned", "--samples", "100")
        number = ("--number", "1.1.0")
        features = [part for name in ("learn", "update", "monitor") for part in ("--feature", name)]
        package = do.run(
            "package", "package", adapted["tflite"], *number, *features, "--board", board
        )
        do.on_board("update", "update", package["path"])
        do.on_board("versions", "versions")
        do.on_board("rollback", "rollback")
        do.on_board("validate-again", "validate", "--samples", "100")
    finally:
        do.run("stop", "stop", RECIPE, "--board", board)
    return do.found


def summary(found: dict[str, dict]) -> list[tuple[str, str]]:
    """What each step came to."""
    adapt, update = found["adapt"], found["update"]
    calm, alarm = (found[step]["scores"] for step in ("calm", "alarm"))
    alarms = [score["what"] for score in alarm if score["state"] == "alarm"]
    shifted = f"{max(s['psi'] for s in calm):.2f} to {max(s['psi'] for s in alarm):.2f}"
    return [
        ("int8 accuracy", f"{found['quantize']['int8_accuracy']:.2%}, nines never seen"),
        ("device", compared(found["validate"])),
        ("alarm", f"{', '.join(alarms)}; largest stability index {shifted}"),
        (
            "learned",
            f"{adapt['accuracy_before']:.2%} to {adapt['accuracy_after']:.2%}, "
            f"{adapt['samples']} samples, {adapt['ticks']:,.0f} {adapt['tick_unit']} a step, "
            f"{adapt['ram_bytes']:,} bytes of RAM",
        ),
        ("same bits as numpy", str(adapt["weights_equal"])),
        ("as adapted.tflite", compared(found["validate-learned"])),
        (
            "package",
            f"{found['package']['model']} {found['package']['version']}, "
            f"{found['package']['accuracy']:.2%}, {found['package']['content_bytes']:,} bytes, "
            f"{found['package']['vectors']} vectors of self-test",
        ),
        (
            "update",
            f"slot {update['active']}, {update['compared']} answers compared, "
            f"{update['differing']} differ",
        ),
        (
            "rolled back",
            f"{found['rollback']['active']} (compiled in), {compared(found['validate-again'])}",
        ),
    ]


def compared(validated: dict) -> str:
    """What ``validate`` found."""
    return f"{validated['samples']} answers, {validated['mismatches']} differ"


def main() -> None:
    """See above."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--board", default="netduinoplus2")
    options.add_argument("--workspace", type=Path, default=HERE / "build")
    given = options.parse_args()
    given.workspace.mkdir(parents=True, exist_ok=True)
    found = loop(given.board, given.workspace)
    (given.workspace / "loop.json").write_text(json.dumps(found, indent=2) + "\n")
    print()
    for name, text in summary(found):
        print(f"{name:20} {text}")


if __name__ == "__main__":
    main()
