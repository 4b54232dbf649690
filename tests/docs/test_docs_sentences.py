"""Numbers in the sentences of README and docs, computed again from the frames in docs/numbers."""

import re
from collections.abc import Callable
from functools import cache

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
    """One number of what a run counted, or with `batch` of what `workbench bench` timed."""
    rows = frame(run, "efficiency" if batch is None else "bench").query(
        "method == @method and quantity == @quantity and split == 'test'"
    )
    rows = rows[rows["batch_size"].isna() if batch is None else rows["batch_size"] == batch]
    return float(rows["value"].iloc[0])


def above_random(run: str, scorer: str) -> pd.DataFrame:
    """A scorer's paired differences in AP from random, layer by layer."""
    return frame(run, "comparisons").query(
        "scorer == @scorer and against == 'random' and metric == 'ap'"
    )


def span(values: pd.Series) -> list[str]:
    return [f"{values.min():.2f}", f"{values.max():.2f}"]


def fpr_gap(against: str, layers: range) -> pd.Series:
    """By how much the predictors' FPR is above another scorer's in the demo."""
    rows = frame("demo", "plausibility").query(
        "metric == 'fpr' and selection == 'uniform' and split == 'test'"
    )
    by_layer = rows.pivot_table(index="layer", columns="scorer", values="value")
    return (by_layer["cp"] - by_layer[against]).loc[list(layers)]


def demo_plausibility() -> list[str]:
    cp, saliency = above_random("demo", "cp"), above_random("demo", "saliency")
    (p,) = {f"{value:.3f}" for value in [*cp["p_holm"], *saliency["p_holm"]]}
    return [*span(cp["difference"]), *span(saliency["difference"]), p]


def demo_fpr() -> list[str]:
    early, late = range(3), range(3, 6)
    above, below = fpr_gap("saliency", early), -fpr_gap("saliency", late)
    attention = fpr_gap("attention", range(6))
    (higher,) = attention[attention > 0]
    return [*span(above), *span(below), *span(-attention[attention < 0]), f"{higher:.2f}"]


def demo_loss() -> list[str]:
    dense = accuracy("demo", "dense")["value"]
    lost = {name: 100 * (dense - accuracy("demo", name)["value"]) for name in ("adapler", "top")}
    counted = {name: speed("demo", name, "flops_speedup_unpadded") for name in lost}
    return [
        f"{counted['adapler']:.2f}x", f"{-lost['adapler']:.1f}", f"{counted['top']:.2f}x",
        f"{lost['top']:.1f}",
    ]  # fmt: skip


def eraser_plausibility() -> list[str]:
    cp = above_random("eraser-movies-whole", "cp")
    (p,) = {f"{value:.3f}" for value in cp["p_holm"]}
    return [*span(cp["difference"]), p]


def eraser_controls() -> list[str]:
    rows = frame("eraser-movies-whole", "controls").set_index(["method", "control"])["value"]
    kept = {name: accuracy("eraser-movies-whole", name)["value"] for name in ("adapler", "top")}
    return [f"{number:.3f}" for name in kept for number in (kept[name], rows[name, "random"])]


def comparison_order() -> list[str]:
    rows = frame("compare-rotten-tomatoes", "classification")
    rows = rows.query("split == 'test' and metric == 'accuracy' and method != 'dense'")
    mean = 100 * rows.groupby(rows["cell"].str.split("/").str[1])["value"].mean()
    return [f"{mean[name] - mean['adapler']:.1f}" for name in ("powerbert", "trbert")]


def movies_controls() -> list[str]:
    rows = frame("eraser-movies", "controls").query("split == 'test'")
    rows = rows.set_index(["method", "control"])["value"]
    numbers = (accuracy("eraser-movies", "adapler")["value"], rows["adapler", "random"])
    return [f"{number:.3f}" for number in numbers]


