"""Where each method's strength starts and how far it moves: from the stored comparisons of docs/numbers.

python docs/tools/strengths.py      write workbench/pipeline/compare/strengths.csv again
"""

import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from workbench.catalog.methods import METHODS, Strength
from workbench.config.comparison import pruner
from workbench.pipeline.compare.strengths import COLUMNS, TABLE, WANTED
from workbench.storage.atomic import read_json, write_text

STORED = Path(__file__).parents[1] / "numbers"
STEP = 1.1
"""The factor on the speed-up for which the move is told."""
FEWEST = 3
"""Trainings of a row; fewer say nothing of a start."""
Points = list[tuple[float, float]]


def table() -> str:
    """Return the table as CSV: a row per comparison and method that has a strength."""
    rows = [row for path in sorted(STORED.glob("*/compare.json")) for row in _rows(path.parent)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.to_csv(index=False, lineterminator="\n", float_format="%.3g")


def _rows(folder: Path) -> list[dict[str, Any]]:
    about = read_json(folder / "compare.json")
    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    points: dict[str, dict[int, Points]] = defaultdict(lambda: defaultdict(list))
    for cell in about["cells"]:
        if cell["strength"] is not None and not cell["error"]:
            points[cell["method"]][cell["seed"]].append((cell["strength"], cell["dev"]["speedup"]))
    for search in about["searches"]:
        tries = [(one["strength"], one["value"]) for one in search["tries"] if one["value"] is not None]
        if search["quantity"] == "speedup":
            points[search["method"]][search["seed"]] += tries
    rows = [_row(folder.name, config, method, seeds) for method, seeds in points.items()]
    return [row for row in rows if row["trainings"] >= FEWEST]


def _row(name: str, config: dict[str, Any], method: str, seeds: dict[int, Points]) -> dict[str, Any]:
    """What one comparison says of a method: the strength nearest to `WANTED` (median over seeds)."""
    strength, section = METHODS[pruner(method)].strength, config[pruner(method)]
    assert strength is not None
    nearest = [min(one, key=lambda point: abs(point[1] - WANTED)) for one in seeds.values()]
    texts = config["data"]["max_train"]
    every = sorted({point for one in seeds.values() for point in one})
    return {
        "comparison": name, "method": method, "key": strength.key,
        "max_tokens": config["data"]["max_tokens"],
        "steps": section["epochs"] * math.ceil(texts / section["batch_size"]),
        "start": float(np.median([point[0] for point in nearest])),
        "speedup": float(np.median([point[1] for point in nearest])),
        "move": _move(every, strength), "trainings": len(every),
    }  # fmt: skip


def _move(points: Points, strength: Strength) -> float:
    """Factor on the strength (of a linear one: what is added) that makes a method a tenth faster.

    By least squares on log speed-up; NaN where one strength was tried, or where the speed-up did not
    follow the strength.
    """
    x, y = (np.array(values) for values in zip(*points, strict=True))
    if len(set(x)) < 2:
        return math.nan
    slope = float(np.polyfit(x if strength.scale == "linear" else np.log(x), np.log(y), 1)[0])
    if slope == 0 or (slope > 0) != (strength.faster == "larger"):
        return math.nan
    change = math.log(STEP) / slope
    return change if strength.scale == "linear" else math.exp(change)


if __name__ == "__main__":
    write_text(TABLE, table())
