"""Every table of one run's report, and what the texts of runs are."""

import numpy as np
import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.core.task_type import NO_LABEL
from workbench.reporting.tables.controls import controls_table
from workbench.reporting.tables.main import (
    efficiency_table,
    faithfulness_table,
    main_table,
    plausibility_table,
)
from workbench.reporting.tables.rationales import (
    chance_table,
    earliest_table,
    fpr_table,
    human_bound_table,
    scorer_agreement_table,
)
from workbench.reporting.tables.significance import significance_table, unlike_dense
from workbench.reporting.tables.table import Table, formatted, sorted_by
from workbench.reporting.text.aims import aim_words
from workbench.reporting.text.render import caption
from workbench.reporting.text.wording import method_notes, scorer_name, short_rationales
from workbench.runs.many import Runs, load_runs
from workbench.runs.tables import RunData

_RATIONALES = {
    "chance": chance_table,
    "earliest": earliest_table,
    "agreement": scorer_agreement_table,
    "fpr_comparisons": fpr_table,
}
"""Tables of metrics/ that are shown with nothing but what they say."""


def write_tables(run: RunData) -> dict[str, Table]:
    """Write every table the run has numbers for, see `Table.write`; returns them by name."""
    facts = f"Split {run.split}, 1 seed ({run.config.get('seed', 'not recorded')})."
    tables = [*_quality(run, facts), *_rationales(run, facts)]
    tested = run.rows("faithfulness")
    if tested is not None:
        tables.append(faithfulness_table(tested, facts))
    if run.predictions is not None:
        tables.append(data_table(load_runs(run.folder)))
    counts = run.rows("plausibility_counts")
    if counts is not None:
        names = tuple(name for name in counts.columns if counts[name].dtype.kind not in "iuf")
        tables.append(Table("counts", caption("counts"), counts, counts, names))
    tables = [table for table in tables if len(table.frame)]
    for table in tables:
        table.write(run.folder)
    return {table.name: table for table in tables}


def _quality(run: RunData, facts: str) -> list[Table]:
    tables: list[Table] = []
    pairs = _significance(run)
    classification, efficiency = run.rows("classification"), run.rows("efficiency")
    if classification is not None:
        notes = method_notes(run.config, classification["method"])
        unlike = unlike_dense(pairs.frame) if pairs else set()
        words = f"{facts} {notes} {aim_words(run.aims)}"
        tables.append(main_table(classification, efficiency, words, unlike, run.config, aims=run.aims))
    if efficiency is not None and efficiency["batch_size"].notna().any():
        tables.append(efficiency_table(efficiency, run.rows("stopwatch"), facts))
    if pairs:
        tables.append(pairs)
    controls, compared = run.rows("controls"), run.rows("control_comparisons")
    if controls is not None and compared is not None:
        tables.append(controls_table(controls, compared, facts))
    return tables


def _significance(run: RunData) -> Table | None:
    rows = run.predicted
    if rows is None:
        return None
    rows = rows.astype({"method": str}).assign(seed=run.config.get("seed"))
    in_order = sorted_by(rows, {"method": ordered(rows["method"], METHODS)})
    return significance_table(in_order, run.split)


def _rationales(run: RunData, facts: str) -> list[Table]:
    tables = []
    plausibility, tests = run.rows("plausibility"), run.rows("comparisons")
    if plausibility is not None:
        for unit, name in (("token", "plausibility_table"), ("word", "plausibility_table_word")):
            words = _conventions(run, plausibility, unit)
            tables.append(
                plausibility_table(plausibility, unit=unit, conventions=words, name=name, tests=tests)
            )
    for name, build in _RATIONALES.items():
        rows = run.rows(name)
        if rows is not None:
            tables.append(build(rows, f"{facts} Rationales: {short_rationales(run.config)}."))
    people = run.rows("human_bound")
    if people is not None:
        rule = (run.config.get("data") or {}).get("annotators", "majority")
        tables.append(human_bound_table(people, facts, rule))
    return tables


def _conventions(run: RunData, rows: pd.DataFrame, unit: str) -> str:
    """What was scored, on what, and by which rule."""
    here = rows[(rows["unit"] == unit) & (rows["universe"] == "with-evidence")]
    targets = run.about.get("explains")
    known = targets if isinstance(targets, dict) else {}
    there = {*here["scorer"].astype(str)}
    explained = "; ".join(f"{scorer_name(n)}: {target}" for n, target in known.items() if n in there)
    return caption(
        "conventions", split=run.split, unit=unit, rationales=short_rationales(run.config),
        n=int(here["n"].max()) if len(here) else 0, seed=run.config.get("seed", "not recorded"),
        explained=explained or "not recorded",
    )  # fmt: skip


_TOKENS = ("tokens_median", "tokens_q25", "tokens_q75", "tokens_max")


def data_table(runs: Runs) -> Table:
    """Build a row per data set and predicted split: texts, texts per class, tokens of the whole texts.

    Tokens are those that any method has in any layer, special ones included; the training texts are not
    predicted, so not counted here.
    """
    lines = [
        _line(name, str(split), rows)
        for name, same_data in runs.by_data().items()
        for split, rows in same_data.predictions.groupby("split", sort=False, observed=True)
    ]
    frame = pd.DataFrame(lines, columns=["data", "split", "texts", "classes", *_TOKENS])
    columns = {
        "data": ("data",), "split": ("split",), "texts": ("texts",), "texts per class": ("classes",),
        "tokens, median (quartiles)": (*_TOKENS[:3], "{:g} ({:g}–{:g})".format),
        "tokens, most": ("tokens_max",),
    }  # fmt: skip
    sources = {run.data: short_rationales(run.config) for run in runs.runs}
    rationales = "; ".join(f"{name}: {source}" for name, source in sources.items())
    words = caption("data", rationales=rationales)
    shown = formatted(frame, columns)
    return Table("data", words, frame, shown, ("data", "split", "texts per class"))


def _line(data: str, split: str, rows: pd.DataFrame) -> dict[str, object]:
    longest = pd.Series([np.max(tokens) for tokens in rows["tokens"]], index=rows["text_id"].astype(str))
    lengths = longest.groupby(level=0).max()
    labels = rows.drop_duplicates("text_id")["label"]
    low, median, high = lengths.quantile([0.25, 0.5, 0.75])
    return {
        "data": data, "split": split, "texts": len(lengths),
        "classes": _labels(labels),
        "tokens_median": median, "tokens_q25": low, "tokens_q75": high, "tokens_max": int(lengths.max()),
    }  # fmt: skip


def _labels(labels: pd.Series) -> str:
    """Texts per class or label; of a regression the range of the values."""
    if labels.dtype.kind == "f":
        return f"values {labels.min():g} to {labels.max():g}"
    # A text of several labels counts once under each, one of none (NaN once exploded) by itself.
    counts = labels.explode().fillna(NO_LABEL).astype(str).value_counts().sort_index()
    return ", ".join(f"{label} {count}" for label, count in counts.items())
