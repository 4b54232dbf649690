"""A run as large as asked for, made of random numbers: for what needs size and no model."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.config.data import DataSettings
from workbench.config.loading import dump_config
from workbench.config.run import RunConfig
from workbench.runs.scores import ROW_GROUP, SCHEMA
from workbench.storage.atomic import write_json, write_text
from workbench.storage.tables import write_table

METHODS = {"dense": 1.0, "adapler": 2.5, "top": 1.8}
SCORERS = {
    "cp": "adapler", "top": "top", "saliency": "dense", "attention": "dense", "rollout": "dense",
    "random": "dense",
}  # fmt: skip
"""Scorer -> the model it is computed on."""
_VOCABULARY = np.array([f"word{number}" for number in range(2000)])


def build_big_run(
    folder: Path, texts: int, layers: int = 12, length: int = 40, scorers: int = 6
) -> Path:
    """Write a run of texts with rationales and three methods; returns its folder.

    Args:
        folder: Where it is to lie.
        texts, layers: How many.
        length: A text has from 3 to twice as many tokens.
        scorers: How many score tables, at most those of `SCORERS`.
    """
    rng = np.random.default_rng(0)
    sizes = rng.integers(3, 2 * length, texts)
    write_text(
        folder / "config.yaml",
        dump_config(RunConfig(name="big", data=DataSettings(source="file", path="gone.csv"))),
    )
    write_json(folder / "environment.json", {"started": "2026-01-01T00:00:00+00:00"})
    write_json(folder / "about.json", {"notes": [], "explains": {}})
    _predictions(folder, sizes, layers, rng)
    _metrics(folder, texts, layers, rng)
    for scorer in list(SCORERS)[:scorers]:
        _scores(folder / "scores" / f"{scorer}.parquet", scorer, sizes, layers)
    return folder


def text_id(number: int) -> str:
    """Return an id; they are in no order of the alphabet, as those of a split by hash are."""
    return f"text-{number * 7919 % 1_000_003}"


def _scores(path: Path, scorer: str, sizes: np.ndarray, layers: int) -> None:
    path.parent.mkdir(exist_ok=True)
    with pq.ParquetWriter(path, SCHEMA) as writer:
        for start in range(0, len(sizes), 500):
            table = _score_rows(scorer, sizes[start : start + 500], layers, start)
            writer.write_table(table, row_group_size=ROW_GROUP)


def _score_rows(scorer: str, sizes: np.ndarray, layers: int, start: int) -> pa.Table:
    rng = np.random.default_rng([start, len(scorer)])
    shared = np.random.default_rng(start)  # The same tokens and rationales for every scorer.
    rows = int(sizes.sum())
    token = _VOCABULARY[shared.integers(0, len(_VOCABULARY), rows)]
    index = np.concatenate([np.arange(size) for size in sizes])
    last = np.repeat(sizes, sizes) - 1
    word = np.where((index == 0) | (index == last), -1, index - 1)
    marked = (shared.random(rows) < 0.1) & (word >= 0)
    ends = np.concatenate([[0], np.cumsum(sizes)])
    # Text by text, layer by layer within a text, as the workbench writes them.
    order = np.concatenate([np.tile(np.arange(a, b), layers) for a, b in pairwise(ends)])
    layer = np.concatenate([np.repeat(np.arange(layers), size) for size in sizes])
    leaves = np.where(index == 0, layers, rng.integers(1, 2 * layers, rows))
    alive = leaves[order] > layer
    ids = np.repeat([text_id(start + number) for number in range(len(sizes))], sizes)
    drops = scorer in ("cp", "top")
    scores = rng.random(len(order), dtype=np.float32) + 0.3 * marked[order]
    frame = pd.DataFrame(
        {
            "scorer": scorer, "method": SCORERS[scorer], "text_id": ids[order], "window": 0,
            "layer": layer, "token_index": index[order], "word_index": word[order],
            "token": token[order],
            "score": np.where(alive | (not drops), scores, np.nan),
            "kept": pd.array(alive if drops else np.full(len(order), None), dtype="boolean"),
            "rationale": marked[order], "share": np.float32(np.nan), "target": "", "error": np.nan,
            "seconds": np.nan,
        }
    )  # fmt: skip
    return pa.Table.from_pandas(frame, preserve_index=False).cast(SCHEMA)


def _predictions(folder: Path, sizes: np.ndarray, layers: int, rng: np.random.Generator) -> None:
    labels = rng.choice(["negative", "positive"], len(sizes))
    parts = []
    for method, speed in METHODS.items():
        share = 1 if method == "dense" else np.linspace(1, 2 / speed - 1, layers)
        tokens = np.maximum(1, (sizes[:, None] * share * np.ones(layers)).astype(int))
        wrong = rng.random(len(sizes)) < 0.1 * speed
        other = np.where(labels == "negative", "positive", "negative")
        chance = rng.random(len(sizes))
        parts.append(
            pd.DataFrame(
                {
                    "method": method, "split": "test",
                    "text_id": [text_id(n) for n in range(len(sizes))], "label": labels,
                    "predicted": np.where(wrong, other, labels), "prob_negative": chance,
                    "prob_positive": 1 - chance, "tokens": list(tokens),
                    "flops": 1e6 * tokens.sum(axis=1), "flops_dense": 1e6 * sizes * layers,
                }
            )
        )  # fmt: skip
    write_table(pd.concat(parts, ignore_index=True), folder / "predictions.parquet")


def _metrics(folder: Path, texts: int, layers: int, rng: np.random.Generator) -> None:
    quality = [
        (method, "test", metric, 1 - 0.1 * speed, 0.99 - 0.1 * speed, 1.01 - 0.1 * speed, texts)
        for method, speed in METHODS.items()
        for metric in ("accuracy", "macro_f1")
    ]
    columns = ["method", "split", "metric", "value", "ci_low", "ci_high", "n"]
    _metric(folder, "classification", quality, columns)
    agreement = [
        (scorer, method, "test", layer, unit, universe, selection, metric, value, value - 0.01,
         value + 0.01, texts)
        for scorer, method in SCORERS.items() for layer in range(layers) for unit in ("token", "word")
        for universe in ("with-evidence", "all")
        for selection, metric in (("none", "ap"), ("uniform", "fpr"), ("uniform", "tpr"),
                                  ("uniform", "selected"))
        for value in (rng.uniform(0.2, 0.8),)
    ]  # fmt: skip
    columns = ["scorer", "method", "split", "layer", "unit", "universe", "selection", *columns[2:]]
    _metric(folder, "plausibility", agreement, columns)
    counted: list[tuple[object, ...]] = []
    for method, speed in METHODS.items():
        for quantity, value in (
            ("flops_speedup_unpadded", speed), ("flops_speedup_padded", 1.5 * speed),
            ("tokens_kept_share", 1 / speed),
        ):  # fmt: skip
            counted.append((method, "test", quantity, pd.NA, value))
        for batch in (1, 8, 32):
            counted.append((method, "test", "speedup_vs_hf", batch, speed * batch**0.1))
            counted.append((method, "test", "seconds_median", batch, 10 / speed))
            counted.append((method, "test", "realised_share", batch, 0.8))
    frame = pd.DataFrame(counted, columns=["method", "split", "quantity", "batch_size", "value"])
    write_table(frame.astype({"batch_size": "Int64"}), folder / "metrics" / "efficiency.parquet")


def _metric(folder: Path, name: str, rows: list[tuple[object, ...]], columns: list[str]) -> None:
    write_table(pd.DataFrame(rows, columns=columns), folder / "metrics" / f"{name}.parquet")
