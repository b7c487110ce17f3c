"""Whether a model's firmware fits its boards: estimated from the plan, before anything is built."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from tinyedge import inspection
from tinyedge.board import Board
from tinyedge.compile import Plan, compile_graph
from tinyedge.errors import CheckFailed, ModelError
from tinyedge.graph import verify
from tinyedge.results import BoardFit, InspectReport
from tinyedge.workflow.pipeline import Firmware, Loaded, tflm_arena

_NAMED = 5  # boards that a refusal names


def examine(loaded: Loaded, wanted: Sequence[Board], runtime: str | None) -> InspectReport:
    """Describe the model and estimate whether its firmware fits the boards; builds nothing.

    With ``runtime`` None each board gets its default one. Where the aot runtime refuses the model,
    the result says why.
    """
    plans: dict[str, Plan | None] = {}
    refused = ""
    for core in dict.fromkeys(board.cpu.core for board in wanted):
        try:
            verify.check(loaded.graph)
            plans[core] = compile_graph(loaded.graph, core, loaded.model.options)
        except ModelError as error:
            plans[core], refused = None, error.message
    tried = [
        _fit(loaded, board, plans[board.cpu.core], runtime or board.runtime) for board in wanted
    ]
    fits = [fit for fit in tried if fit is not None]
    plan = plans[wanted[0].cpu.core]
    report = inspection.inspect(
        loaded.graph,
        len(loaded.tflite),
        plan,
        refused,
        tuple(fits),
        trainable=loaded.model.adapt.layers,
    )
    trained = loaded.model.recipe is None or loaded.quantized is not None
    return msgspec.structs.replace(report, trained=trained)


def _fit(loaded: Loaded, board: Board, plan: Plan | None, runtime: str) -> BoardFit | None:
    if runtime == "tflm":
        needs = inspection.needs(board, runtime, len(loaded.tflite), tflm_arena(loaded, board))
    elif plan is not None:
        trained = loaded.model.options.trainable
        training = inspection.training_bytes(loaded.graph, trained) or 0 if trained else 0
        ram = plan.arena_bytes + training
        needs = inspection.needs(board, runtime, plan.constant_bytes, ram)
    else:
        return None
    return inspection.fit(board, needs, loaded.graph, plan if runtime == "aot" else None)


def require_room(firmware: Firmware, others: Callable[[], Sequence[Board]] = tuple) -> None:
    """Raise CheckFailed, before a build, if the model alone is more than the board has room for.

    Says by how much, what would help, and which of the ``others`` it would fit: they are asked for
    then alone.
    """
    board, plan = firmware.board, firmware.plan
    constants = plan.constant_bytes if plan else len(firmware.loaded.tflite)
    ram = firmware.arena_bytes + inspection.reserved(board)
    if constants <= board.memory.flash.bytes and ram <= board.memory.ram.bytes:
        return
    wanted = [board, *(other for other in others() if other.id != board.id)]
    fits = examine(firmware.loaded, wanted, firmware.runtime).boards
    model = firmware.loaded.model
    raise CheckFailed(
        f"{model.name} does not fit {board.id}: {fits[0].help}{_alternatives(wanted, fits)}",
        "shrink what is named, or choose a larger board: "
        f'"tinyedge inspect {model.argument}" compares them',
    )


def _alternatives(boards: Sequence[Board], fits: Sequence[BoardFit]) -> str:
    """The first few that it fits, those nearest to the first of ``boards`` before the others."""
    first, able = boards[0], {fit.board for fit in fits if fit.fits}
    near = sorted(
        (board for board in boards if board.id in able),
        key=lambda board: (board.port != first.port, board.cpu.core != first.cpu.core),
    )
    names = ", ".join(board.id for board in near[:_NAMED])
    more = f" and {len(near) - _NAMED} more" if len(near) > _NAMED else ""
    return f"; it fits {names}{more}" if names else ""
