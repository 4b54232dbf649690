"""An invented comparison: two methods and the dense model on four texts, two seeds, worked by hand."""

from pathlib import Path

import pandas as pd

from workbench.metrics.classification import classification
from workbench.storage.atomic import write_json

RIGHT = {
    "dense": {0: "1111", 1: "1110"},
    "adapler": {0: "1110", 1: "1100"},
    "top": {0: "1000", 1: "1010"},
}
"""Method -> seed -> which of the four texts it gets right."""
SPEED = {"dense": (1.0, 1.0), "adapler": (2.0, 2.2), "top": (1.8, 3.0)}
"""Unpadded FLOPs speed-up by seed; padded is twice that, measured (batch 8) half of it."""
STRENGTH = {"dense": None, "adapler": 0.01, "top": 0.5}
TRY = "cells/top/0.9-seed0"
"""A search passed it by: nothing right, at 4x."""


def name_of(method: str, seed: int) -> str:
    if method == "dense":
        return f"dense/seed{seed}"
    return f"cells/{method}/{STRENGTH[method]:g}-seed{seed}"


def add_run(folder: Path, method: str, right: str, speed: float) -> None:
    (folder / "metrics").mkdir(parents=True)
    rows = [
        {
            "method": method, "split": "test", "text_id": f"t{i}", "label": "a",
            "predicted": "a" if hit == "1" else "b", "tokens": [10, round(10 / speed)],
            "flops": 100 / speed, "flops_dense": 100.0,
        }
        for i, hit in enumerate(right)
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    frame.to_parquet(folder / "predictions.parquet")
    classification(frame, bootstrap=0).to_parquet(folder / "metrics" / "classification.parquet")
    quantities = (
        ("flops_speedup_unpadded", pd.NA, speed), ("flops_speedup_padded", pd.NA, 2 * speed),
        ("tokens_kept_share", pd.NA, 0.5), ("speedup_vs_hf", 8, speed / 2),
    )  # fmt: skip
    efficiency = pd.DataFrame(
        [(method, "test", *row) for row in quantities],
        columns=["method", "split", "quantity", "batch_size", "value"],
    )
    efficiency.astype({"batch_size": "Int64"}).to_parquet(folder / "metrics" / "efficiency.parquet")


def add_random_control(folder: Path, method: str, value: float, high: float) -> None:
    row = (method, "random", "test", 0, "accuracy", value, value - 0.1, high, 4)
    columns = ["method", "control", "split", "seed", "metric", "value", "ci_low", "ci_high", "n"]
    pd.DataFrame([row], columns=columns).to_parquet(folder / "metrics" / "controls.parquet")


def build_comparison(folder: Path) -> Path:
    cells = []

    def add(method: str, seed: int, name: str, strength: float | None, right: str, speed: float) -> None:
        add_run(folder / name, method, right, speed)
        cells.append(
            {"name": name, "method": method, "strength": strength, "seed": seed, "error": None,
             "dev": {"accuracy": 0.5, "loss": 0.0, "speedup": speed}, "seconds": 9.0}
        )  # fmt: skip

    for seed in (0, 1):
        for method, right in RIGHT.items():
            name = name_of(method, seed)
            add(method, seed, name, STRENGTH[method], right[seed], SPEED[method][seed])
    add("top", 0, TRY, 0.9, "0000", 4.0)
    lost = {"name": "cells/ltp/0.3-seed0", "method": "ltp", "strength": 0.3, "seed": 0, "dev": None}
    cells.append({**lost, "error": "diverged", "seconds": 1.0})
    groups = [
        {"method": method, "kind": "dense" if method == "dense" else "matched", "strength": None,
         "cells": [name_of(method, seed) for seed in (0, 1)]}
        for method in RIGHT
    ]  # fmt: skip
    search = {
        "method": "top", "seed": 0, "quantity": "speedup", "target": 2.0, "slack": 0.1,
        "range": [0.1, 0.9], "reached": False,
        "tries": [{"strength": 0.9, "value": 4.0}, {"strength": 0.5, "value": 1.8}],
        "nearest": {"strength": 0.5, "value": 1.8}, "notes": ["not reached in 2 tries"],
    }  # fmt: skip
    match = {"flops": 2.0, "drop": None, "tolerance": None, "tries": 2, "search_seed_only": True}
    about = {
        "name": "invented <b>", "finished": True, "seeds": [0, 1], "methods": ["adapler", "top", "ltp"],
        "match": match, "data": "rotten-tomatoes", "seconds": 64.0, "cells": cells, "groups": groups,
        "searches": [search], "environment": {},
    }  # fmt: skip
    write_json(folder / "compare.json", about)
    return folder
