"""Flash and RAM by layer, kernel, library and symbol: the ELF's bytes, told apart by the plan."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from tinyedge.build import attribution, size
from tinyedge.build.attribution import Part
from tinyedge.compile.plan import Plan
from tinyedge.device import profile
from tinyedge.graph.types import Graph
from tinyedge.results import (
    KernelBytes,
    LayerBytes,
    LibraryBytes,
    SizeGroup,
    SizeReport,
    SymbolBytes,
)
from tinyedge.workflow.devices import Built

_STEP = re.compile(r"(?:te_)?step(\d+)(?:_\w+)?(?:\.\d+)?")  # constants, parameters, calls
_ARENA = re.compile(r"arena|_ZN\w*5arenaE")  # of the aot runtime, and TFLM's in C++
_MODEL = re.compile(r"\b(?:model|weights)\.c")  # the objects that have them
_SOURCE = re.compile(r"runtime/(\w+/\w+\.[cS])$")
#: what bytes are for, in the order in which tables list it
GROUPS = (
    "layers: weights and tables",
    "layers: their own code",
    "kernels that layers share",
    "model: calls and description",
    "runtime",
    "application and protocol",
    "port: start-up, UART, timer",
    "C library, compiler runtime and linker",
    "padding",
    "arena",
    "stack",
)
_COMPONENTS = {
    "model": GROUPS[3],
    "runtime": GROUPS[4],
    "app": GROUPS[5],
    "port": GROUPS[6],
    "library": GROUPS[7],
    "padding": GROUPS[8],
    "stack": GROUPS[10],
}


def measure(built: Built) -> SizeReport:
    """Attribute every byte. Raises ToolError if ELF or map are damaged."""
    firmware, report = built.firmware, built.report
    found = attribution.parts(built.artifact.elf, built.artifact.map, firmware.board)
    graph, plan = firmware.loaded.graph, firmware.plan
    symbols = tuple(_symbols(found, graph, plan))
    return SizeReport(
        model=report.model,
        sha256=report.sha256,
        board=report.board,
        runtime=report.runtime,
        optimize=report.optimize,
        elf_sha256=report.elf_sha256,
        flash_total_bytes=sum(symbol.flash_bytes for symbol in symbols),
        flash_available=report.flash_available,
        ram_total_bytes=sum(symbol.ram_bytes for symbol in symbols),
        ram_available=report.ram_available,
        sections=report.sections,
        groups=_groups(symbols),
        layers=tuple(_layers(symbols, graph, plan)),
        kernels=tuple(_kernels(symbols, plan)),
        objects=_objects(symbols),
        symbols=symbols,
    )


@dataclass(frozen=True)
class _Users:
    """Which steps of a plan need which code."""

    plan: Plan

    @cached_property
    def of_symbol(self) -> dict[str, set[int]]:
        """Kernels and their instantiations by name."""
        found: dict[str, set[int]] = {}
        for step in self.plan.steps:
            kernels = (step.kernel, *(call.kernel for call in step.calls))
            for name in (*kernels, *(instance.name for instance in step.instances)):
                found.setdefault(name, set()).add(step.index)
        return found

    @cached_property
    def of_source(self) -> dict[str, set[int]]:
        """Files below the runtime's kernels."""
        found: dict[str, set[int]] = {}
        for step in self.plan.steps:
            for source in step.sources:
                found.setdefault(source, set()).add(step.index)
        return found

    def steps(self, part: Part | SymbolBytes) -> set[int]:
        """Of the whole plan, the steps that need this code; empty: it is no kernel's."""
        if part.symbol in self.of_symbol:
            return self.of_symbol[part.symbol]
        source = _SOURCE.search(part.object)
        return self.of_source.get(source[1], set()) if source else set()

    def kernel(self, symbol: str, steps: set[int]) -> str:
        """What the code is counted for: a kernel by its name, a helper by who calls it."""
        called = {call.kernel for step in self.plan.steps for call in step.calls}
        kernels = {self.plan.steps[index].kernel for index in steps}
        return symbol if symbol in kernels | called else " + ".join(sorted(kernels))


def _symbols(parts: Iterable[Part], graph: Graph, plan: Plan | None) -> Iterator[SymbolBytes]:
    users = _Users(plan) if plan else None
    for part in parts:
        if plan is None and size.MODEL_DATA.fullmatch(part.symbol):
            yield from _tflite(part, graph)
            continue
        if users is None:
            yield _symbol(part)
            continue
        owner = _STEP.fullmatch(part.symbol) if _MODEL.search(part.object) else None
        steps = {int(owner[1])} if owner else users.steps(part)
        kernel = "" if owner or not steps else users.kernel(part.symbol, steps)
        yield _symbol(part, min(steps) if len(steps) == 1 else None, kernel)


