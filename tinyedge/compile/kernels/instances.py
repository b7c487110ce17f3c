"""Names of the assembler kernels' instantiations."""

from __future__ import annotations

from tinyedge.compile.plan import Instance


def instance(macro: str, ctype: str, **arguments: int) -> Instance:
    """An instance whose name tells its arguments, so that equal ones are shared.

    Arguments that are 0 say that a form is not needed; the name leaves them out.
    """
    suffix = "".join(f"_{key}{value}" for key, value in arguments.items() if value)
    return Instance(macro, f"{macro}{suffix}", ctype, tuple(arguments.items()))


def limits(low: int, high: int) -> tuple[int, int, int]:
    """Words that limit four bytes to ``low``..``high``: see te_limit in macros.S."""
    over = 255 - high
    return 0x01010101 * over, 0x01010101 * (over + low), 0x01010101 * low
