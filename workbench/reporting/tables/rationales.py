"""What else a run says of its scorers and the rationales: floors, first layers, rivals, one another."""

import pandas as pd

from workbench.metrics.registry import METRICS
from workbench.reporting.figures.plausibility import in_order
from workbench.reporting.tables.layer_table import layer_table
from workbench.reporting.tables.significance import LEVEL, STAR
from workbench.reporting.tables.table import Table
from workbench.reporting.text.wording import method_name, scorer_name, three

_HERE = "Unit token, windows with evidence"


def chance_table(chance: pd.DataFrame, conventions: str) -> Table:
    """A row per metric and selection: what scores that know nothing give on the same texts."""
    rows = _here(chance)
    frame = rows[rows["value"].notna()].reset_index(drop=True)
    shown = pd.DataFrame(
        {
            "metric": [_label(name) for name in frame["metric"]],
            "selection": frame["selection"],
            "chance": frame["value"].map(three),
            "how": frame["how"],
            "n": frame["n"],
        }
    )
    caption = f"What chance gives. {_HERE}; exact: a closed form, draws: random scores. {conventions}"
    return Table("chance", caption, frame, shown, ("metric", "selection", "how"))


def earliest_table(earliest: pd.DataFrame, conventions: str) -> Table:
    """A row per scorer, model and selection, a column per pair of levels: the first layer past both."""
    rows = _here(earliest)
    levels = rows[["fpr_below", "tpr_above"]].drop_duplicates().sort_values(["fpr_below", "tpr_above"])
    keys = ["scorer", "method", "selection"]
    shown = []
    for (scorer, method, selection), own in rows.groupby(keys, sort=False, observed=True):
        line = {"scorer": scorer_name(scorer), "model": method_name(method), "selection": selection}
        at = own.set_index(["fpr_below", "tpr_above"])["layer"]
        for below, above in levels.itertuples(index=False):
            layer = at.get((below, above))
            line[f"{below:g}, {above:g}"] = "–" if pd.isna(layer) else f"L{int(layer)}"
        shown.append(line)
    caption = (
        f"First layer whose mean false positive rate is below, and recall above, the levels of the "
        f"column; a dash: no layer. {_HERE}. {conventions}"
    )
    words = ("scorer", "model", "selection")
    return Table("earliest", caption, rows, pd.DataFrame(shown), words)


def scorer_agreement_table(agreement: pd.DataFrame, conventions: str) -> Table:
    """Spearman's correlation of every two scorers, layer by layer."""
    unlike = agreement["scorer"].astype(str) != agreement["against"].astype(str)
    rows = agreement[unlike & (agreement["unit"] == "token") & (agreement["metric"] == "spearman")]
    frame = rows.assign(
        scorer=[_who(*pair) for pair in rows[["scorer", "method"]].itertuples(index=False)],
        against=[_who(*pair) for pair in rows[["against", "against_method"]].itertuples(index=False)],
    )
    caption = (
        "Spearman's rank correlation of two scorers over the tokens of a text, dropped ones tied at the "
        f"bottom, mean over texts. {conventions}"
    )
    return layer_table("scorer_agreement", caption, frame, {"scorer": "scorer", "against": "against"})


def fpr_table(comparisons: pd.DataFrame, conventions: str) -> Table:
    """A pruner's own scores against saliency and attention: difference of FPR, layer by layer."""
    rows = in_order(_here(comparisons))
    frame = rows.assign(
        value=rows["difference"],
        scorer=[_who(*pair) for pair in rows[["scorer", "method"]].itertuples(index=False)],
        against=rows["against"].map(scorer_name),
        text=[
            f"{value:+.3f}{STAR if p < LEVEL else ''}"
            for value, p in rows[["difference", "p_holm"]].itertuples(index=False)
        ],
    )
    caption = (
        "False positive rate of the first minus that of the second, uniform selection: below 0 the "
        f"first selects fewer unmarked tokens. {STAR}: paired over texts, Holm's p below {LEVEL}. "
        f"{_HERE}. {conventions}"
    )
    return layer_table("fpr_comparisons", caption, frame, {"scorer": "scorer", "against": "against"})


def _here(rows: pd.DataFrame) -> pd.DataFrame:
    chosen = rows[(rows["unit"] == "token") & (rows["universe"] == "with-evidence")]
    return chosen.reset_index(drop=True)


def _label(metric: str) -> str:
    return METRICS[metric].label if metric in METRICS else metric


def _who(scorer: object, method: object) -> str:
    return f"{scorer_name(scorer)} ({method_name(method)})"
