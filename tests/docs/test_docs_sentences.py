"""Numbers in the sentences of README and docs, computed again from the frames in docs/numbers."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from tests.helpers.docs_blocks import ROOT

STORED = ROOT / "docs" / "numbers"


@cache
def frame(run: str, name: str) -> pd.DataFrame:
    """A stored metric table."""
    return pd.read_csv(STORED / run / "metrics" / f"{name}.csv")


def accuracy(run: str, method: str) -> pd.Series:
    """Value and interval of a method's accuracy on test."""
    rows = frame(run, "classification").query("method == @method and split == 'test'")
    return rows[rows["metric"] == "accuracy"].iloc[0]


def speed(run: str, method: str, quantity: str, batch: int | None = None) -> float:
    """One number of a run's efficiency table."""
    rows = frame(run, "efficiency").query(
        "method == @method and quantity == @quantity and split == 'test'"
    )
    rows = rows[rows["batch_size"].isna() if batch is None else rows["batch_size"] == batch]
    return float(rows["value"].iloc[0])


def above_random(run: str, scorer: str) -> pd.DataFrame:
    """A scorer's paired differences in AP from random, layer by layer."""
    return frame(run, "comparisons").query(
        "scorer == @scorer and against == 'random' and metric == 'ap'"
    )


def span(values: pd.Series) -> str:
    return f"{values.min():.2f} to {values.max():.2f}"


def fpr_gap(against: str, layers: range) -> pd.Series:
    """By how much the predictors' FPR is above another scorer's in the demo."""
    rows = frame("demo", "plausibility").query(
        "metric == 'fpr' and selection == 'uniform' and split == 'test'"
    )
    by_layer = rows.pivot_table(index="layer", columns="scorer", values="value")
    return (by_layer["cp"] - by_layer[against]).loc[list(layers)]


def demo_agreement() -> str:
    cp, saliency = above_random("demo", "cp"), above_random("demo", "saliency")
    (p,) = {f"{value:.3f}" for value in [*cp["p_holm"], *saliency["p_holm"]]}
    return (
        f"({span(cp['difference'])} above random), saliency is {span(saliency['difference'])} "
        f"above random (all Holm-corrected p = {p})"
    )


def demo_fpr() -> str:
    early, late = range(4), range(4, 6)
    lower = span(pd.concat([-fpr_gap("saliency", late), -fpr_gap("attention", late)]))
    return (
        f"(by {span(fpr_gap('saliency', early))} against saliency, "
        f"{span(fpr_gap('attention', early))} against attention), in layers 4 and 5 lower (by {lower})"
    )


def demo_loss() -> str:
    dense = accuracy("demo", "dense")["value"]
    (lost,) = {f"{100 * (dense - accuracy('demo', name)['value']):.1f}" for name in ("adapler", "top")}
    return f"AdapLeR and ToP lose {lost} points here"


def eraser_agreement() -> str:
    cp = above_random("eraser-movies-whole", "cp")
    (p,) = {f"{value:.3f}" for value in cp["p_holm"]}
    return (
        f"the predictors are {span(cp['difference'])} above random at every layer "
        f"(Holm-corrected p = {p})"
    )


def eraser_controls() -> str:
    rows = frame("eraser-movies-whole", "controls").set_index(["method", "control"])["value"]
    kept = {name: accuracy("eraser-movies-whole", name)["value"] for name in ("adapler", "top")}
    adapler, top = (f"{value:.3f} against {rows[name, 'random']:.3f}" for name, value in kept.items())
    return f"{adapler} with as many random tokens; ToP's choice hardly more than a random one ({top},"


