"""What is known of a data set: ``tinyedge data``."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tinyedge.results.fields import ModelName, Result
from tinyedge.results.model import SkippedFile

Sample = Annotated[str, Meta(description='Split and place in it, e.g. "train 12"')]
Count = Annotated[int, Meta(ge=0)]


class SplitBalance(Result, frozen=True, kw_only=True):
    """Samples of one split, in all and of each class."""

    split: Annotated[str, Meta(description='"train", "validation" or "test"')]
    samples: Count
    each: Annotated[tuple[int, ...], Meta(description="By class, in the order of the classes")]


class Duplicates(Result, frozen=True, kw_only=True):
    """Samples whose pixels are all the same."""

    samples: tuple[Sample, ...]
    across: Annotated[bool, Meta(description="In more than one split: the test is no longer fair")]
    contradict: Annotated[bool, Meta(description="Of more than one class")]


class DataReport(Result, frozen=True, kw_only=True):
    """``tinyedge data``: what a recipe's data set holds, and what to clean."""

    schema: Literal["tinyedge-data/1"] = "tinyedge-data/1"
    model: ModelName
    dataset: Annotated[str, Meta(description="Name of the data set")]
    dataset_sha256: Annotated[str, Meta(description="SHA-256 over its samples")]
    shape: Annotated[tuple[int, ...], Meta(description="Height, width, channels of a sample")]
    class_names: tuple[str, ...]
    splits: tuple[SplitBalance, ...]
    imbalance: Annotated[float, Meta(ge=1, description="Largest by smallest class, training split")]
    mean: Annotated[tuple[float, ...], Meta(description="By channel, training split, as the input")]
    spread: Annotated[tuple[float, ...], Meta(description="Standard deviation, the same way")]
    duplicates: Annotated[tuple[Duplicates, ...], Meta(description="The first of them")]
    duplicate_samples: Annotated[int, Meta(ge=0, description="Samples that repeat another one")]
    constant: Annotated[tuple[Sample, ...], Meta(description="Nearly one colour; the first")]
    constant_samples: Count
    skipped: Annotated[tuple[SkippedFile, ...], Meta(description="Damaged or foreign files")]
    advice: Annotated[tuple[str, ...], Meta(description="What to do about it")]
    contact_path: Annotated[str, Meta(description="Picture: samples of each class")]
    augmented_path: Annotated[str, Meta(description="Picture: augmented samples; empty: none are")]
