"""Files -> one array of samples, read in parallel, kept in a file that is mapped into memory."""

from __future__ import annotations

import hashlib
import importlib
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset.listing import SPLITS, File, Listing, require_enough
from tinyedge.dataset.source import SOURCES
from tinyedge.dataset.split import require_classes
from tinyedge.dataset.types import Dataset, Skipped, Split
from tinyedge.errors import TinyedgeError
from tinyedge.recipe import Data
from tinyedge.workspace import sources_sha256, write_atomic

Advance = Callable[[int, int], None]
"""Called with (done, total) files."""

_AT_ONCE = 64  # files that are read before their samples are written
_MOST_READERS = 8


class Reader(Protocol):
    """Turns one kind of file into ``per_file`` samples of ``shape`` (height, width, channels).

    ``settings`` says all that the samples depend on besides the file.
    """

    suffixes: tuple[str, ...]
    shape: tuple[int, int, int]
    per_file: int
    settings: str

    def read(self, path: Path) -> NDArray[np.uint8]:
        """(per_file, *shape), 0 ... 255. Raises ValueError saying why the file is no sample."""


def reader(data: Data, path: Path) -> Reader:
    """What reads the files of the recipe's source; ``path`` is the recipe."""
    source = SOURCES[data.source]
    made: Reader = getattr(importlib.import_module(source.module), source.function)(data, path)
    return made


class _Index(msgspec.Struct, frozen=True):
    """What is beside the array: samples and labels of each split, and the array's SHA-256."""

    key: str
    sha256: str
    labels: tuple[tuple[int, ...], ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class _Kept:
    """The two files of one recipe's samples."""

    array: Path
    index: Path


def load(
    listing: Listing,
    reader: Reader,
    data: Data,
    recipe: Path,
    *,
    folder: Path | None,
    advance: Advance,
) -> Dataset:
    """Read the listed files, or take what an earlier call has left in ``folder``.

    Files that cannot be read are skipped and listed. Without a folder the samples are kept in
    memory. Raises TinyedgeError if a class has too few files left, ConfigError if a split lacks
    a class.
    """
    with _place(folder) as where:
        kept = _Kept(where / "samples.bin", where / "samples.json")
        key = _key(listing, reader)
        index = _earlier(kept, key)
        if index is None:
            index = _read_all(listing, reader, kept, key, advance)
        raw = _map(kept.array, index, reader, in_memory=folder is None)
    dataset = _dataset(raw, index, listing, data)
    skipped = f"; {len(index.skipped)} files were skipped" if index.skipped else ""
    _require_enough(index, listing, reader, data, skipped)
    require_classes(dataset, recipe)
    return dataset


def gather(
    files: Sequence[File], reader: Reader, count: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64], tuple[Skipped, ...]]:
    """The samples of the first ``files`` in memory, until ``count`` are there, and their labels.

    What is no sample is left out, and named with the reason.
    """
    found: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    skipped: list[Skipped] = []
    for file, samples in _parallel(files, reader, lambda _done, _total: None):
        if isinstance(samples, str):
            skipped.append(Skipped(str(file.path), samples))
            continue
        found.append(samples)
        labels += [file.label] * len(samples)
        if len(labels) >= count:
            break
    raw = np.concatenate([np.empty((0, *reader.shape), np.uint8), *found])
    return raw, np.array(labels, np.int64), tuple(skipped)


