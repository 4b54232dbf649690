"""Quality over seeds: its two spreads from the predictions of many runs, and a picture of them."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from workbench.metrics import schemas
from workbench.metrics.stats.seeds import quality_over_seeds
from workbench.reporting.figures.page import (
    LETTERS,
    legend_below,
    name_axes,
    named_handles,
    plain,
    print_axes,
    width_for,
)
from workbench.reporting.figures.style import BLACK, GREY, series_look
from workbench.reporting.tables.main import QUALITY_NAMES
from workbench.reporting.tables.results import primary_metric
from workbench.reporting.text.wording import method_name
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


def draw_seeds(frame: pd.DataFrame) -> Figure:
    """Draw a row per data set and variant: every seed's quality as a point, below it the
    mean with its interval over texts and seeds.

    `frame` has columns data, variant, method, metric, quality, and the group's value, ci_low, ci_high
    and seeds (NaN without predictions).
    """
    several = frame["data"].nunique() > 1
    groups = list(frame.groupby(["data", "variant"], sort=False))
    meaning = "95 % over texts and seeds" if frame["seeds"].max() > 1 else "95 % over texts"
    names = [f"{data}: " * several + method_name(variant) for (data, variant), _ in groups]
    figure, axes = print_axes(width_for(names), 0.32 * len(groups) + 1.0)
    ax = axes[0, 0]
    for number, (_, rows) in enumerate(groups):
        colour = series_look(str(rows["method"].iloc[0]), number).colour
        mean, low, high = 100 * rows[["value", "ci_low", "ci_high"]].iloc[0].to_numpy(dtype=np.float64)
        first = number == 0
        ax.plot([low, high], [-number - 0.15] * 2, color=GREY, linewidth=3, solid_capstyle="butt",
                label=meaning if first else None)  # fmt: skip
        ax.plot(mean, -number - 0.15, "|", color=BLACK, markersize=7, label="mean" if first else None)
        points = 100 * rows["quality"].to_numpy(dtype=np.float64)
        ax.plot(points, np.full(len(points), -number + 0.12), "o", color=colour, markersize=3.5,
                label="one seed" if first else None)  # fmt: skip
    ax.set_yticks([-number for number in range(len(names))], [plain(name) for name in names],
                  fontsize=LETTERS - 1)  # fmt: skip
    ax.set_ylim(-len(names) + 0.4, 0.6)
    ax.grid(visible=False, axis="y")
    ax.grid(axis="x", color="#E5E5E5", linewidth=0.6)
    name_axes(ax, " or ".join(QUALITY_NAMES[name] for name in frame["metric"].unique()), "")
    legend_below(figure, named_handles(ax))
    return figure


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
