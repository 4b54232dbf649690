"""The findings of a run in sentences, every one of them computed from its numbers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.catalog.scorers import CONTROLS, SCORERS
from workbench.core.task_type import answer_text
from workbench.metrics.classification import judged_by, quality_difference
from workbench.reporting.tables.significance import LEVEL
from workbench.reporting.text.wording import method_name, quality_words, scorer_on_model, times
from workbench.runs.tables import RunData


@dataclass(frozen=True)
class Loss:
    """Accuracy (a regression's Pearson correlation) lost against the dense model, in shares of 1, with
    its paired interval."""

    value: float
    low: float
    high: float


def summary_sentences(run: RunData) -> list[str]:
    """Write a sentence per finding: the dense model, each pruner, each scorer against random."""
    return [*quality_sentences(run), *plausibility_sentences(run)]


def quality_loss(run: RunData, method: str) -> Loss | None:
    """Compute dense minus `method` quality over the texts both predicted; None without both."""
    frame = run.predicted
    if frame is None:
        return None
    columns = ["label", "predicted"]
    ours, theirs = (
        frame[frame["method"] == name].set_index("text_id")[columns] for name in ("dense", method)
    )
    pairs = ours.join(theirs["predicted"].rename("other"), how="inner")
    if pairs.empty:
        return None
    label, dense, other = (pairs[name].to_numpy() for name in ("label", "predicted", "other"))
    return Loss(*quality_difference(label, dense, other, 1000, seed=0))


def quality_sentences(run: RunData) -> list[str]:
    """Say what the dense model reaches, and what other methods gain in speed and lose in quality."""
    frame = run.rows("classification")
    if frame is None:
        return []
    metric = judged_by(frame)
    quality = frame[frame["metric"] == metric]
    sentences = []
    for method in ordered(quality["method"], METHODS):
        row = quality[quality["method"].astype(str) == method].iloc[0]
        value = quality_words(metric, row["value"], row["ci_low"], row["ci_high"])
        text = f"{method_name(method)}: {value}"
        if method == "dense":
            text += f" on {int(row['n'])} texts of split {run.split}"
        else:
            text += _loss_words(quality_loss(run, method))
        sentences.append(text + _speed_words(run, method) + "." + _undecided_words(run, method))
    return sentences


def _undecided_words(run: RunData, method: str) -> str:
    """A warning where a model says the same of every text, though their labels differ."""
    part = None if run.predicted is None else run.predicted.query("method == @method")
    if part is None or part["predicted"].nunique() != 1 or part["label"].nunique() < 2:
        return ""
    said = answer_text(part["predicted"].iloc[0])
    return (
        f" It predicts {said} for every text: it has not learned the task, so "
        "there is no decision to explain; more texts or epochs may help."
    )


def _loss_words(loss: Loss | None) -> str:
    if loss is None:
        return ""
    way, sign = ("below", 100) if loss.value >= 0 else ("above", -100)
    low, high = sorted((sign * loss.low, sign * loss.high))
    beyond = "beyond" if low > 0 or high < 0 else "within"
    return (
        f", {sign * loss.value:.1f} points {way} dense [{low:.1f}, {high:.1f}], {beyond} what drawing "
        "other texts would explain"
    )


def _speed_words(run: RunData, method: str) -> str:
    frame = run.rows("efficiency")
    if frame is None:
        return ""
    part = frame[frame["method"].astype(str) == method]
    parts = []
    value = part.loc[part["quantity"] == "flops_speedup_unpadded", "value"]
    if len(value) and method != "dense":
        parts.append(f"{times(value.iloc[0])} times fewer FLOPs (unpadded)")
    measured = part[part["quantity"] == "speedup_vs_hf"].dropna(subset=["batch_size"])
    if len(measured):
        row = measured.sort_values("batch_size").iloc[-1]
        parts.append(
            f"{times(row['value'])} times the measured speed of the stock padded model at batch "
            f"{int(row['batch_size'])}"
        )
    return f"; {'; '.join(parts)}" if parts else ""


def plausibility_sentences(run: RunData) -> list[str]:
    """Say of each scorer in how many layers its AP beats random's, and where it is best."""
    ap, tests = _ap_rows(run, "plausibility"), _ap_rows(run, "comparisons")
    scored = ap[~ap["scorer"].isin([*CONTROLS])]
    sentences = []
    for scorer in ordered(scored["scorer"], SCORERS):
        part = scored[scored["scorer"] == scorer]
        for method in ordered(part["method"], METHODS):
            rows = part[part["method"] == method].set_index("layer")
            tested = tests[(tests["scorer"] == scorer) & (tests["method"] == method)]
            chance = _chance_level(ap, method)
            sentences.append(f"{scorer_on_model(scorer, method)}{_against_random(rows, chance, tested)}")
    return [*sentences, *_spread_sentence(run)] if sentences else []


def _ap_rows(run: RunData, table: str) -> pd.DataFrame:
    """The rows of a table about AP, tokens, and windows with evidence."""
    frame = run.rows(table)
    if frame is None:
        return pd.DataFrame(columns=["scorer", "method", "layer", "value", "p_holm", "sd"])
    here = (frame["unit"] == "token") & (frame["universe"] == "with-evidence")
    return frame[here & (frame["metric"] == "ap")].astype({"scorer": str, "method": str})


def _spread_sentence(run: RunData) -> list[str]:
    rows = _ap_rows(run, "random_spread")
    if rows["sd"].notna().sum() == 0:
        return []
    return [
        f"The random control is the mean of {int(rows['draws'].max())} draws; its mean AP varies "
        f"between draws with a standard deviation of at most {rows['sd'].max():.3f} in any layer."
    ]


def _chance_level(ap: pd.DataFrame, method: str) -> pd.Series:
    """Random AP by layer: on the same model where it was drawn there, else on the first there is."""
    random = ap[ap["scorer"] == "random"]
    drawn_on = [*random["method"].unique()]
    model = method if method in drawn_on or not drawn_on else drawn_on[0]
    return random[random["method"] == model].set_index("layer")["value"]


def _against_random(rows: pd.DataFrame, chance: pd.Series, tests: pd.DataFrame) -> str:
    at = int(np.argmax(rows["value"].to_numpy()))
    best, highest = int(rows.index[at]), float(rows["value"].iloc[at])
    peak = f"best AP {highest:.3f} at layer {best}"
    shared = rows.index.intersection(chance.index)
    if not len(shared):
        return f": {peak}; there is no random control to compare with."
    rows, level = rows.loc[shared], chance[shared]
    above, rule = _above(rows, level, tests)
    verdict = "beats" if above.all() else ("does not beat" if not above.any() else "partly beats")
    return (
        f" {verdict} random on average precision: above it in {int(above.sum())} of {len(shared)} "
        f"layers ({rule}), {(rows['value'] - level).mean():+.3f} on average over layers; {peak}, random "
        f"there {chance.get(best, np.nan):.3f}."
    )


def _above(rows: pd.DataFrame, chance: pd.Series, tests: pd.DataFrame) -> tuple[pd.Series, str]:
    """Where a scorer is above random, by the strongest rule that the run's files allow."""
    p_holm = tests.set_index("layer")["p_holm"]
    if len(p_holm) and rows.index.isin(p_holm.index).all():
        above = (rows["value"] > chance) & (p_holm[rows.index] < LEVEL)
        return above, f"paired test, Holm p < {LEVEL}"
    if rows["ci_low"].notna().all():
        return rows["ci_low"] > chance, "interval above random's mean"
    return rows["value"] > chance, "by the mean alone"