def imdb_quality() -> list[str]:
    pruned, dense = accuracy("imdb-8000", "adapler"), accuracy("imdb-8000", "dense")
    counted = speed("imdb-8000", "adapler", "flops_speedup_unpadded")
    values = [row[name] for row in (pruned, dense) for name in ("value", "ci_low", "ci_high")]
    lost = f"{100 * (dense['value'] - pruned['value']):.1f}"
    return [f"{counted:.2f}x", *(f"{value:.3f}" for value in values), lost]


def imdb_times() -> list[str]:
    seconds = {
        name: speed("imdb-8000", name, "seconds_median", 32)
        for name in ("hf-torch-kernels", "hf-given-order", "hf", "adapler")
    }
    out, given, by_length = (seconds[name] / seconds["adapler"] for name in list(seconds)[:3])
    return [f"{out:.0f}", f"{given:.0f}", f"{by_length:.1f}"]


def imdb_realised() -> list[str]:
    shares = [speed("imdb-8000", "adapler", "realised_share", batch) for batch in (8, 32, 128)]
    timed = speed("imdb-8000", "adapler", "flops_speedup_timed", 32)
    return [*(f"{share:.2f}" for share in shares), f"{timed:.2f}x"]


def scorer_words() -> list[str]:
    rows = frame("eraser-movies", "scorers").set_index("scorer")
    value = rows["comprehensiveness"]
    signed = rows.loc[["integrated-gradients", "gradient-shap", "decompx"]]
    (low,) = {f"{value[name]:.2f}" for name in ("gradient", "saliency", "value-zeroing-rollout")}
    (agree,) = {f"{ap:.2f}" for ap in signed["ap"]}
    return [low, f"{value['random']:.2f}", agree, *span(signed["comprehensiveness"])]


SENTENCES = [
    ("docs/studies.md", scorer_words, ["DecompX", "random"]),
    ("README.md", demo_plausibility, ["above random", "saliency"]),
    ("docs/studies.md", demo_fpr, ["saliency", "attention", "layers 3 to 5"]),
    ("README.md", demo_loss, ["AdapLeR", "ToP", "points", "loses"]),
    ("docs/studies.md", eraser_plausibility, ["predictors", "above random"]),
    ("docs/studies.md", eraser_controls, ["ToP", "random"]),
    ("docs/studies.md", comparison_order, ["PoWER-BERT", "TR-BERT", "AdapLeR"]),
    ("README.md", comparison_order, ["PoWER-BERT", "TR-BERT", "AdapLeR"]),
    ("docs/studies.md", movies_controls, ["AdapLeR", "random"]),
    ("docs/performance.md", imdb_quality, ["FLOPs", "unpadded"]),
    ("docs/performance.md", imdb_times, ["AdapLeR", "stock"]),
    ("docs/performance.md", imdb_realised, ["realised share", "batch 8, 32 and 128"]),
]
"""Page, the numbers of one of its sentences in their order, and words by which the sentence is known."""


def follows(numbers: list[str], sentence: str) -> bool:
    """Whether the numbers stand in the sentence, whole and in this order."""
    whole = (rf"(?<![\d.]){re.escape(number)}(?![\d]|\.\d)" for number in numbers)
    return re.search(".*?".join(whole), sentence) is not None


@pytest.mark.parametrize(
    ("page", "numbers", "about"), SENTENCES, ids=lambda part: getattr(part, "__name__", None)
)
def test_a_sentence_has_the_numbers_of_the_frames(
    page: str, numbers: Callable[[], list[str]], about: list[str]
) -> None:
    text = " ".join((ROOT / page).read_text(encoding="utf-8").replace("*", "").split())
    known = [
        part for part in re.split(r"(?<=\.) (?=[A-Z])", text) if all(word in part for word in about)
    ]
    assert known, f"{page} has no sentence about {', '.join(about)}"
    assert any(follows(numbers(), sentence) for sentence in known), (numbers(), known)


def test_another_number_does_not_follow() -> None:
    assert follows(["0.42", "3"], "It is 0.42 (3 texts).")
    assert not follows(["0.42", "3"], "It is 0.421 (3 texts).")
    assert not follows(["0.42", "3"], "It is 3 of 0.42.")
    assert not follows(["2"], "It is 0.2.")
