"""What every scorer costs beside a plain forward pass, on texts of a given length.

    python analyses/costs/attribution_cost.py --run runs/demo --texts imdb --limit 100 --max-tokens 512

Writes `costs-<texts>-<max tokens>.csv` into `--out` (default: the run's folder `costs`): seconds per 100
windows, and how many plain passes that is (masked, the same batches, measured first). Every
scorer runs alone, then all that watch run together, which is what sharing a pass is worth. Scorers
that take many passes run on the first `--slow-limit` windows only (0: they are left out); the column
`windows` says on how many.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter

import pandas as pd
import torch

from analyses.lib.study import run_script
from workbench.attribution.options import Options
from workbench.attribution.run import score_windows
from workbench.catalog.scorers import SCORERS, scorer_spec
from workbench.core.documents import Window
from workbench.data.readers.plain_texts import read_texts
from workbench.data.windows.encode import encode
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier, load_classifier
from workbench.models.inference import infer
from workbench.reporting.tables.table import markdown
from workbench.runs.folder import load_run
from workbench.storage.atomic import write_text
from workbench.storage.spreadsheets import csv_text

COSTS = "costs"
"""Folder and first word of the files."""
SLOW = (
    "lime", "kernel-shap", "occlusion", "feature-ablation", "integrated-gradients", "deeplift",
    "gradient-shap", "smoothgrad", "smoothgrad-squared", "vargrad", "decompx", "decompx-paper",
    "value-zeroing", "value-zeroing-rollout", "activation-patching",
    "layer-conductance", "internal-influence",
)  # fmt: skip
"""Run on `--slow-limit` windows."""


OPTIONS = {
    "--run": {"type": Path, "required": True},
    "--method": {"default": "dense"},
    "--texts": {"default": "rotten-tomatoes"},
    "--limit": {"type": int, "default": 100, "help": "texts"},
    "--slow-limit": {"type": int, "default": 0, "help": "windows for what is slow"},
    "--max-tokens": {"type": int, "default": 128},
    "--batch-size": {"type": int, "default": 8},
    "--scorers": {"help": "these only, such as globenc,alti"},
    "--out": {"type": Path},
}


def main(options: argparse.Namespace) -> None:
    """Measure, write and print the table."""
    if options.out is None and (options.scorers or options.method != "dense"):
        raise InputError("name --out: the run's folder holds the dense model's whole table")
    model, tokenizer = load_classifier(load_run(options.run).model_folder(options.method))
    documents = read_texts(options.texts, options.limit)
    windows = encode(documents, model.task_type, tokenizer, options.max_tokens).windows

    def seconds(names: Sequence[str], of: Sequence[Window]) -> float:
        start = perf_counter()
        for _ in score_windows(names, model, tokenizer, of, Options(batch_size=options.batch_size)):
            pass
        return perf_counter() - start

    def plain(of: Sequence[Window]) -> float:
        return min(masked_seconds(model, of, options.batch_size) for _ in range(3))

    chosen = options.scorers.split(",") if options.scorers else list(SCORERS)
    suitable = [name for name in chosen if scorer_spec(name).method in (None, options.method)]
    if not options.slow_limit:
        suitable = [name for name in suitable if name not in SLOW]
    frame = costs(suitable, windows, windows[: options.slow_limit], seconds, plain)
    name = f"{COSTS}-{Path(options.texts).stem}-{options.max_tokens}"
    write_text((options.out or options.run / COSTS) / f"{name}.csv", csv_text(frame))
    print(f"\n{markdown(side_by_side({name: frame}))}")


def costs(
    names: Sequence[str],
    windows: Sequence[Window],
    few: Sequence[Window],
    seconds: Callable[[Sequence[str], Sequence[Window]], float],
    plain: Callable[[Sequence[Window]], float],
) -> pd.DataFrame:
    """Measure a row for the plain pass, each scorer, and all that watch together.

    Args:
        names: The scorers.
        windows: What fast scorers run on.
        few: What slow ones run on.
        seconds: Measures some scorers, together, on some windows.
        plain: Measures a plain forward pass of some windows.
    """
    base = {id(windows): plain(windows), id(few): plain(few) if few else 0.0}

    def row(name: str, of: Sequence[Window], spent: float) -> dict[str, object]:
        return {
            "scorer": name,
            "windows": len(of),
            "tokens": sum(len(window.input_ids) for window in of) / len(of),
            "seconds per 100 windows": 100 * spent / len(of),
            "plain passes": spent / base[id(of)],
            "threads": torch.get_num_threads(),
        }

    rows = [row("(plain forward pass)", windows, base[id(windows)])]
    for name in names:
        of = few if name in SLOW else windows
        rows.append(row(name, of, seconds([name], of)))
        print(f"{name}: {rows[-1]['plain passes']:.1f} plain passes", flush=True)
    watching = [name for name in names if scorer_spec(name).takes == "layers" and name not in SLOW]
    if len(watching) > 1:
        together = f"({len(watching)} that watch, together)"
        rows.append(row(together, windows, seconds(watching, windows)))
    return pd.DataFrame(rows)


def side_by_side(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Write seconds per 100 windows and plain passes of every scorer, two columns for each frame."""
    parts = []
    for name, frame in frames.items():
        where = name.removeprefix(f"{COSTS}-")
        seconds = [f"{value:,.2f}" for value in frame["seconds per 100 windows"]]
        passes = [f"{value:,.1f}" for value in frame["plain passes"]]
        columns = {f"{where}: seconds per 100": seconds, f"{where}: passes": passes}
        parts.append(pd.DataFrame(columns, index=frame["scorer"]))
    whole = pd.concat(parts, axis=1).fillna("–")
    return whole.reset_index(names="scorer")


def masked_seconds(model: PruningClassifier, windows: Sequence[Window], size: int) -> float:
    """Return the seconds of one masked pass.

    Args:
        model: The classifier.
        windows: All of them are run.
        size: Windows in a batch.
    """
    start = perf_counter()
    infer(model, windows, size, "masked")
    return perf_counter() - start


if __name__ == "__main__":
    run_script(main, __doc__, OPTIONS)
