"""What a page has nothing to show for: why, and the command that fills it."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.report.data import ReportData


@dataclass(frozen=True)
class Need:
    """One sentence, and the command that it is about."""

    why: str
    command: str


@dataclass(frozen=True)
class Missing:
    """One for each section that may be empty; shown only if it is."""

    accuracy: Need
    classes: Need
    pictures: Need
    latency: Need
    arena: Need
    noise: Need
    link: Need
    training: Need


def reasons(data: ReportData) -> Missing:
    """For this model, board and runtime."""
    model, validate = data.target.split(" --", 1)[0], f"tinyedge validate {data.target}"
    recipe = data.quantize is not None
    labels = validate if recipe else f"{validate} --inputs samples.npz"
    answers = "Needs labelled samples"
    return Missing(
        accuracy=Need(f"{answers}:", labels),
        classes=Need(f"{answers} of several classes:", labels),
        pictures=Need("Needs a recipe whose test split has classes:", _pictures(data, validate)),
        latency=_latency(data),
        arena=Need(
            "TensorFlow Lite Micro places its tensors itself when it starts; the compiler's plan:",
            f"tinyedge report {model} --board {data.board.id} --runtime aot",
        ),
        noise=_noise(data, model, recipe),
        link=Need("Nothing was counted on the link:", validate),
        training=_training(data, model),
    )


def _training(data: ReportData, model: str) -> Need:
    if data.train and data.train.imported:
        why = (
            f"Not trained here but imported. {data.train.imported.comparison}. To import it again:"
        )
        return Need(why, f"tinyedge train {model} --force")
    return Need("This .tflite was not trained here; with a recipe:", "tinyedge train RECIPE")


def _pictures(data: ReportData, validate: str) -> str:
    return validate if data.train else f"tinyedge validate RECIPE --board {data.board.id}"


def _latency(data: ReportData) -> Need:
    if data.board.run == "simulated":
        why = "The simulator's clock is not the board's; instructions on an emulated board:"
        return Need(why, f"tinyedge profile {data.target.split(' --', 1)[0]} --runtime aot")
    if data.board.id == "host" and data.bench.runtime == "tflm":
        why = "TensorFlow Lite Micro's wheel tells no times by layer; the aot runtime does:"
        return Need(why, f"tinyedge profile {data.target.split(' --', 1)[0]} --board host")
    return Need("No layer was timed with this firmware:", f"tinyedge profile {data.target}")


def _noise(data: ReportData, model: str, recipe: bool) -> Need:
    if recipe:
        return Need("No layer was compared yet:", f"tinyedge quantize {model} --layers")
    if data.board.id == "host" and data.bench.runtime == "tflm":
        why = "TensorFlow Lite Micro's wheel does not tell what layers write; the aot runtime does:"
        return Need(why, f"tinyedge debug {model} --board host --runtime aot")
    return Need("No layer was compared yet:", f"tinyedge debug {data.target}")
