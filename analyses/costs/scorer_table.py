"""Scorers side by side on a run's annotated texts: agreement, faithfulness and cost.

    python analyses/costs/scorer_table.py --run runs/demo --texts 60 --out runs/demo/scorers

The sample is the first window with evidence of each of the first texts of the split. AP is of the size
of the scores at the scorer's best layer, chosen on the same sample (which flatters scorers with many
layers). Comprehensiveness and sufficiency are AOPC over ERASER's bins at that layer, words deleted in
the order of the scores with their sign, asked of the scorer's own model. Seconds are of the scorer
alone, and as multiples of a plain forward pass of the same windows, measured just before. The two
controls are `random` (one draw) and `oracle`, on the dense model.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import torch

from analyses.costs.attribution_cost import masked_seconds
from analyses.lib.study import run_script
from workbench import load_run
from workbench.attribution.options import Options
from workbench.attribution.run import score_windows
from workbench.catalog.scorers import SCORERS
from workbench.config.evaluation import FaithfulnessSettings
from workbench.core.documents import Window
from workbench.core.token_scores import TokenScores
from workbench.data.windows.encodings import holds_evidence
from workbench.inference.faithfulness_probe import probe
from workbench.metrics.faithfulness.table import Selections, summarise, text_measures
from workbench.metrics.plausibility.table import plausibility
from workbench.models.classifier import PruningClassifier
from workbench.pipeline.job import Job
from workbench.reporting.tables.table import markdown
from workbench.storage.atomic import write_text
from workbench.storage.spreadsheets import csv_text

BATCH = 8
ASKED = FaithfulnessSettings(leave_one_out=False, curve_steps=0, soft_draws=0)


OPTIONS = {
    "--run": {"type": Path, "required": True},
    "--texts": {"type": int, "default": 60},
    "--split": {"default": "test"},
    "--scorers": {"help": "these only, such as cp,saliency,lime"},
    "--out": {"type": Path, "required": True},
}


def main(options: argparse.Namespace) -> None:
    """Score, ask the models, write scorers.csv and .md after every scorer."""
    run = load_run(options.run)
    job = Job(run, run.config)
    windows = sample(job.encodings[options.split].windows, options.texts)
    chosen = options.scorers.split(",") if options.scorers else list(SCORERS)
    rows: list[dict[str, object]] = []
    for method in job.config.methods:
        model = job.model(method)
        for name in chosen:
            if (SCORERS[name].method or "dense") == method and name != "uniform":
                rows.append(_row(name, model, job, windows))
                frame = pd.DataFrame(rows).sort_values("ap", ascending=False)
                write_text(options.out / "scorers.csv", csv_text(frame))
                write_text(options.out / "scorers.md", markdown(shown(frame)) + "\n")
                print(rows[-1], flush=True)


def sample(windows: Sequence[Window], texts: int) -> list[Window]:
    """Return the first window with evidence of each of the first `texts` texts that have one."""
    first: dict[str, Window] = {}
    for window in windows:
        if holds_evidence(window):
            first.setdefault(window.text_id, window)
    return list(first.values())[:texts]


def _row(name: str, model: PruningClassifier, job: Job, windows: Sequence[Window]) -> dict[str, object]:
    """One scorer's numbers: best layer, AP, AOPC comprehensiveness and sufficiency, cost."""
    passed = min(masked_seconds(model, windows, BATCH) for _ in range(2))
    start = perf_counter()
    records = list(score_windows([name], model, job.tokenizer, windows, Options(batch_size=BATCH)))
    seconds = perf_counter() - start
    sizes = [replace(record, scores=np.abs(record.scores)) for record in records]
    judged = plausibility(sizes, "sample", bootstrap=0).frame
    ap = judged.query("unit == 'token' and universe == 'with-evidence' and metric == 'ap'")
    best = ap.loc[ap["value"].idxmax()]
    layer = int(best["layer"])
    return {
        "scorer": name,
        "model": model.policy.method,
        "layer": layer,
        "ap": float(best["value"]),
        **_faithfulness(name, model, records, windows, layer),
        "seconds per 100 texts": 100 * seconds / len(windows),
        "plain passes": seconds / passed,
        "texts": len(windows),
        "tokens": float(np.mean([len(window.input_ids) for window in windows])),
        "threads": torch.get_num_threads(),
    }


def _faithfulness(
    name: str,
    model: PruningClassifier,
    records: Sequence[TokenScores],
    windows: Sequence[Window],
    layer: int,
) -> dict[str, float]:
    """The AOPC of one layer's scores, means over texts; the model is asked again on shortened texts."""
    order = {record.text_id: record.scores[[layer]] for record in records}
    scores = {name: [order[window.text_id] for window in windows]}
    columns = text_measures(probe(model, windows, scores, ASKED)[name], Selections.of(ASKED.bins, 0))
    facts = dict.fromkeys(("scorer", "method", "split", "unit", "removal"), "")
    means = summarise(columns, [layer], facts, bootstrap=0).set_index("metric")["value"]
    return {metric: float(means[f"aopc_{metric}"]) for metric in ("comprehensiveness", "sufficiency")}


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Write the rows of scorers.csv: three decimals for plausibility and faithfulness, one for cost."""
    digits = dict.fromkeys(("ap", "comprehensiveness", "sufficiency"), 3)
    digits |= dict.fromkeys(("seconds per 100 texts", "plain passes"), 1)
    words = {name: [f"{value:,.{places}f}" for value in frame[name]] for name, places in digits.items()}
    return frame.assign(**words)[["scorer", "model", "layer", *words]]


if __name__ == "__main__":
    run_script(main, __doc__, OPTIONS)
