"""A board file as text, with every key explained: what ``tinyedge board new`` writes."""

from __future__ import annotations

from tinyedge.board import Board, port

_TABLES = {
    "cpu": "The core as the compiler and the kernels know it (cortex-m0plus, cortex-m3,\n"
    "cortex-m4f, cortex-m7f, cortex-m33, cortex-m55, rv32imc, xtensa-lx6, ...), and its clock.",
    "memory": "From the datasheet's memory map: first address and size (bytes, or with K or M) of\n"
    "program memory and of the largest RAM that is one piece; and what of it the stack gets.\n"
    "Where flash has constants alone, code says where instructions are fetched from.",
    "build": "The compiler, and the flags that select core and ABI; they belong to cpu.core.",
    "timer": "What counts the ticks of an inference: a timer that the port drives, what its ticks\n"
    "are (instructions, cycles or wall: figures are named so), and how many make a second.",
    "flash": "How firmware gets onto the board: method = qemu, esptool, openocd, pyocd, picotool,\n"
    "uf2, bossac or adafruit-nrfutil. Tables beside it say what such a program must know.",
    "link": 'How the host reaches it: via = "serial" (real boards; baud is 115_200 unless said)\n'
    'or "socket" (emulated ones).',
    "simulator": "What the simulator LabWired calls the chip; leave it out if it knows none.",
    "esp": "What only Espressif's chips have: ESP-IDF's name of the chip, flash, external RAM.",
    "peripherals": "Where the port finds what it uses; numbers are in the chip's manual.",
}
_KEYS = {
    "name": "What people call the board.",
    "port": "The C in firmware_templates/port/ that drives the chip's family.",
    "experimental": "true beside another board of the same chip, whose port knows more of it.",
    "runtime": "The runtime where none is asked for: aot or tflm.",
}


def commented(text: str, board: Board, name: str) -> str:
    """The board file ``text`` of ``board`` under another name, with comments.

    ``name`` becomes the board's, too; what the file says stays as it is.
    """
    meanings = port.load(board.port).meanings
    lines: list[str] = [
        f"# {name}: made from {board.id}. Every key that differs is yours to change."
    ]
    table = ""
    for line in text.splitlines():
        if line.startswith("["):
            table = line.strip("[]")
            lines += _comment(_TABLES.get(table, ""))
        key = line.partition("=")[0].strip()
        if table == "peripherals" and key in meanings:
            lines += _comment(meanings[key])
        if not table and key in _KEYS:
            lines += _comment(_KEYS[key])
        lines.append(f'name   = "{name}, like {board.id}"' if not table and key == "name" else line)
    return "\n".join(lines) + "\n"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in text.splitlines()]
