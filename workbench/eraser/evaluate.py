"""Predictions computed elsewhere, judged by our own evaluator."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from workbench.core.counts import counted, first_few
from workbench.core.documents import Document
from workbench.eraser.classes import by_class, predicted_classes
from workbench.eraser.faithfulness import faithfulness
from workbench.eraser.matching import Group, Matched, match
from workbench.eraser.prediction import read_predictions
from workbench.eraser.report import eraser_report
from workbench.metrics.classification import classification
from workbench.metrics.plausibility.annotated_spans import annotated_iou, exact_spans
from workbench.metrics.plausibility.signs import Signs, chosen_signs, without_sizes
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
    classes: pd.DataFrame
    """As `schemas.CLASSES`; empty where the file has no classes."""
    faithfulness: pd.DataFrame
    """As `schemas.FAITHFULNESS`; empty where the file has nothing of altered texts."""
    eraser: pd.DataFrame
    """As `schemas.ERASER`: of these tables what ERASER's scorer has, under its names."""
    notes: tuple[str, ...]


def evaluate_predictions(
    path: Path,
    documents: Sequence[Document],
    split: str,
    *,
    partial: bool = False,
    absolute: bool = False,
    signed: bool = False,
    bootstrap: int = 1000,
    seed: int = 0,
) -> Evaluated:
    """Compare a prediction file in ERASER's format with rationales and labels.

    As in ERASER's scorer, each document of an instance is a text of its own: values are means over pairs
    of an instance and a document; intervals draw instances. Selection `kept` are the hard predictions. A
    file without soft scores has no AP and no selection `uniform`. Raises InputError as
    `read_predictions`, `match` and `faithfulness`.

    Args:
        path: The file.
        documents, split: The texts of a split, and its name.
        partial: Judge the texts that both have.
        absolute: Take the sizes of signed scores.
        signed: Rank signed scores as they are; what depends on their sizes is left out.
        bootstrap, seed: As of `mean_interval`.
    """
    signs = chosen_signs(path, absolute=absolute, signed=signed)
    predictions = read_predictions(path)
    matched = match(predictions, documents, path.name, partial=partial, signs=signs)
    groups = matched.groups
    parts = [_judged(group, split, signed, bootstrap, seed) for group in groups]
    plausibility = pd.concat([part.frame for part in parts], ignore_index=True)
    faithful = pd.concat(
        [faithfulness(group, split, bootstrap, seed) for group in groups], ignore_index=True
    )
    predicted = predicted_classes(predictions, documents, split)
    quality = classification(predicted, bootstrap=bootstrap, seed=seed)
    classes = by_class(predicted)
    return Evaluated(
        plausibility=plausibility,
        counts=pd.concat([part.counts for part in parts], ignore_index=True),
        classification=quality,
        classes=classes,
        faithfulness=faithful,
        eraser=eraser_report(plausibility, faithful, quality, classes),
        notes=tuple(_notes(matched, signs)),
    )


def _judged(group: Group, split: str, signed: bool, bootstrap: int, seed: int) -> Plausibility:
    pairs, listed, resampled = group.pairs, group.listed, (bootstrap, seed)
    owners = group.owners
    values = [
        replace(part, owners=tuple(map(owners.__getitem__, part.text_ids)) if owners else ())
        for part in text_values(group.records)
        if part.unit == "word"
    ]
    frame = pd.concat(
        [
            summarise(values, split, *resampled),
            annotated_iou(values, group.records, pairs, split, *resampled, listed=listed),
            *([exact_spans(values, pairs, listed, split, *resampled)] if listed else []),
        ]
    ).assign(layer=group.layer)
    if not group.has_soft:
        frame = frame[frame["selection"] == "kept"]
    elif signed:
        frame = without_sizes(frame)
    return Plausibility(frame, count_frame(values, split).assign(layer=group.layer))


def _notes(matched: Matched, signs: Signs) -> list[str]:
    notes = [
        f"{group.scorer}, layer {group.layer}: {counted(len(group.missing), 'text')} without"
        " a prediction left out."
        for group in matched.groups
        if group.missing
    ]
    if matched.unknown:
        ids = first_few(matched.unknown)
        texts = counted(len(matched.unknown), "predicted text")
        notes.append(f"{texts} that the split does not have left out ({ids}).")
    if signs == "absolute":
        notes.append("Scores are the sizes of those in the file.")
    if signs == "signed":
        notes.append("Scores are ranked as they are; what needs their sizes is left out.")
    return notes
