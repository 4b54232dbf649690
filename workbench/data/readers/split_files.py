"""Which files hold a corpus: one, one per split, or a folder of them."""

import re
from collections.abc import Collection
from pathlib import Path

from workbench.config.data import DataSettings
from workbench.core.counts import listed
from workbench.data.files.opening import ending_of
from workbench.data.rows import SPLIT_NAMES, data_path
from workbench.data.splits import SPLITS
from workbench.errors import InputError
from workbench.storage.paths import listable, user_path


def split_files(settings: DataSettings, endings: Collection[str]) -> list[tuple[str | None, Path]]:
    """Return files with the split that each holds; None where the file's rows decide.

    Args:
        settings: `path` is a file, or a folder in which files are called train, dev (or val, validation)
            and test; `paths` names a file per split.
        endings: Of the files of a folder that count, without a compression.

    Raises:
        InputError: Neither or both of `path` and `paths`, a folder without a training file and without
            any split, or with two files of one split; a `split_column` beside files of their own.
    """
    if settings.paths:
        if settings.path:
            raise InputError("data.path and data.paths: name one of them")
        files: list[tuple[str | None, Path]]
        files = [(split, user_path(path)) for split, path in settings.paths.items()]
    else:
        path = data_path(settings, "the file")
        if not path.is_dir():
            return [(None, path)]
        files = _in_folder(path, endings)
    if settings.split_column:
        raise InputError("data.split_column: the files say already which split their rows are in")
    return files


def named_files(settings: DataSettings, endings: Collection[str]) -> list[tuple[str | None, Path]]:
    """Return files as `split_files` does, but a split may have several, whose names hold its name.

    Such as `esnli_train_1.csv` and `esnli_train_2.csv`, or `dev-v2.0.json`.

    Args:
        settings, endings: As of `split_files`, which says what is raised.
    """
    path = user_path(settings.path or "")
    if settings.paths or not settings.path or not path.is_dir():
        return split_files(settings, endings)
    found = []
    for file in _files(path):
        words = re.split(r"[^a-z]+", file.name.lower())
        split = next((SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES), None)
        if split and ending_of(file) in endings:
            found.append((split, file))
    if not found:
        raise InputError(f"{path}: no file of a known kind with train, dev or test in its name")
    return sorted(found, key=lambda one: SPLITS.index(one[0]))


def unread_files(settings: DataSettings, endings: Collection[str]) -> list[str]:
    """Return a note on the tables of a folder that `split_files` passes over.

    Args:
        settings, endings: As of `split_files`.
    """
    folder = user_path(settings.path or "")
    if not settings.path or not folder.is_dir():
        return []
    _, others = _sorted_out(folder, endings)
    return [f"Not read, as they are called neither train, dev nor test: {listed(others)}."] * bool(
        others
    )


def _in_folder(folder: Path, endings: Collection[str]) -> list[tuple[str | None, Path]]:
    found, others = _sorted_out(folder, endings)
    if not found:
        there = f"; there are: {listed(others)}" if others else ""
        raise InputError(f"{folder}: no file called train, dev or test of a known kind{there}")
    return [(split, found[split]) for split in SPLITS if split in found]


def _sorted_out(folder: Path, endings: Collection[str]) -> tuple[dict[str, Path], list[str]]:
    """Return the file of each split, and the names of other tables; InputError for two of a split."""
    found: dict[str, Path] = {}
    others = []
    for path in _files(folder):
        split = SPLIT_NAMES.get(path.name.partition(".")[0].lower())
        if ending_of(path) not in endings:
            continue
        if split is None:
            others.append(path.name)
        elif split in found:
            raise InputError(f"{folder}: both {found[split].name} and {path.name} are {split}")
        else:
            found[split] = path
    return found, others


def _files(folder: Path) -> list[Path]:
    with listable(folder):
        return sorted(path for path in folder.iterdir() if path.is_file())
