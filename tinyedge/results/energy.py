"""What an inference takes of a board's supply."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tinyedge.results.device import Spread
from tinyedge.results.fields import BoardId, ModelName, Result, Runtime, Sha256, Url


class EnergyReport(Result, frozen=True, kw_only=True):
    """``tinyedge energy``: joules an inference, by a power monitor."""

    schema: Literal["tinyedge-energy/1"] = "tinyedge-energy/1"
    model: ModelName
    sha256: Sha256
    elf_sha256: Annotated[str, Meta(description="SHA-256 of the firmware")]
    board: BoardId
    runtime: Runtime
    url: Url
    meter: Annotated[str, Meta(description="The power monitor, as --meter names it")]
    aligned_by: Annotated[
        Literal["mark", "link"],
        Meta(description="What says when the model ran: the pin, or time stamps of the host"),
    ]
    inferences: Annotated[int, Meta(ge=1, description="That count, each with another input")]
    discarded: Annotated[int, Meta(ge=0, description="In which the monitor has lost samples")]
    damaged: Annotated[int, Meta(ge=0, description="Measurements lost or damaged")]
    joules: Annotated[Spread, Meta(description="Of an inference")]
    seconds: Annotated[Spread, Meta(description="Of an inference, by the monitor's clock")]
    watts: Annotated[float, Meta(description="Mean power in an inference, median of them")]
    idle_watts: Annotated[float | None, Meta(description="Between inferences, median; null: none")]
    samples: Annotated[float, Meta(ge=0, description="Of the monitor in an inference, median")]
    rate_hz: Annotated[float, Meta(ge=0, description="Samples a second")]
    emulated: Annotated[bool, Meta(description="The device is no board: so are the figures")]
