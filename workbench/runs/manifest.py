"""The hashes in stages.json: read and written with a checksum, and held against the files."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.storage.atomic import read_json, write_json
from workbench.storage.fingerprints import fingerprint, known_sha256

STAGES = "stages.json"
_PARTS = ("files", "content", "loose", "stages")


def read_stages(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what stages.json says in its parts (see `Stages`), each empty where there is none.

    An earlier version's file holds the stages alone. Raises InputError for a damaged file.
    """
    path = folder / STAGES
    if not path.is_file():
        return {part: {} for part in _PARTS}
    values = read_json(path)
    if not all(isinstance(value, dict | str) for value in values.values()):
        raise InputError(f"{path}: not a record of stages; remove it, and give the run's command again")
    if "checksum" not in values:
        return {part: {} for part in _PARTS} | {"stages": values}
    recorded = {part: values.get(part, {}) for part in _PARTS}
    if values["checksum"] != fingerprint(recorded):
        raise InputError(
            f"{path}: has changed since it was written; remove it, and give the run's command again"
        )
    return recorded


def write_stages(folder: Path, recorded: dict[str, dict[str, Any]]) -> None:
    """Write stages.json, with a checksum of what it says."""
    # As it will be read: JSON knows no tuples, and no keys but text.
    recorded = json.loads(json.dumps(recorded))
    write_json(folder / STAGES, {"checksum": fingerprint(recorded), **recorded})


def verify(folder: Path, path: Path) -> None:
    """Raise InputError where a file of a run, or one in a folder of it, is not what a stage wrote there.

    Files that no stage recorded are not looked at. What was found right is not hashed again while it
    keeps its time of change.

    Args:
        folder: The run's.
        path: A file or folder in it.
    """
    recorded = hashes(folder)
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        name = file.relative_to(folder).as_posix()
        while name in recorded and file.is_file() and known_sha256(file) != recorded[name]:
            # A writer may have replaced both since the record was read.
            before, recorded = recorded[name], hashes(folder)
            if recorded.get(name) == before:
                raise InputError(
                    f"{file}: has changed since it was written ({STAGES} has its SHA-256); give the "
                    "run's command again to make it anew"
                )


def changes(folder: Path, files: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """Yield each file that is gone or holds something else than a stage wrote, and whether it is there.

    Args:
        folder: The run's.
        files: SHA-256 by name in it.
    """
    for name, digest in files.items():
        path = folder / name
        if not path.is_file():
            yield name, False
        elif known_sha256(path) != digest:
            yield name, True


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that was recorded, by its name in the run's folder."""
    recorded = read_stages(folder)
    stages = (record.get("files", {}) for record in recorded["stages"].values())
    return recorded["files"] | {name: digest for files in stages for name, digest in files.items()}
