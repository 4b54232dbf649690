"""Predictions computed elsewhere, judged by our own evaluator."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from workbench.core.documents import Document
from workbench.data.readers.rows import counted, first_few
from workbench.eraser.prediction import Prediction, read_predictions
from workbench.eraser.records import METHOD, Group, match
from workbench.errors import InputError
from workbench.metrics.classification import classification
from workbench.metrics.plausibility.annotated_spans import annotated_iou
from workbench.metrics.plausibility.table import Plausibility, count_frame, summarise
from workbench.metrics.plausibility.text_values import text_values


@dataclass(frozen=True)
class Evaluated:
    """The tables of one prediction file."""

    plausibility: pd.DataFrame
    """As `schemas.PLAUSIBILITY`, unit `word`: ERASER's tokens."""
    counts: pd.DataFrame
    """As `schemas.PLAUSIBILITY_COUNTS`, with a column `layer`."""
    classification: pd.DataFrame
    """As `schemas.CLASSIFICATION`; empty where the file has no classes."""
    notes: tuple[str, ...]


def evaluate_predictions(
    path: Path,
    documents: Sequence[Document],
    split: str,
    *,
    partial: bool = False,
    absolute: bool = False,
    bootstrap: int = 1000,
    seed: int = 0,
) -> Evaluated:
    """Compare a prediction file in ERASER's format with rationales and labels.

    Each document of an instance is one window, so values are means over an instance's documents, then
    over instances. Selection `kept` are the hard predictions. A file without soft scores has no AP and
    no selection `uniform`. Raises InputError as `read_predictions` and `match`.

    Args:
        path: The file.
        documents, split: The texts of a split, and its name.
        partial: Judge the texts that both have.
        absolute: Take the sizes of signed scores.
        bootstrap, seed: As of `mean_interval`.
    """
    predictions = read_predictions(path)
    matched = match(predictions, documents, path.name, partial=partial, absolute=absolute)
    groups = matched.groups
    parts = [_judged(group, documents, split, bootstrap, seed) for group in groups]
    notes = [
        f"{group.records[0].scorer}, layer {group.layer}: {counted(len(group.missing), 'text')} without"
        " a prediction left out."
        for group in groups
        if group.missing
    ]
    if matched.unknown:
        ids = first_few(matched.unknown)
        texts = counted(len(matched.unknown), "predicted text")
        notes.append(f"{texts} that the split does not have left out ({ids}).")
    if absolute:
        notes.append("Scores are the sizes of those in the file.")
    return Evaluated(
        plausibility=pd.concat([part.frame for part in parts], ignore_index=True),
        counts=pd.concat([part.counts for part in parts], ignore_index=True),
        classification=classification(
            _classes(predictions, documents, split), bootstrap=bootstrap, seed=seed
        ),
        notes=tuple(notes),
    )


def _judged(
    group: Group, documents: Sequence[Document], split: str, bootstrap: int, seed: int
) -> Plausibility:
    values = [part for part in text_values(group.records) if part.unit == "word"]
    judged = summarise(values, split, bootstrap, seed)
    listed = annotated_iou(values, group.records, documents, split, bootstrap, seed)
    frame = pd.concat([judged, listed]).assign(layer=group.layer)
    if not group.has_soft:
        frame = frame[frame["selection"] == "kept"]
    return Plausibility(frame, count_frame(values, split).assign(layer=group.layer))


def _classes(
    predictions: Sequence[Prediction], documents: Sequence[Document], split: str
) -> pd.DataFrame:
    """One row per method and text; what scorers or layers of one method repeat is taken once."""
    labels = {document.id: document.label for document in documents}
    known = set(labels.values())
    rows: dict[tuple[str, str], tuple[str, str, str, str, str]] = {}
    for one in predictions:
        if one.classification is None or one.annotation_id not in labels:
            continue
        if one.classification not in known:
            names = ", ".join(sorted(known))
            raise InputError(f"{one.where}: unknown class {one.classification!r} (there are: {names})")
        method = one.method or METHOD
        row = (method, split, one.annotation_id, labels[one.annotation_id], one.classification)
        if rows.setdefault((method, one.annotation_id), row) != row:
            raise InputError(f"{one.where}: {method} gives this text two classes in one file")
    columns = ["method", "split", "text_id", "label", "predicted"]
    return pd.DataFrame(list(rows.values()), columns=columns)
