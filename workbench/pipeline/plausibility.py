"""Every table that a split's scores give: agreement with rationales, floors, and comparisons."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from workbench.core.token_scores import TokenScores
from workbench.metrics.plausibility.annotated_spans import annotated_iou
from workbench.metrics.plausibility.chance import chance_floors
from workbench.metrics.plausibility.earliest_layer import earliest_layers
from workbench.metrics.plausibility.paired_tests import compare_scorers
from workbench.metrics.plausibility.random_controls import random_floor
from workbench.metrics.plausibility.table import count_frame, summarise
from workbench.metrics.plausibility.text_values import TextValues, text_values
from workbench.metrics.scorer_agreement.table import agreement
from workbench.pipeline.job import Job


def agreement_tables(job: Job, split: str, records: list[TokenScores]) -> dict[str, pd.DataFrame]:
    """Metric tables of one split by name; the random control is the mean of several draws."""
    resamples, seed = job.config.evaluation.bootstrap, job.config.seed
    values = text_values(record for record in records if record.scorer != "random")
    informed = [record for record in records if record.scorer not in ("random", "uniform")]
    # Random scores know no model: drawn on one method's records they stand for all, as these are of the
    # same windows and layers.
    methods = sorted({record.method for record in records})
    shown = "dense" if "dense" in methods else next(iter(methods), "")
    floor = random_floor(
        [record for record in records if record.method == shown],
        split,
        draws=job.config.evaluation.random_draws,
        seed=seed,
        bootstrap=resamples,
    )
    reference = [replace(part, method=method) for method in methods for part in floor.values]
    rows, counts = [floor.result.frame], floor.result.counts
    if job.config.data.rationales == "annotated":
        documents = job.corpus.splits[split]
        rows.append(annotated_iou(values, records, documents, split, resamples, seed))
    return {
        "plausibility": pd.concat([summarise(values, split, resamples, seed), *rows]),
        "plausibility_counts": pd.concat([count_frame(values, split), counts]),
        "random_spread": floor.spread,
        "comparisons": compare_scorers(values, reference, split, resamples=resamples, seed=seed),
        "fpr_comparisons": _false_positives(values, split, resamples, seed),
        "chance": chance_floors(records, floor.spread, split),
        "earliest": earliest_layers(values, split),
        "agreement": agreement(informed, split, bootstrap=resamples, seed=seed),
    }


def _false_positives(
    values: Sequence[TextValues], split: str, resamples: int, seed: int
) -> pd.DataFrame:
    """FPR of each pruner's own scores minus the dense model's saliency and attention, layer by layer.

    AdapLeR's claim is that its predictors' is lower in all of them.
    """
    own = [part for part in values if part.method != "dense"]
    frames = [
        compare_scorers(
            own, [part for part in values if part.scorer == reference], split, metric="fpr",
            selection="uniform", across_methods=True, resamples=resamples, seed=seed,
        )
        for reference in ("saliency", "attention")
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)
