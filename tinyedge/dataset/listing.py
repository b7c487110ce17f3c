"""A folder with one subfolder a class -> the files of each split, in an order fixed by the seed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tinyedge.dataset.split import parts
from tinyedge.dataset.types import Skipped
from tinyedge.errors import ConfigError, TinyedgeError, near_match
from tinyedge.recipe import Data

SPLITS = ("train", "validation", "test")
_FOLDERS = {"train": ("train",), "validation": ("validation", "val", "valid"), "test": ("test",)}
_HINT = "put the files of each class into a subfolder of its name"


@dataclass(frozen=True)
class File:
    """One sample's file and its class."""

    path: Path
    label: int


@dataclass(frozen=True)
class Listing:
    """The files of the three splits, in order of SPLITS; ``foreign`` are files of other kinds."""

    root: Path
    classes: tuple[str, ...]
    splits: tuple[tuple[File, ...], ...]
    foreign: tuple[Skipped, ...]


def scan(root: Path, suffixes: tuple[str, ...], data: Data, recipe: Path) -> Listing:
    """List the files below ``root`` that end in one of ``suffixes``.

    With a subfolder "train", the splits are subfolders (validation and test are held back from
    it where they have none); else all files are split by ``data.seed``. Raises ConfigError if
    the folder does not hold what the recipe says.
    """
    given = _folders(root)
    _require_fractions(given, data, recipe)
    train = given["train"]
    assert train is not None
    classes = titles(root, data, recipe)
    finder = _Finder(root, suffixes)
    found: dict[str, list[File]] = {}
    for name, folder in given.items():
        if folder is not None:
            found[name] = finder.files(folder, classes, data, recipe)
    _require_enough(found["train"], classes, data, train)
    own = {name: tuple(files) for name, files in found.items() if name != "train"}
    cut = parts(len(found["train"]), data, validates="validation" in own, tests="test" in own)
    drawn = {name: tuple(found["train"][i] for i in order) for name, order in cut.items()}
    return Listing(
        root, classes, tuple((drawn | own)[name] for name in SPLITS), tuple(finder.foreign)
    )


def walk(root: Path, suffixes: tuple[str, ...], label: Callable[[Path], int]) -> list[File]:
    """All samples below ``root``, of every split; ``label`` says the class of a subfolder."""
    finder = _Finder(root, suffixes)
    return [
        File(path, label(folder))
        for split in _folders(root).values()
        if split is not None
        for folder in _subfolders(split)
        for path in finder.below(folder)
    ]


def unlabelled(root: Path, suffixes: tuple[str, ...]) -> list[File]:
    """All samples in and below ``root``, in subfolders of any name; their label says nothing."""
    return [File(path, 0) for path in _Finder(root, suffixes).below(root)]


def titles(root: Path, data: Data, recipe: Path) -> tuple[str, ...]:
    """The recipe's classes, else the names of all subfolders, sorted; ``data.others`` last.

    Raises ConfigError for a class without a subfolder, or if there are fewer than two.
    """
    train = _folders(root)["train"]
    assert train is not None
    present = [path.name for path in _subfolders(train)]
    for name in data.classes:
        if name not in present:
            raise ConfigError(
                f'{recipe}: data.classes: {train} has no subfolder "{name}"'
                f"{near_match(name, present)}",
                f"subfolders: {', '.join(present)}",
            )
    classes = data.classes or tuple(name for name in present if name != data.others)
    if data.others is not None:
        classes = (*classes, data.others)
    if len(set(classes)) < max(2, len(classes)):
        raise ConfigError(
            f"{recipe}: the classes in {train} are not two or more different ones: "
            f"{', '.join(classes) or 'none'}",
            _HINT,
        )
    return classes


def _folders(root: Path) -> dict[str, Path | None]:
    """The folder of each split; all samples are below ``root`` if it has no "train"."""
    given = {name: _first(root, _FOLDERS[name]) for name in SPLITS}
    return given if given["train"] else {**dict.fromkeys(SPLITS), "train": root}


def _first(root: Path, names: tuple[str, ...]) -> Path | None:
    return next((root / name for name in names if (root / name).is_dir()), None)


def _require_fractions(given: dict[str, Path | None], data: Data, recipe: Path) -> None:
    if given["test"] is not None and data.test is not None:
        raise ConfigError(
            f"{recipe}: data.test has no use: {given['test']} is the test split",
            "remove data.test",
        )
    if given["test"] is None and data.test is None:
        raise ConfigError(
            f'{recipe}: "data.test" is missing: {data.path} has no subfolder "test" beside "train"',
            "write the fraction to hold back, e.g. test = 0.2",
        )


def _subfolders(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


@dataclass(frozen=True)
class _Finder:
    """Finds samples by their suffix; files of other kinds go to ``foreign``."""

    root: Path
    suffixes: tuple[str, ...]
    foreign: list[Skipped] = field(default_factory=list)

    def files(self, folder: Path, classes: tuple[str, ...], data: Data, recipe: Path) -> list[File]:
        """All samples of one folder of classes, sorted."""
        labels = {name: label for label, name in enumerate(classes)}
        files: list[File] = []
        for path in sorted(path for path in folder.iterdir() if not path.is_dir()):
            self._leave(path, "in no class's folder")
        for sub in _subfolders(folder):
            label = labels.get(sub.name)
            if label is None and data.others is not None:
                label = labels[data.others]
            if label is None and not data.classes:
                raise ConfigError(
                    f'{recipe}: {sub} is of no class: the train folder has no "{sub.name}"',
                    f"classes: {', '.join(classes)}",
                )
            if label is not None:
                files += [File(path, label) for path in self.below(sub)]
        return files

    def below(self, folder: Path) -> list[Path]:
        """All samples in it and its subfolders."""
        found = []
        for where, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                path = Path(where, name)
                if path.suffix.lower() in self.suffixes and not name.startswith("."):
                    found.append(path)
                else:
                    self._leave(path, f"not {', '.join(self.suffixes)}")
        return found

    def _leave(self, path: Path, reason: str) -> None:
        self.foreign.append(Skipped(path.relative_to(self.root).as_posix(), reason))


def _require_enough(files: list[File], classes: tuple[str, ...], data: Data, folder: Path) -> None:
    counts = Counter(file.label for file in files)
    require_enough(counts, classes, data, folder)


def require_enough(
    counts: Counter[int], classes: tuple[str, ...], data: Data, folder: Path, more: str = ""
) -> None:
    """Raise TinyedgeError naming the classes with fewer files than ``data.minimum``."""
    few = [
        f'"{title}" {counts[label]}'
        for label, title in enumerate(classes)
        if counts[label] < data.minimum
    ]
    if few:
        raise TinyedgeError(
            f"{folder}: fewer than {data.minimum} files of class {', '.join(few)}{more}",
            "add files, leave the class out with data.classes, or lower data.minimum",
        )
