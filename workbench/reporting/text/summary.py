"""The findings of a run in sentences, every one of them computed from its numbers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.metrics.classification import judged_by, quality_difference
from workbench.reporting.text.wording import method_name, quality_words, scorer_on_model, times
from workbench.runs.tables import CONTROLS, SCORER_ORDER, RunData


@dataclass(frozen=True)
class Loss:
    """Accuracy (a regression's Pearson correlation) lost against the dense model, in shares of 1, with
    its paired interval."""

    value: float
    low: float
    high: float


def summary_sentences(run: RunData) -> list[str]:
    """One sentence per finding: the dense model, each pruner, each scorer against random."""
    return [*quality_sentences(run), *agreement_sentences(run)]


def quality_loss(run: RunData, method: str, resamples: int = 1000) -> Loss | None:
    """Dense minus `method` quality over the texts both predicted, or None without both."""
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
    return Loss(*quality_difference(label, dense, other, resamples, seed=0))


def quality_sentences(run: RunData) -> list[str]:
    """What the dense model reaches, and what each other method gains in speed and loses in quality."""
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
    frame = run.predicted
    own = frame if frame is None else frame[frame["method"].astype(str) == method]
    if own is None or own["predicted"].nunique() != 1 or own["label"].nunique() < 2:
        return ""
    return (
        f" It predicts {own['predicted'].iloc[0]} for every text: it has not learned the task, so there "
        "is no decision to explain; more texts or epochs may help."
    )


def _loss_words(loss: Loss | None) -> str:
    if loss is None:
        return ""
    points = abs(100 * loss.value)
    way = "below" if loss.value >= 0 else "above"
    low, high = (
        (100 * loss.low, 100 * loss.high) if loss.value >= 0 else (-100 * loss.high, -100 * loss.low)
    )
    beyond = "beyond" if loss.low > 0 or loss.high < 0 else "within"
    return (
        f", {points:.1f} points {way} dense [{low:.1f}, {high:.1f}], {beyond} what drawing other texts "
        "would explain"
    )


def _speed_words(run: RunData, method: str) -> str:
    frame = run.rows("efficiency")
    if frame is None:
        return ""
    own = frame[frame["method"].astype(str) == method]
    parts = []
    value = own.loc[own["quantity"] == "flops_speedup_unpadded", "value"]
    if len(value) and method != "dense":
        parts.append(f"{times(value.iloc[0])} times fewer FLOPs (unpadded)")
    measured = own[own["quantity"] == "speedup_vs_hf"].dropna(subset=["batch_size"])
    if len(measured):
        row = measured.sort_values("batch_size").iloc[-1]
        parts.append(
            f"{times(row['value'])} times the measured speed of the stock padded model at batch "
            f"{int(row['batch_size'])}"
        )
    return f"; {'; '.join(parts)}" if parts else ""


def agreement_sentences(
    run: RunData, *, unit: str = "token", universe: str = "with-evidence"
) -> list[str]:
    """Per scorer: in how many layers its AP beats random's, and where it is best."""
    frame = run.rows("plausibility")
    if frame is None:
        return []
    here = (frame["unit"] == unit) & (frame["universe"] == universe) & (frame["metric"] == "ap")
    ap = frame[here].astype({"scorer": str, "method": str})
    sentences = []
    for scorer in ordered(ap["scorer"], SCORER_ORDER):
        if scorer in CONTROLS:
            continue
        for method in ordered(ap.loc[ap["scorer"] == scorer, "method"], METHODS):
            own = ap[(ap["scorer"] == scorer) & (ap["method"] == method)].set_index("layer")
            sentences.append(
                _against_random(run, scorer, method, own, _floor(ap, method), unit, universe)
            )
    return [*sentences, *_spread_sentence(run, unit, universe)] if sentences else []


def _spread_sentence(run: RunData, unit: str, universe: str) -> list[str]:
    frame = run.rows("random_spread")
    if frame is None:
        return []
    here = frame[(frame["unit"] == unit) & (frame["universe"] == universe) & (frame["metric"] == "ap")]
    if here["sd"].notna().sum() == 0:
        return []
    return [
        f"The random control is the mean of {int(here['draws'].max())} draws; its mean AP varies "
        f"between draws with a standard deviation of at most {here['sd'].max():.3f} in any layer."
    ]


def _floor(ap: pd.DataFrame, method: str) -> pd.Series:
    """Random AP by layer: on the same model where it was drawn there, else on the first there is."""
    random = ap[ap["scorer"] == "random"]
    same = random[random["method"] == method]
    if same.empty and len(random):
        same = random[random["method"] == random["method"].iloc[0]]
    return same.set_index("layer")["value"]


def _against_random(
    run: RunData, scorer: str, method: str, own: pd.DataFrame, floor: pd.Series, unit: str, universe: str
) -> str:
    name = scorer_on_model(scorer, method)
    at = int(np.argmax(own["value"].to_numpy()))
    best, highest = int(own.index[at]), float(own["value"].iloc[at])
    peak = f"best AP {highest:.3f} at layer {best}"
    shared = own.index.intersection(floor.index)
    if not len(shared):
        return f"{name}: {peak}; there is no random control to compare with."
    above, rule = _above(run, scorer, method, own.loc[shared], floor, unit, universe)
    verdict = "beats" if above.all() else ("does not beat" if not above.any() else "partly beats")
    mean = float((own["value"][shared] - floor[shared]).mean())
    return (
        f"{name} {verdict} random on average precision: above it in {int(above.sum())} of {len(shared)} "
        f"layers ({rule}), {mean:+.3f} on average over layers; {peak}, random there "
        f"{floor.get(best, np.nan):.3f}."
    )


def _above(
    run: RunData, scorer: str, method: str, own: pd.DataFrame, floor: pd.Series, unit: str, universe: str
) -> tuple[np.ndarray, str]:
    """Where a scorer is above random, by the strongest rule that the run's files allow."""
    higher = own["value"].to_numpy() > floor[own.index].to_numpy()
    tests = run.rows("comparisons")
    if tests is not None:
        mine = tests[
            (tests["scorer"].astype(str) == scorer)
            & (tests["method"].astype(str) == method)
            & (tests["unit"] == unit)
            & (tests["universe"] == universe)
            & (tests["metric"] == "ap")
        ].set_index("layer")["p_holm"]
        if own.index.isin(mine.index).all():
            return higher & (mine[own.index].to_numpy() < 0.05), "paired test, Holm p < 0.05"
    if own["ci_low"].notna().all():
        return own["ci_low"].to_numpy() > floor[own.index].to_numpy(), "interval above random's mean"
    return higher, "by the mean alone"
