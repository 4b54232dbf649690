"""Writing predictions in ERASER's format."""

import json
from collections.abc import Iterable
from pathlib import Path

from workbench.eraser.prediction import Prediction, as_json
from workbench.storage.atomic import replacing


def write_predictions(predictions: Iterable[Prediction], path: Path) -> int:
    """Write one line per prediction, all or none; returns how many.

    Raises WorkbenchError where the file cannot be written and ValueError for a number that is not
    finite.
    """
    lines = 0
    with replacing(path) as scratch, scratch.open("w", encoding="utf-8") as out:
        for prediction in predictions:
            out.write(json.dumps(as_json(prediction), ensure_ascii=False, allow_nan=False) + "\n")
            lines += 1
    return lines
