"""The tables of a paper from runs of one data set; means over seeds where there are several."""

from collections.abc import Callable

import pandas as pd

from workbench.metrics.classification import judged_by
from workbench.reporting.tables.main import (
    QUALITY_NAMES,
    aimed,
    efficiency_table,
    faithfulness_table,
    main_table,
    method_marks,
    or_dash,
    plausibility_table,
    speed_words,
)
from workbench.reporting.tables.of_run import data_table
from workbench.reporting.tables.over_seeds import (
    in_method_order,
    over_seeds,
    quantities,
    results,
    seeds_line,
    seeds_words,
    variants,
)
from workbench.reporting.tables.significance import STAR, significance_table, unlike_dense
from workbench.reporting.tables.table import Table, sorted_by
from workbench.reporting.text.aims import aim_words, mark_missed, missed
from workbench.reporting.text.render import caption
from workbench.reporting.text.wording import method_name, short_rationales
from workbench.runs.many import Runs, reported


def paper_tables(runs: Runs) -> tuple[list[Table], list[str]]:
    """Build every table that the runs have numbers for, and a sentence for each that they have none for.

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
    made, lacking = [data_table(runs)], []
    for name, build in builders.items():
        table = build(runs) if len(runs.frame(name)) else None
        if table is None or table.frame.empty:
            lacking.append(f"{build.__name__.replace('_', ' ')}: no run has rows for it in {name}.")
        else:
            made.append(table)
    return made, lacking


def main_comparison(runs: Runs) -> Table:
    """Build quality and speed by method: intervals over texts for one run, else means over seeds."""
    pairs = significance(runs).frame if len(runs.predictions) else None
    unlike = set() if pairs is None else unlike_dense(pairs)
    if len(runs.runs) == 1:
        timed = reported(runs.efficiency) if len(runs.efficiency) else None
        quality = reported(runs.classification)
        told = f"{_facts(runs)} {aim_words(runs.aims)}"
        return main_table(quality, timed, told, unlike, runs.runs[0].config, aims=runs.aims)
    cells = results(runs)
    named = quantities(cells)
    judged = QUALITY_NAMES[judged_by(runs.classification)]
    lines, words = [], []
    for variant in in_method_order(cells["variant"]):
        rows = cells[(cells["variant"] == variant) & (cells["n"] > 0)]
        numbers, text = seeds_line(rows, named)
        cut = cells.loc[cells["variant"] == variant, "cut"].iloc[0]
        facts = {"seeds": len(rows), "n": int(rows["n"].max()) if len(rows) else 0, "cut": or_dash(cut)}
        lines.append({"method": variant} | facts | numbers)
        text[judged] = f"{text[judged]}{STAR if variant in unlike else ''}"
        words.append({"method": method_name(variant)} | facts | text)
    frame, shown = pd.DataFrame(lines), pd.DataFrame(words)
    variant_of = cells[["run", "method", "variant"]]
    short = missed(runs.aims).merge(variant_of, on=["run", "method"]).drop(columns="method")
    short = short.rename(columns={"variant": "method"})
    dagger = mark_missed(shown, frame["method"], short, aimed(judged))
    marks = method_marks(frame, shown, {name: heading for name, (heading, _) in named.items()})
    note = caption(
        "main_seeds",
        conventions=_facts(runs),
        star=caption("star") if unlike else "",
        missed=caption("missed") if dagger else "",
        speed=speed_words(frame),
    )
    return Table("main", note, frame, shown, ("method",), marks)


def plausibility_by_layer(runs: Runs) -> Table:
    """Build plausibility, scorer by layer; the stars need one seed, since tests belong to a run."""
    tests = runs.comparisons if len(runs.runs) == 1 and len(runs.comparisons) else None
    facts = f"{_facts(runs)} Rationales: {short_rationales(runs.runs[0].config)}."
    tested = None if tests is None else reported(tests)
    return plausibility_table(over_seeds(reported(runs.plausibility)), conventions=facts, tests=tested)


def faithfulness_by_layer(runs: Runs) -> Table:
    """Build faithfulness, scorer by layer."""
    return faithfulness_table(over_seeds(reported(runs.faithfulness)), _facts(runs))


def efficiency(runs: Runs) -> Table:
    """Build seconds by method and batch size."""
    rounds = reported(runs.stopwatch) if len(runs.stopwatch) and len(runs.runs) == 1 else None
    return efficiency_table(over_seeds(reported(runs.efficiency)), rounds, _facts(runs))


def significance(runs: Runs) -> Table:
    """Test every pair of methods on the same texts, over the seeds."""
    predictions = reported(runs.predictions)
    pairs = list(zip(predictions["run"], predictions["method"].astype(str), strict=True))
    named = variants(runs, pairs)
    predictions = predictions.assign(method=[named[pair] for pair in pairs])
    once = predictions.drop_duplicates(["method", "seed", "text_id"])
    once = sorted_by(once, {"method": in_method_order(once["method"])})
    return significance_table(once, str(once["split"].iloc[0]))


def _facts(runs: Runs) -> str:
    return f"Data {runs.one_data()}. {seeds_words(runs.seeds)}"