def comparison_order() -> str:
    rows = frame("compare-rotten-tomatoes", "classification")
    rows = rows.query("split == 'test' and metric == 'accuracy'")
    rows = rows[
        [cell.split("/")[1] == method for cell, method in zip(rows["cell"], rows["method"], strict=True)]
    ]
    mean = 100 * rows.groupby("method")["value"].mean()
    ahead = f"{mean['powerbert'] - mean['adapler']:.1f}", f"{mean['trbert'] - mean['adapler']:.1f}"
    return (
        f"PoWER-BERT is {ahead[0]} points ahead of AdapLeR (95 %: 1.7 to 4.2, p = 0.003), "
        f"TR-BERT {ahead[1]} (0.5"
    )


def movies_controls() -> str:
    rows = frame("eraser-movies", "controls").query("split == 'test'")
    rows = rows.set_index(["method", "control"])["value"]
    kept = accuracy("eraser-movies", "adapler")["value"]
    other = rows["adapler", "random"]
    return f"AdapLeR's choice is worth {kept:.3f} against {other:.3f} with as many random"


def imdb_quality() -> str:
    pruned, dense = accuracy("imdb-8000", "adapler"), accuracy("imdb-8000", "dense")
    counted = speed("imdb-8000", "adapler", "flops_speedup_unpadded")
    return (
        f"{counted:.2f}x fewer FLOPs (unpadded) at {pruned['value']:.3f} "
        f"(95 %: {pruned['ci_low']:.3f} to {pruned['ci_high']:.3f}) against {dense['value']:.3f} "
        f"({dense['ci_low']:.3f} to {dense['ci_high']:.3f}): "
        f"{100 * (dense['value'] - pruned['value']):.1f} points lost"
    )


def imdb_times() -> str:
    seconds = {
        name: speed("imdb-8000", name, "seconds_median", 32)
        for name in ("hf-torch-kernels", "hf-given-order", "hf", "adapler")
    }
    out, given, by_length = (seconds[name] / seconds["adapler"] for name in list(seconds)[:3])
    return (
        f"AdapLeR takes {out:.0f} times less time than the stock model out of the box, "
        f"{given:.0f} times less in given order with the same matrix library, "
        f"{by_length:.1f} times less than on batches sorted"
    )


def imdb_realised() -> str:
    shares = [speed("imdb-8000", "adapler", "realised_share", batch) for batch in (8, 32, 128)]
    timed = speed("imdb-8000", "adapler", "flops_speedup_timed", 32)
    return "realised share {:.2f}, {:.2f} and {:.2f} at batch 8, 32 and 128, at {:.2f}x fewer".format(
        *shares, timed
    )


def scorer_words() -> str:
    rows = frame("eraser-movies", "scorers").set_index("scorer")
    value = rows["comprehensiveness"]
    signed = rows.loc[["integrated-gradients", "gradient-shap", "decompx"]]
    (low,) = {f"{value[name]:.2f}" for name in ("gradient", "saliency", "value-zeroing-rollout")}
    (agree,) = {f"{ap:.2f}" for ap in signed["ap"]}
    return (
        f"close to random in comprehensiveness ({low} against {value['random']:.2f}); integrated "
        f"gradients, GradientSHAP and DecompX agree a little less ({agree}) and tell it best "
        f"({span(signed['comprehensiveness'])}), at"
    )


SENTENCES = [
    ("README.md", scorer_words),
    ("README.md", demo_agreement),
    ("docs/studies.md", demo_fpr),
    ("README.md", demo_loss),
    ("docs/studies.md", eraser_agreement),
    ("docs/studies.md", eraser_controls),
    ("README.md", comparison_order),
    ("README.md", movies_controls),
    ("docs/performance.md", imdb_quality),
    ("docs/performance.md", imdb_times),
    ("docs/performance.md", imdb_realised),
]


@pytest.mark.parametrize(("page", "says"), SENTENCES, ids=lambda part: getattr(part, "__name__", None))
def test_a_sentence_follows_from_the_frames(page: str, says: Callable[[], str]) -> None:
    text = " ".join(Path(ROOT / page).read_text(encoding="utf-8").replace("*", "").split())
    assert " ".join(says().split()) in text
