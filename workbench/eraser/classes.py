"""The classes of a prediction file against the labels: one row per text, and a report per class."""

from collections.abc import Sequence

import pandas as pd
from sklearn.metrics import classification_report

from workbench.core.documents import Document
from workbench.core.foreign_scores import EXTERNAL
from workbench.eraser.prediction import Prediction
from workbench.errors import InputError
from workbench.metrics.schemas import CLASSES


def predicted_classes(
    predictions: Sequence[Prediction], documents: Sequence[Document], split: str
) -> pd.DataFrame:
    """Return one row per method and text; what scorers or layers of one method repeat is taken once.

    Raises InputError, naming the line, for an unknown class and for two classes of one text.

    Args:
        predictions, documents: What the file holds, and the texts.
        split: Name for the column.
    """
    labels = {document.id: document.label for document in documents}
    known = set(labels.values())
    rows: dict[tuple[str, str], tuple[str, str, str, str, str]] = {}
    for one in predictions:
        if one.classification is None or one.annotation_id not in labels:
            continue
        if one.classification not in known:
            names = ", ".join(sorted(known))
            raise InputError(f"{one.where}: unknown class {one.classification!r} (there are: {names})")
        method = one.method or EXTERNAL
        row = (method, split, one.annotation_id, labels[one.annotation_id], one.classification)
        if rows.setdefault((method, one.annotation_id), row) != row:
            raise InputError(f"{one.where}: {method} gives this text two classes in one file")
    columns = ["method", "split", "text_id", "label", "predicted"]
    return pd.DataFrame(list(rows.values()), columns=columns)


def by_class(classes: pd.DataFrame) -> pd.DataFrame:
    """Return precision, recall and F1 of each class and their means, columns of `schemas.CLASSES`.

    `classes` is as of `predicted_classes`. What has nothing to divide by is 0.
    """
    rows: list[tuple[object, ...]] = []
    for (method, split), part in classes.groupby(["method", "split"], sort=False):
        report = classification_report(
            part["label"], part["predicted"], output_dict=True, zero_division=0
        )
        rows += [
            (method, split, name, *(one[k] for k in ("precision", "recall", "f1-score", "support")))
            for name, one in report.items()
            if name != "accuracy"
        ]
    return CLASSES.frame(rows)
