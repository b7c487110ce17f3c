"""Keys, packages, and the models that a device has."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tinyedge.results.fields import BoardId, Fraction, ModelName, Result, Sha256, Url

Version = Annotated[str, Meta(description="MAJOR.MINOR.PATCH")]


class KeysReport(Result, frozen=True, kw_only=True):
    """``tinyedge keys``: a new pair that signs packages, or the key of one device."""

    schema: Literal["tinyedge-keys/1"] = "tinyedge-keys/1"
    secret: Annotated[str, Meta(description="Path of the key to keep to yourself")]
    public: Annotated[str, Meta(description="Path of the key that firmware checks with, or empty")]
    device: Annotated[str, Meta(description="Name of the device whose key it is, or empty")]


class PackageReport(Result, frozen=True, kw_only=True):
    """``tinyedge package``: a signed model for one board."""

    schema: Literal["tinyedge-package/1"] = "tinyedge-package/1"
    model: ModelName
    sha256: Sha256
    board: BoardId
    version: Version
    downgrade: Annotated[bool, Meta(description="Whether it may replace a newer model")]
    architecture: Annotated[str, Meta(description="SHA-256 of the code that runs it, 64 digits")]
    accuracy: Annotated[
        Fraction | None,
        Meta(description="int8, test split; of what adapt wrote: held out; null: not known"),
    ]
    content_bytes: Annotated[int, Meta(ge=1, description="What a device is sent and keeps")]
    vectors: Annotated[int, Meta(ge=0, description="Samples of the device's self-test")]
    path: str


class SlotModel(Result, frozen=True, kw_only=True):
    """A model that a device has."""

    slot: Annotated[int, Meta(ge=-1, le=1, description="-1: compiled into the firmware")]
    name: str
    version: Version
    sha256: Annotated[str, Meta(description="Of the .tflite; empty: the firmware's own")]
    accuracy: Fraction | None
    active: bool


class VersionsReport(Result, frozen=True, kw_only=True):
    """``tinyedge versions``, ``update`` and ``rollback``: what a device has, and what runs."""

    schema: Literal["tinyedge-versions/1"] = "tinyedge-versions/1"
    model: ModelName
    board: BoardId
    url: Url
    models: tuple[SlotModel, ...]
    active: Annotated[int, Meta(ge=-1, le=1)]
    previous: Annotated[int, Meta(ge=-1, le=1, description="What runs after a rollback")]
    trial: Annotated[bool, Meta(description="Whether a restart would roll it back")]
    crashes: Annotated[int, Meta(ge=0, description="Since it was activated; 3 roll it back")]
    slot_bytes: Annotated[int, Meta(ge=0, description="Room of a slot")]
    lasts: Annotated[bool, Meta(description="false: slots in RAM, which a restart forgets")]
    compared: Annotated[int, Meta(ge=0, description="Answers of the new model that were checked")]
    differing: Annotated[int, Meta(ge=0, description="Of them, not the reference's")]
