"""Headline quality over the seeds of every method, from the predictions of many runs."""

import pandas as pd

from workbench.metrics.schemas import QUALITY_OVER_SEEDS
from workbench.metrics.stats.seeds import quality_over_seeds
from workbench.reporting.tables.results import primary_metric
from workbench.runs.many import Runs, reported


def qualities(runs: Runs, frame: pd.DataFrame) -> pd.DataFrame:
    """`quality_over_seeds` of every data set and variant of `frame`, rows of `results.results`: columns
    data, variant and the columns of `QUALITY_OVER_SEEDS`; what was not predicted has no row."""
    predictions = reported(runs.predictions)
    parts = []
    for key, own in frame.groupby(["data", "variant"], sort=False):
        data, variant = map(str, key)
        # The predictions of classes and of values may stand in one frame.
        kind = str if primary_metric(frame, data) == "accuracy" else float
        method = own["method"].iloc[0]
        columns, label = {}, None
        for row in own.itertuples():
            rows = predictions[(predictions["run"] == row.run) & (predictions["method"] == method)]
            rows = rows.astype({"label": kind, "predicted": kind}).set_index("text_id")
            if len(rows):
                columns[row.seed], label = rows["predicted"], rows["label"]
        if label is not None:
            part = quality_over_seeds({method: pd.DataFrame(columns)}, label)
            parts.append(part.assign(data=data, variant=variant))
    empty = pd.DataFrame(columns=["data", "variant", *QUALITY_OVER_SEEDS.columns])
    return pd.concat(parts, ignore_index=True) if parts else empty