@contextmanager
def _place(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TinyedgeError(
                f"{folder} could not be made: {error.strerror}",
                "choose another folder with --workspace",
            ) from error
        yield folder
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _key(listing: Listing, reader: Reader) -> str:
    """Digest of the files (by name, size and time) and of all that makes samples of them."""
    parts = [reader.settings, repr(listing.classes), sources_sha256(Path(__file__).parent)]
    parts += [repr([(skip.path, skip.reason) for skip in listing.foreign])]
    for files in listing.splits:
        for file in files:
            stat = file.path.stat()
            name = file.path.relative_to(listing.root).as_posix()
            parts.append(f"{name} {file.label} {stat.st_size} {stat.st_mtime_ns}")
        parts.append("")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _earlier(kept: _Kept, key: str) -> _Index | None:
    """The index of whole and current samples; None if they have to be read."""
    try:
        index = msgspec.json.decode(kept.index.read_bytes(), type=_Index)
        if index.key != key:
            return None
        with kept.array.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != index.sha256:
                return None
    except (OSError, ValueError):
        return None
    return index


def _read_all(listing: Listing, reader: Reader, kept: _Kept, key: str, advance: Advance) -> _Index:
    kept.index.unlink(missing_ok=True)  # it vouches for the array
    files = [file for split in listing.splits for file in split]
    bounds = np.cumsum([0, *(len(split) for split in listing.splits)])
    labels: list[list[int]] = [[] for _ in SPLITS]
    skipped = list(listing.foreign)
    digest = hashlib.sha256()
    temporary = kept.array.with_suffix(".part")
    try:
        with temporary.open("wb") as stream:
            for number, (file, samples) in enumerate(_parallel(files, reader, advance)):
                if isinstance(samples, str):
                    name = file.path.relative_to(listing.root).as_posix()
                    skipped.append(Skipped(name, samples))
                    continue
                split = int(np.searchsorted(bounds, number, "right")) - 1
                labels[split] += [file.label] * reader.per_file
                stream.write(samples.tobytes())
                digest.update(samples.tobytes())
        temporary.replace(kept.array)
    except OSError as error:
        raise TinyedgeError(
            f"{temporary} could not be written: {error.strerror}",
            "free space, or choose another folder with --workspace",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    index = _Index(key, digest.hexdigest(), tuple(map(tuple, labels)), tuple(skipped))
    write_atomic(kept.index, msgspec.json.encode(index))
    return index


def _parallel(
    files: Sequence[File], reader: Reader, advance: Advance
) -> Iterator[tuple[File, NDArray[np.uint8] | str]]:
    """Each file with its samples, or with the reason why it has none, in the files' order."""
    advance(0, len(files))
    # threads: decoders and numpy's transforms let go of Python's lock
    with ThreadPoolExecutor(min(_MOST_READERS, os.cpu_count() or 1)) as pool:
        for start in range(0, len(files), _AT_ONCE):
            some = files[start : start + _AT_ONCE]
            made = pool.map(lambda file: _read(reader, file.path), some)
            yield from zip(some, made, strict=True)
            advance(start + len(some), len(files))


def _read(reader: Reader, path: Path) -> NDArray[np.uint8] | str:
    try:
        samples = reader.read(path)
    except OSError as error:
        return error.strerror or str(error)
    except ValueError as error:
        return str(error)
    assert samples.shape == (reader.per_file, *reader.shape), samples.shape
    assert samples.dtype == np.uint8
    return samples


def _map(path: Path, index: _Index, reader: Reader, *, in_memory: bool) -> NDArray[np.uint8]:
    count = sum(len(labels) for labels in index.labels)
    if count == 0 or in_memory:
        return np.fromfile(path, np.uint8).reshape(count, *reader.shape)
    return np.memmap(path, np.uint8, "r", shape=(count, *reader.shape))


def _dataset(raw: NDArray[np.uint8], index: _Index, listing: Listing, data: Data) -> Dataset:
    ends = np.cumsum([len(labels) for labels in index.labels])
    splits = {
        name: Split(raw[end - len(labels) : end], np.array(labels, np.int64), 255, data.range)
        for name, end, labels in zip(SPLITS, ends, index.labels, strict=True)
    }
    return Dataset(data.source, **splits, classes=listing.classes, skipped=index.skipped)


def _require_enough(index: _Index, listing: Listing, reader: Reader, data: Data, more: str) -> None:
    held_back = sum(index.labels, ())  # by folder, other splits count, too: that is no less strict
    counts = Counter({label: n // reader.per_file for label, n in Counter(held_back).items()})
    require_enough(counts, listing.classes, data, listing.root, more)
