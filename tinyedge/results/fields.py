"""Types that several results share; the text becomes the JSON Schema's description."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

TickUnit = Literal["instructions", "cycles", "ns", "us", "ticks"]

ModelName = Annotated[str, Meta(description="Name of the recipe, or of the .tflite file")]
Sha256 = Annotated[str, Meta(description="SHA-256 of the .tflite file, 64 hex digits")]
BoardId = Annotated[str, Meta(description='Board id, as "tinyedge boards" lists it')]
Runtime = Annotated[str, Meta(description='What executes the model: "aot" or "tflm"')]
Optimize = Annotated[
    Literal["speed", "size"], Meta(description="What compiler and C compiler aim at")
]
Macs = Annotated[int, Meta(ge=0, description="Multiply-accumulates per inference")]
Arena = Annotated[int, Meta(ge=0, description="Bytes of RAM reserved for tensors and scratch")]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Flash = Annotated[int, Meta(ge=0, description="Bytes of program memory")]
Code = Annotated[int, Meta(ge=0, description="Everything but weights and tables")]
RuntimeCode = Annotated[
    int | None,
    Meta(description="Of flash_code_bytes: kernels, layers and their parameters; null: not known"),
]
Ram = Annotated[int, Meta(ge=0, description="Bytes of RAM")]
Unit = Annotated[TickUnit, Meta(description="What a tick of the board's timer measures")]
Matrix = tuple[tuple[int, ...], ...]
Url = Annotated[str, Meta(description="Where the device answers: a serial port or a URL")]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Base of everything that is written as JSON."""
