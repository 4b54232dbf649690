"""Quality where a text has any number of labels: a text's answer is a tuple of their names."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from workbench.metrics.schemas import CLASSES
from workbench.metrics.stats.shares import share


def is_multi_label(label: np.ndarray) -> bool:
    """Return whether labels, or predictions, are tuples of names; predictions are stored as lists."""
    return bool(label.dtype == object and label.size and isinstance(label.flat[0], tuple))


def with_label_sets(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return predictions as read from a file, lists of labels as the tuples that they were."""
    lists = [
        name
        for name in ("label", "predicted")
        if len(predictions) and isinstance(predictions[name].iloc[0], np.ndarray | list)
    ]
    return predictions.assign(**{name: predictions[name].map(tuple) for name in lists})


def indicators(*answers: np.ndarray) -> tuple[list[str], list[np.ndarray]]:
    """Return all labels that occur, sorted, and (texts, labels) of 0 and 1 for each (texts,) answers."""
    names = sorted({name for part in answers for one in part for name in one})
    place = {name: number for number, name in enumerate(names)}
    tables = []
    for part in answers:
        table = np.zeros((len(part), len(names)))
        for row, one in enumerate(part):
            table[row, [place[name] for name in one]] = 1
        tables.append(table)
    return names, tables


def example_f1(label: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return each text's F1 of its labels (texts,); 1 where it has none and is given none."""
    _, (true, chosen) = indicators(label, predicted)
    given = (true + chosen).sum(axis=1)
    return np.where(given > 0, share(2 * (true * chosen).sum(axis=1), given), 1.0)


def micro_parts(label: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """(texts, 2): hits, and true plus chosen, over all labels; micro F1 needs their means only."""
    _, (true, chosen) = indicators(label, predicted)
    return np.stack([(true * chosen).sum(axis=1), (true + chosen).sum(axis=1)], axis=1)


def macro_parts(label: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """(texts, 2 x labels): the same label by label, of those that occur."""
    _, (true, chosen) = indicators(label, predicted)
    return np.concatenate([true * chosen, true + chosen], axis=1)


def micro_f1(parts: np.ndarray) -> np.ndarray:
    """Return micro F1 from (..., 2) of means of hits and of true plus chosen; 0 without any label."""
    return np.nan_to_num(share(2 * parts[..., 0], parts[..., 1]))


def by_label(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return precision, recall and F1 of each label, columns of `schemas.CLASSES`; `n` are its texts.

    What has nothing to divide by is 0, as in scikit-learn. Empty where texts have one class, or values.
    """
    rows: list[tuple[object, ...]] = []
    for key, part in predictions.groupby(["method", "split"], sort=False, observed=True):
        label, predicted = part["label"].to_numpy(), part["predicted"].to_numpy()
        if is_multi_label(label):
            rows += [(*key, *row) for row in _of_labels(label, predicted)]
    return CLASSES.frame(rows)


def _of_labels(label: np.ndarray, predicted: np.ndarray) -> Iterable[tuple[object, ...]]:
    names, (true, chosen) = indicators(label, predicted)
    hits, texts, given = (true * chosen).sum(axis=0), true.sum(axis=0), chosen.sum(axis=0)
    ratios = (share(hits, given), share(hits, texts), share(2 * hits, texts + given))
    return zip(names, *map(np.nan_to_num, ratios), texts.astype(int), strict=True)
