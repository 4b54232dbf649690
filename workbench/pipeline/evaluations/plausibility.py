"""Every table that a split's scores give: plausibility, chance levels, and comparisons."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from workbench.core.token_scores import TokenScores
from workbench.metrics.plausibility.annotated_spans import annotated_iou
from workbench.metrics.plausibility.chance import chance_levels, random_control
from workbench.metrics.plausibility.earliest_layer import earliest_layers
from workbench.metrics.plausibility.human_bound import human_bound
from workbench.metrics.plausibility.paired_tests import compare_scorers
from workbench.metrics.plausibility.table import count_frame, summarise
from workbench.metrics.plausibility.text_values import TextValues, text_values
from workbench.metrics.scorer_agreement import agreement
from workbench.pipeline.job import Job


def plausibility_tables(job: Job, split: str, records: list[TokenScores]) -> dict[str, pd.DataFrame]:
    """Return the metric tables of one split by name; the random control is the mean of several draws.

    Args:
        job: The run.
        split: Whose texts.
        records: Theirs, of all scorers.
    """
    resamples, seed = job.config.evaluation.bootstrap, job.config.seed
    values = text_values(record for record in records if record.scorer != "random")
    informed = [record for record in records if record.scorer not in ("random", "uniform")]
    # Random scores know no model: drawn on one method's records they stand for all, as these are of the
    # same windows and layers.
    methods = sorted({record.method for record in records})
    shown = "dense" if "dense" in methods else next(iter(methods), "")
    control = random_control(
        [record for record in records if record.method == shown],
        split,
        draws=job.config.evaluation.random_draws,
        seed=seed,
        bootstrap=resamples,
    )
    reference = [replace(part, method=method) for method in methods for part in control.values]
    rows, counts = [control.result.frame], control.result.counts
    people: dict[str, pd.DataFrame] = {}
    if job.config.data.rationales == "annotated":
        documents = job.corpus.splits[split]
        rows.append(annotated_iou(values, records, documents, split, resamples, seed))
        # Where one annotator was chosen by name, no document has another, and there is no bound.
        rule = job.config.data.annotators
        bound = human_bound(records, documents, split, rule, resamples, seed)
        people = {"human_bound": bound} if len(bound) else {}
    return {
        "plausibility": pd.concat([summarise(values, split, resamples, seed), *rows]),
        "plausibility_counts": pd.concat([count_frame(values, split), counts]),
        "random_spread": control.spread,
        "comparisons": compare_scorers(values, reference, split, resamples=resamples, seed=seed),
        "fpr_comparisons": _false_positives(values, split, resamples, seed),
        "chance": chance_levels(records, control.spread, split),
        "earliest": earliest_layers(values, split),
        "agreement": agreement(informed, split, bootstrap=resamples, seed=seed),
        **people,
    }


def _false_positives(
    values: Sequence[TextValues], split: str, resamples: int, seed: int
) -> pd.DataFrame:
    """FPR of each pruner's own scores minus the dense model's saliency and attention, layer by layer.

    AdapLeR's claim is that its predictors' is lower in all of them.
    """
    pruned = [part for part in values if part.method != "dense"]
    frames = [
        compare_scorers(
            pruned, [part for part in values if part.scorer == reference], split, metric="fpr",
            selection="uniform", across_methods=True, resamples=resamples, seed=seed,
        )
        for reference in ("saliency", "attention")
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)
