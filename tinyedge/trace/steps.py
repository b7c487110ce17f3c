"""Which step of a plan each executed block belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tinyedge.errors import ToolError
from tinyedge.trace import cost
from tinyedge.trace.cost import Cost
from tinyedge.trace.log import Block, Trace

RUN = "te_aot_run"
CALLER = "te_model_invoke"
_REBUILD = "delete the model's folder in the workspace and run it again: another compiler built it"


def attribute(
    trace: Trace, functions: Mapping[str, range], kernels: Sequence[str]
) -> tuple[Cost, ...]:
    """Cost of each step of the last inference in ``trace``; their sum is that of ``te_aot_run``.

    ``functions``: addresses by symbol. ``kernels``: the plan's, step by step; ``te_aot_run`` calls
    them in that order. What it does itself before a call belongs to the step that it calls, its
    return to the last. Raises ToolError if the calls are not those.
    """
    run = functions[RUN]
    begin, end = _last_inference(trace, run, functions[CALLER])
    ran: list[Counter[tuple[int, bool]]] = [Counter() for _ in kernels]
    owners = _owners(
        (trace.blocks[i] for i in trace.order[begin:end]),
        run,
        [functions[kernel].start for kernel in kernels],
    )
    for at, owner in enumerate(owners, begin):
        block, after = trace.order[at], trace.blocks[trace.order[at + 1]]
        ran[owner][block, after.start != trace.blocks[block].end] += 1
    return tuple(
        sum((cost.of(trace.blocks[i], leaves) * n for (i, leaves), n in counts.items()), Cost())
        for counts in ran
    )


def _last_inference(trace: Trace, run: range, caller: range) -> tuple[int, int]:
    """First block of ``run``'s last call, and the block after its return, in ``trace.order``."""
    starts = [block.start for block in trace.blocks]
    begin = max((at for at, i in enumerate(trace.order) if starts[i] == run.start), default=None)
    if begin is None:
        raise ToolError(f"QEMU's log does not show {RUN}", _REBUILD)
    for at in range(begin, len(trace.order)):
        if starts[trace.order[at]] in caller:
            return begin, at
    raise ToolError(f"QEMU's log ends before {RUN} returned", "free disk space, and try again")


def _owners(blocks: Iterator[Block], run: range, entries: Sequence[int]) -> Iterator[int]:
    """The step that each block belongs to."""
    called = owner = 0
    in_run = False
    for block in blocks:
        if block.start in run:
            in_run, owner = True, min(called, len(entries) - 1)
        elif in_run:
            in_run = False
            if called < len(entries) and block.start == entries[called]:
                owner, called = called, called + 1
        yield owner
    if called != len(entries):
        raise ToolError(
            f"{RUN} called {called} of the plan's {len(entries)} kernels in their order", _REBUILD
        )
