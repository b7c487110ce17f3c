"""``tinyedge data``: what a recipe's data set holds, and what to clean."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from tinyedge import dataset as datasets
from tinyedge import recipe as recipes
from tinyedge.cli import _console
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import json_option, save, workspace_option
from tinyedge.dataset import Dataset, cleaning
from tinyedge.recipe import Recipe
from tinyedge.results import DataReport
from tinyedge.train import preview
from tinyedge.workspace import Workspace, write_atomic

CONTACT, AUGMENTED = "contact.png", "augmented.png"
_PREVIEWED, _VARIANTS = 6, 9  # pictures of the preview, and how often each is changed


@click.command(
    epilog=by_example(
        ("tinyedge data my/recipe.toml --json data.json", "before a training that takes long"),
    )
)
@click.argument("recipe", metavar="RECIPE")
@workspace_option
@json_option
def command(recipe: str, workspace: Workspace, json_path: Path | None) -> None:
    """Look through RECIPE's data set: splits, duplicates, near-constant samples, balance, spread.

    Draws a contact sheet of all classes and, if the recipe has [augment], a preview of that.
    """
    loaded = recipes.load(recipe)
    folder = workspace.model(loaded.name)
    with _console.progress(f"read {loaded.name}") as advance:
        kept = workspace.samples(loaded.name)
        dataset = datasets.load(loaded.data, loaded.path, kept, advance)
        report = cleaning.examine(loaded.name, dataset, advance)
    write_atomic(folder / CONTACT, cleaning.contact_sheet(dataset))
    report = msgspec.structs.replace(
        report,
        contact_path=str(folder / CONTACT),
        augmented_path=_preview(loaded, dataset, folder),
    )
    _console.show(_balance(report), _facts(report))
    for advice in report.advice:
        _console.note(advice)
    save(json_path, report)


def _preview(recipe: Recipe, dataset: Dataset, folder: Path) -> str:
    """Draw it; empty if the recipe changes nothing."""
    if recipe.augment is None:
        return ""
    rows = [
        (
            dataset.classes[int(dataset.train.labels[which])],
            preview.variants(dataset.train, recipe.augment, which, _VARIANTS),
        )
        for which in range(min(_PREVIEWED, len(dataset.train)))
    ]
    write_atomic(folder / AUGMENTED, cleaning.sheet(rows))
    return str(folder / AUGMENTED)


def _balance(report: DataReport) -> object:
    rows: list[tuple[object, ...]] = [
        (name, *(split.each[label] for split in report.splits))
        for label, name in enumerate(report.class_names)
    ]
    rows.append(("all", *(split.samples for split in report.splits)))
    columns = ["class", *(f">{split.split}" for split in report.splits)]
    return _console.table(f"Samples of {report.dataset}", columns, rows)


def _facts(report: DataReport) -> object:
    return _console.facts(
        "Cleaning",
        [
            ("sample", " x ".join(map(str, report.shape))),
            ("mean, by channel", ", ".join(f"{value:.4f}" for value in report.mean)),
            ("spread, by channel", ", ".join(f"{value:.4f}" for value in report.spread)),
            ("largest by smallest class", f"{report.imbalance:.2f}"),
            ("samples that repeat another", report.duplicate_samples),
            ("nearly one colour", report.constant_samples),
            ("files left out", len(report.skipped)),
            ("contact sheet", report.contact_path),
            ("augmentation", report.augmented_path or "none"),
        ],
    )
