"""Quality over seeds: its two spreads from the predictions of many runs, and what ± is."""

from collections.abc import Iterable

import pandas as pd

from workbench.metrics import schemas
from workbench.metrics.stats.seeds import quality_over_seeds
from workbench.reporting.tables.over_seeds import primary_metric
from workbench.runs.many import Runs, reported


def seeds_note(frame: pd.DataFrame, quantities: Iterable[str]) -> str:
    """Say what stands behind ± in the means of `quantities`, columns of `results`."""
    known = [name for name in quantities if name in frame]
    counts = frame.groupby(["data", "variant"])[known].count().to_numpy()
    seeds = sorted(set(counts[counts > 0].tolist()))
    if seeds == [1]:
        return "One seed per method: there is no ±, and a difference may be luck of the seed."
    single = " A number without ± is of one seed." if 1 in seeds else ""
    span = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    return f"± is the standard deviation over seeds (n - 1); n = {span}.{single}"


def qualities(runs: Runs, frame: pd.DataFrame) -> pd.DataFrame:
    """Compute `quality_over_seeds` of every data set and variant of `frame`, rows of `results.results`.

    Returns:
        Columns data, variant and those of `quality_over_seeds`; what was not predicted has no row.
    """
    predictions = reported(runs.predictions)
    parts = [pd.DataFrame(columns=["data", "variant", *schemas.QUALITY_OVER_SEEDS.columns])]
    for (data, variant), trained in frame.groupby(["data", "variant"], sort=False):
        # The predictions of classes and of values may stand in one frame.
        kind = str if primary_metric(frame, data) == "accuracy" else float
        method = trained["method"].iloc[0]
        columns, label = {}, None
        for row in trained.itertuples():
            rows = predictions[(predictions["run"] == row.run) & (predictions["method"] == method)]
            rows = rows.astype({"label": kind, "predicted": kind}).set_index("text_id")
            if len(rows):
                columns[row.seed], label = rows["predicted"], rows["label"]
        if label is not None:
            part = quality_over_seeds({method: pd.DataFrame(columns)}, label)
            parts.append(part.assign(data=data, variant=variant))
    return pd.concat(parts[1:] or parts, ignore_index=True)