def _symbol(part: Part, layer: int | None = None, kernel: str = "") -> SymbolBytes:
    return SymbolBytes(
        section=part.section,
        symbol=part.symbol,
        library=part.library,
        object=part.object,
        component=part.component,
        layer=layer,
        kernel=kernel,
        group=_group(part, layer, kernel),
        flash_bytes=part.flash_bytes,
        ram_bytes=part.ram_bytes,
    )


def _tflite(part: Part, graph: Graph) -> Iterator[SymbolBytes]:
    """A .tflite in flash: each operator's constants (the first that reads them), and the rest."""
    left, seen = part.flash_bytes, set()
    for op in graph.ops:
        fresh = [t for t in op.inputs if t.is_constant and t.index not in seen]
        seen |= {tensor.index for tensor in fresh}
        count = min(left, sum(tensor.bytes for tensor in fresh))
        left -= count
        if count:
            named = f"{part.symbol}: {op.index} {op.kind}"
            yield _symbol(
                Part(part.section, named, *_place(part), count, min(count, part.ram_bytes)),
                op.index,
            )
    named = f"{part.symbol}: structure"
    yield _symbol(Part(part.section, named, *_place(part), left, min(left, part.ram_bytes)))


def _place(part: Part) -> tuple[str, str, str, str]:
    return part.object, part.library, part.component, part.input


def _group(part: Part, layer: int | None, kernel: str) -> str:
    """Which of GROUPS the bytes are."""
    if layer is not None:
        constants = size.STEP.fullmatch(part.symbol) or size.MODEL_DATA.match(part.symbol)
        return GROUPS[0] if constants else GROUPS[1]
    if part.symbol == size.IMAGE:
        return GROUPS[0]
    if kernel:
        return GROUPS[2]
    if part.component == "model" and _ARENA.fullmatch(part.symbol):
        return GROUPS[9]
    return _COMPONENTS[part.component]


def _groups(symbols: Iterable[SymbolBytes]) -> tuple[SizeGroup, ...]:
    flash, ram = Counter[str](), Counter[str]()
    for symbol in symbols:
        flash[symbol.group] += symbol.flash_bytes
        ram[symbol.group] += symbol.ram_bytes
    return tuple(
        SizeGroup(name=name, flash_bytes=flash[name], ram_bytes=ram[name])
        for name in GROUPS
        if flash[name] or ram[name]
    )


def _layers(
    symbols: Iterable[SymbolBytes], graph: Graph, plan: Plan | None
) -> Iterator[LayerBytes]:
    weights, code, shared = Counter[int](), Counter[int](), Counter[int]()
    users = _Users(plan) if plan else None
    for symbol in symbols:
        if symbol.layer is not None:
            counter = weights if symbol.group == GROUPS[0] else code
            counter[symbol.layer] += symbol.flash_bytes
        elif users and symbol.kernel:
            for step in users.steps(symbol):
                shared[step] += symbol.flash_bytes
    for index, layer in enumerate(profile.layers(graph, plan)):
        yield LayerBytes(
            index=index,
            name=layer.name,
            kernel=layer.kernel,
            weight_bytes=weights[index],
            code_bytes=code[index],
            flash_bytes=weights[index] + code[index],
            shared_bytes=shared[index],
            arena_bytes=layer.arena_bytes,
        )


def _kernels(symbols: Iterable[SymbolBytes], plan: Plan | None) -> Iterator[KernelBytes]:
    if plan is None:
        return
    count, users = Counter[str](), _Users(plan)
    running: dict[str, set[int]] = {}
    for symbol in symbols:
        if symbol.kernel:
            count[symbol.kernel] += symbol.flash_bytes
            running.setdefault(symbol.kernel, set()).update(users.steps(symbol))
    for name, bytes_ in sorted(count.items(), key=lambda item: (-item[1], item[0])):
        yield KernelBytes(name=name, layers=tuple(sorted(running[name])), flash_bytes=bytes_)


def _objects(symbols: Iterable[SymbolBytes]) -> tuple[LibraryBytes, ...]:
    flash, ram = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]]()
    for symbol in symbols:
        key = (symbol.library, symbol.object, symbol.component)
        flash[key] += symbol.flash_bytes
        ram[key] += symbol.ram_bytes
    return tuple(
        LibraryBytes(
            library=library,
            object=name,
            component=component,
            flash_bytes=flash[library, name, component],
            ram_bytes=ram[library, name, component],
        )
        for library, name, component in sorted(flash, key=lambda key: (-flash[key], -ram[key], key))
    )
