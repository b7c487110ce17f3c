"""The cleaning report finds what was put there, and the sheets are pictures."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.support.data import needs_data, needs_package
from tinyedge import results
from tinyedge.cli import cli
from tinyedge.dataset import Dataset, Skipped, Split, cleaning
from tinyedge.results import DataReport

PNG = b"\x89PNG\r\n\x1a\n"


def _dataset(skipped: tuple[Skipped, ...] = ()) -> Dataset:
    raw = np.random.RandomState(1).randint(0, 256, (60, 4, 4, 3)).astype(np.uint8)
    labels = np.array([0] * 50 + [1] * 10)
    order = np.arange(60) * 7 % 60
    raw, labels = raw[order], labels[order]
    parts = {
        name: Split(raw[part], labels[part], 255, (-1.0, 1.0))
        for name, part in (
            ("train", slice(0, 40)), ("validation", slice(40, 50)), ("test", slice(50, 60)),
        )
    }  # fmt: skip
    return Dataset("made", **parts, classes=("a", "b"), skipped=skipped)


def _examine(dataset: Dataset) -> DataReport:
    return cleaning.examine("x", dataset, lambda _done, _all: None)


def test_a_clean_set_has_nothing_to_say_but_its_balance() -> None:
    dataset = _dataset()
    report = _examine(dataset)
    assert (report.duplicate_samples, report.constant_samples) == (0, 0)
    assert [split.samples for split in report.splits] == [40, 10, 10]
    assert np.allclose(report.mean, dataset.train.inputs.mean(axis=(0, 1, 2)), atol=1e-6)
    assert np.allclose(report.spread, dataset.train.inputs.std(axis=(0, 1, 2)), atol=1e-5)
    counts = np.bincount(dataset.train.labels)
    assert report.imbalance == counts.max() / counts.min()
    assert [line for line in report.advice if "balanced" not in line] == []


def test_what_is_wrong_is_counted_and_named() -> None:
    dataset = _dataset((Skipped("a/x.txt", "foreign"),))
    dataset.train.raw[3] = dataset.train.raw[7]
    dataset.test.raw[2] = dataset.train.raw[5]
    dataset.test.labels[2] = 1 - dataset.train.labels[5]
    dataset.validation.raw[4] = 100
    dataset.validation.raw[4, 0, 0] = 102
    report = _examine(dataset)
    assert report.duplicate_samples == 2
    first, second = report.duplicates
    assert (first.samples, first.across) == (("train 3", "train 7"), False)
    assert (second.samples, second.across, second.contradict) == (
        ("train 5", "test 2"), True, True,
    )  # fmt: skip
    assert report.constant == ("validation 4",)
    told = "\n".join(report.advice)
    for part in ("in more than one split", "another class", "nearly one colour", "left out"):
        assert part in told


def test_sheets_are_pictures() -> None:
    assert cleaning.contact_sheet(_dataset()).startswith(PNG)
    assert cleaning.sheet([("x", np.zeros((3, 4, 4, 1)))]).startswith(PNG)


@pytest.mark.parametrize("augment", [False, True])
def test_the_verb_writes_report_and_sheets(tmp_path: Path, augment: bool) -> None:
    needs_data("digits")
    if augment:
        needs_package("tensorflow")
    from tinyedge import recipe  # noqa: PLC0415

    text = recipe.load("digits-cnn").path.read_text()
    (tmp_path / "recipe.toml").write_text(text + ("\n[augment]\n" if augment else ""))
    out = tmp_path / "out.json"
    where = ["--workspace", str(tmp_path / "build"), "--json", str(out)]
    arguments = ["data", str(tmp_path / "recipe.toml"), *where]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    report = results.read(out, DataReport)
    assert [split.samples for split in report.splits] == [1258, 180, 359]
    assert sum(sum(split.each) for split in report.splits) == 1797
    assert Path(report.contact_path).read_bytes().startswith(PNG)
    assert bool(report.augmented_path) is augment
    if augment:
        assert Path(report.augmented_path).read_bytes().startswith(PNG)
