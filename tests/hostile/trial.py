"""Reads damaged files of one kind in a process that has little memory, and little time for each."""

from __future__ import annotations

import multiprocessing
import random
import resource
import signal
import tempfile
from pathlib import Path

from tests.hostile.kinds import KINDS, Kind, mutate

MEMORY = 3 << 30  # bytes of address space, of which the libraries take most
SECONDS = 20


def run(name: str, count: int, seed: int) -> tuple[int, list[str]]:
    """How many files were refused, and what happened that must not."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_child, args=(theirs, name, count, seed))
    child.start()
    theirs.close()
    try:
        found: tuple[int, list[str]] = ours.recv()
    except EOFError:
        child.join()
        return 0, [f"the process ended with {child.exitcode}"]
    child.join()
    return found


def _child(pipe: object, name: str, count: int, seed: int) -> None:
    kind = KINDS[name]
    wholes = kind.wholes()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    refused, problems = 0, []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"hostile{kind.suffix}"
        for number in range(-len(wholes), count):
            rng = random.Random(f"{seed} {number}")
            whole = wholes[number % len(wholes)]
            path.write_bytes(whole if number < 0 else mutate(whole, rng, text=kind.text))
            outcome = _read(kind, path)
            refused += outcome == "refused"
            if number < 0 and outcome and name != "npz":
                problems.append(f"whole file {number} was {outcome}")
            elif outcome not in ("", "refused"):
                problems.append(f"seed {seed}, file {number}: {outcome}")
    pipe.send((refused, problems))  # type: ignore[attr-defined]


def _read(kind: Kind, path: Path) -> str:
    """ "", "refused", or what else happened."""
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(SECONDS)
    try:
        kind.read(path)
    except kind.refusals as error:
        return "refused" if str(error) else "refused without a word"
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return f"{type(error).__name__}: {str(error)[:200]}"
    finally:
        signal.alarm(0)
    return ""


def _late(_number: int, _frame: object) -> None:
    raise TimeoutError(f"not read within {SECONDS} s")
