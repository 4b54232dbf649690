"""What else a run says about its scorers and the rationales: chance, first layers, rivals."""

from functools import partial

import pandas as pd

from workbench.metrics.registry import METRICS, SOFT
from workbench.reporting.figures.plausibility import in_order
from workbench.reporting.tables.by_layer import layer_table
from workbench.reporting.tables.significance import LEVEL, STAR
from workbench.reporting.tables.table import Table, formatted
from workbench.reporting.text.render import caption
from workbench.reporting.text.wording import (
    decimals,
    interval,
    method_name,
    scorer_name,
    scorers_with_models,
)

_PAIR = {"scorer": "scorer", "against": "against"}


def chance_table(chance: pd.DataFrame, conventions: str) -> Table:
    """Build a row per metric and selection: what scores that know nothing give on the same texts."""
    rows = _here(chance)
    frame = rows[rows["value"].notna()].reset_index(drop=True)
    columns = {
        "metric": ("metric", lambda name: METRICS[name].label if name in METRICS else name),
        "selection": ("selection",), "chance": ("value", decimals), "how": ("how",), "n": ("n",),
    }  # fmt: skip
    words = caption("chance", conventions=conventions)
    return Table("chance", words, frame, formatted(frame, columns), ("metric", "selection", "how"))


def earliest_table(earliest: pd.DataFrame, conventions: str) -> Table:
    """Build a row per scorer, model and selection: the first layer past each pair of levels."""
    rows = _here(earliest)
    levels = rows[["fpr_below", "tpr_above"]].drop_duplicates().sort_values(["fpr_below", "tpr_above"])
    keys = ["scorer", "method", "selection"]
    shown = []
    for (scorer, method, selection), part in rows.groupby(keys, sort=False, observed=True):
        line = {"scorer": scorer_name(scorer), "model": method_name(method), "selection": selection}
        first = part.set_index(["fpr_below", "tpr_above"])["layer"]
        for below, above in levels.itertuples(index=False):
            layer = first.get((below, above))
            line[f"{below:g}, {above:g}"] = "–" if pd.isna(layer) else f"L{int(layer)}"
        shown.append(line)
    words = caption("earliest", conventions=conventions)
    return Table("earliest", words, rows, pd.DataFrame(shown), ("scorer", "model", "selection"))


def scorer_agreement_table(agreement: pd.DataFrame, conventions: str) -> Table:
    """Build Spearman's correlation of every two scorers, layer by layer."""
    unlike = agreement["scorer"].astype(str) != agreement["against"].astype(str)
    rows = agreement[unlike & (agreement["unit"] == "token") & (agreement["metric"] == "spearman")]
    frame = rows.assign(
        scorer=scorers_with_models(rows),
        against=scorers_with_models(rows, "against", "against_method"),
    )
    words = caption("scorer_agreement", conventions=conventions)
    return layer_table("scorer_agreement", words, frame, _PAIR)


def fpr_table(comparisons: pd.DataFrame, conventions: str) -> Table:
    """Build a pruner's own scores against saliency and attention: difference of FPR, layer by layer."""
    rows = in_order(_here(comparisons))
    star = (rows["p_holm"] < LEVEL).map({True: STAR, False: ""})
    frame = rows.assign(
        value=rows["difference"],
        scorer=scorers_with_models(rows),
        against=rows["against"].map(scorer_name),
        text=rows["difference"].map("{:+.3f}".format) + star,
    )
    words = caption("fpr_comparisons", conventions=conventions)
    return layer_table("fpr_comparisons", words, frame, _PAIR)


def human_bound_table(bound: pd.DataFrame, conventions: str, rule: str = "majority") -> Table:
    """Build a row per metric and unit: what each annotator reaches against the others of the text.

    Args:
        bound: The table of that name, of one split.
        conventions: What the caption adds.
        rule: By which the others decide.
    """
    rows = bound[bound["universe"] == "with-evidence"]
    places = {name: place for place, name in enumerate(_OF_PEOPLE)}
    frame = rows[rows["metric"].isin(places)].sort_values(
        ["metric", "unit"], key=lambda names: names.map(places).fillna(0), kind="stable"
    )
    columns = {
        "metric": ("metric", lambda name: METRICS[name].label), "unit": ("unit",),
        "annotators": ("value", "ci_low", "ci_high", partial(interval, write=decimals)), "n": ("n",),
    }  # fmt: skip
    frame = frame.reset_index(drop=True)
    words = caption("human_bound", rule=rule, conventions=conventions)
    return Table("human_bound", words, frame, formatted(frame, columns), ("metric", "unit"))


_OF_PEOPLE = ("ap", "fpr", "tpr", "token_f1", "iou_f1", *(metric.name for metric in SOFT))


def _here(rows: pd.DataFrame) -> pd.DataFrame:
    chosen = rows[(rows["unit"] == "token") & (rows["universe"] == "with-evidence")]
    return chosen.reset_index(drop=True)
