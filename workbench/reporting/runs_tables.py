"""The tables of a paper from runs of one data set; means over seeds where there are several."""

from collections.abc import Callable

import pandas as pd

from workbench.reporting.data_card import data_card
from workbench.reporting.faithfulness import faithfulness_table
from workbench.reporting.frames import Runs, reported
from workbench.reporting.over_seeds import over_seeds, quantities, seeds_line, seeds_words
from workbench.reporting.run_data import METHOD_ORDER, ordered
from workbench.reporting.significance import correct, significance_table, unlike_dense
from workbench.reporting.table import Table
from workbench.reporting.tables import (
    RANKS_BUT_DENSE,
    SPEED_CONVENTIONS,
    efficiency_table,
    main_table,
    method_marks,
    plausibility_table,
    quality_row,
    speed_row,
)
from workbench.reporting.wording import method_name, short_rationales


def paper_tables(runs: Runs) -> tuple[list[Table], list[str]]:
    """Every table that the runs have numbers for, and a sentence for each that they have none for.

    Raises InputError where the runs have different data, or one seed twice.
    """
    runs.one_data()
    builders: dict[str, Callable[[Runs], Table]] = {
        "classification": main_comparison,
        "plausibility": plausibility_by_layer,
        "faithfulness": faithfulness_by_layer,
        "efficiency": efficiency,
        "predictions": significance,
    }
    made, lacking = [data_card(runs)], []
    for name, build in builders.items():
        table = build(runs) if len(runs.frame(name)) else None
        if table is None or table.frame.empty:
            lacking.append(f"{build.__name__.replace('_', ' ')}: no run has rows for it in {name}.")
        else:
            made.append(table)
    return made, lacking


def main_comparison(runs: Runs) -> Table:
    """Quality and speed by method; of one run with intervals over texts, of several over seeds."""
    pairs = significance(runs).frame if len(runs.predictions) else None
    unlike = set() if pairs is None else unlike_dense(pairs)
    quality, speed = reported(runs.classification), runs.efficiency
    timed = reported(speed) if len(speed) else None
    if len(runs.seeds) < 2:
        once = over_seeds(quality)
        once_timed = None if timed is None else over_seeds(timed)
        return main_table(once, once_timed, _told(runs), unlike, _configured(runs))
    cells = _cells(runs, quality, timed)
    named = quantities(cells)
    lines, words = [], []
    for method in ordered([*cells["method"], *_configured(runs)], METHOD_ORDER):
        rows = cells[cells["method"] == method].drop_duplicates("seed")
        numbers, text = seeds_line(rows, named)
        facts = {"seeds": len(rows), "n": int(rows["n"].max()) if len(rows) else 0}
        lines.append({"method": method} | facts | numbers)
        words.append({"method": method_name(method)} | facts | text)
    frame, shown = pd.DataFrame(lines), pd.DataFrame(words)
    caption = f"Quality and speed by method. {_told(runs)} {RANKS_BUT_DENSE} {SPEED_CONVENTIONS}"
    return Table("main", caption, frame, shown, ("method",), method_marks(frame, shown, named))


def _configured(runs: Runs) -> list[str]:
    """Methods that were asked for; those without a number have a line of dashes."""
    return [method for run in runs.runs for method in run.config.get("methods", [])]


def _cells(runs: Runs, quality: pd.DataFrame, speed: pd.DataFrame | None) -> pd.DataFrame:
    """A row per run and method."""
    over_seeds(quality)  # Refuses two runs of a seed.
    rows = []
    for run in runs.runs:
        own = quality[quality["run"] == run.name]
        fast = None if speed is None else speed[speed["run"] == run.name]
        for method in ordered(own["method"], METHOD_ORDER):
            facts = {"run": run.name, "seed": run.seed} | quality_row(own, method)
            rows.append(facts | speed_row(method, fast))
    return pd.DataFrame(rows)


def plausibility_by_layer(runs: Runs) -> Table:
    """Agreement with rationales, scorer by layer; the stars need one seed, tests being of a run."""
    tests = runs.comparisons if len(runs.runs) == 1 and len(runs.comparisons) else None
    told = f"{_told(runs)} Rationales: {short_rationales(runs.runs[0].config)}."
    tested = None if tests is None else reported(tests)
    return plausibility_table(over_seeds(reported(runs.plausibility)), conventions=told, tests=tested)


def faithfulness_by_layer(runs: Runs) -> Table:
    """Faithfulness, scorer by layer."""
    return faithfulness_table(over_seeds(reported(runs.faithfulness)), _told(runs))


def efficiency(runs: Runs) -> Table:
    """Seconds by method and batch size."""
    rounds = reported(runs.stopwatch) if len(runs.stopwatch) and len(runs.runs) == 1 else None
    return efficiency_table(over_seeds(reported(runs.efficiency)), rounds, _told(runs))


def significance(runs: Runs) -> Table:
    """Every pair of methods on the same texts, over the seeds."""
    predictions = reported(runs.predictions)
    methods = ordered(predictions["method"], METHOD_ORDER)
    right = {}
    for method in methods:
        own = predictions[predictions["method"].astype(str) == method]
        firsts = own.drop_duplicates(["seed", "text_id"])
        right[method] = correct(part for _, part in firsts.groupby("seed", sort=True, dropna=False))
    return significance_table(right, str(predictions["split"].iloc[0]))


def _told(runs: Runs) -> str:
    return f"Data {runs.one_data()}. {seeds_words(runs.seeds)}"
