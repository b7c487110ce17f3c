"""What a device has learned."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tinyedge.results.fields import BoardId, Fraction, ModelName, Ram, Result, Sha256, Unit, Url


class AdaptEpoch(Result, frozen=True, kw_only=True):
    """All training samples once, then what was learned, quantized, on those held out."""

    loss: Annotated[float, Meta(ge=0, description="Mean cross-entropy before each step")]
    accuracy: Annotated[Fraction, Meta(description="Of the float32 layers, before each step")]
    held_out_accuracy: Annotated[Fraction, Meta(description="Of the int8 model on the device")]
    kept: Annotated[bool, Meta(description="Whether it was better than all before")]


class AdaptLayer(Result, frozen=True, kw_only=True):
    """A dense layer that was trained."""

    op: Annotated[int, Meta(ge=0, description="Operator of the .tflite file")]
    inputs: Annotated[int, Meta(ge=1)]
    outputs: Annotated[int, Meta(ge=1)]


class AdaptClass(Result, frozen=True, kw_only=True):
    """What the device answers for the samples of one class that were held out."""

    name: str
    unseen: Annotated[bool, Meta(description="Whether the network was trained without it")]
    held_out: Annotated[int, Meta(ge=1)]
    right_before: Annotated[int, Meta(ge=0)]
    right_after: Annotated[int, Meta(ge=0, description="With what the device kept")]


class AdaptReport(Result, frozen=True, kw_only=True):
    """``tinyedge adapt``: the last dense layers, trained on the device."""

    schema: Literal["tinyedge-adapt/1"] = "tinyedge-adapt/1"
    model: ModelName
    sha256: Sha256
    board: BoardId
    url: Url
    data: Annotated[str, Meta(description="Where the samples come from")]
    begun_learned: Annotated[
        bool, Meta(description="Whether it went on from what the device had learned before")
    ]
    samples: Annotated[int, Meta(ge=1, description="Trained on, in every epoch")]
    held_out: Annotated[int, Meta(ge=1, description="Never trained on: they decide")]
    layers: tuple[AdaptLayer, ...]
    learning_rate: Annotated[float, Meta(description="Of the first epoch")]
    decay: Annotated[float, Meta(description="By which each later epoch's is multiplied")]
    momentum: float
    l2: float
    batch: int
    accuracy_before: Annotated[Fraction, Meta(description="On the samples held out")]
    accuracy_after: Annotated[Fraction, Meta(description="The same, with what the device kept")]
    classes: Annotated[tuple[AdaptClass, ...], Meta(description="Of the samples held out")]
    epochs: tuple[AdaptEpoch, ...]
    kept: Annotated[bool, Meta(description="false: rolled back, the old weights run")]
    steps: Annotated[int, Meta(ge=0, description="Samples trained on in all epochs")]
    ticks: Annotated[float, Meta(ge=0, description="Of training on a sample, median")]
    tick_unit: Unit
    ram_bytes: Annotated[Ram, Meta(description="Of the layers' training, besides inference")]
    weights_equal: Annotated[bool, Meta(description="float32 weights: device's and numpy's bits")]
    answers: Annotated[int, Meta(ge=0, description="Compared with the reference on what runs now")]
    answers_differ: Annotated[int, Meta(ge=0)]
    tflite: Annotated[str, Meta(description="The model as it runs now; empty: the firmware's own")]
    tflite_sha256: Annotated[str, Meta(description="Of that file; empty: the firmware's own")] = ""
    held: Annotated[bool, Meta(description="Whether weights and answers were all equal")]
