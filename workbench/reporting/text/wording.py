"""Names and sentences that tables, figures and the report share."""

import math
from collections.abc import Callable, Iterable
from typing import Any

from workbench.metrics.efficiency.table import BFLOAT16, MASKED
from workbench.metrics.registry import METRICS

METHOD_NAMES = {
    "dense": "dense",
    "distilbert": "DistilBERT",
    "adapler": "AdapLeR",
    "top": "ToP",
    "ltp": "LTP",
    "transkimmer": "Transkimmer",
    "powerbert": "PoWER-BERT",
    "trbert": "TR-BERT",
    "hf": "stock model, padded",
    "hf-given-order": "stock model, padded, given order",
    "hf-torch-kernels": "stock model, padded, given order, torch's own kernels",
}
SCORER_NAMES = {
    "cp": "contribution predictor",
    "top": "ToP importance",
    "ltp": "LTP importance",
    "transkimmer": "Transkimmer's keep probability",
    "powerbert": "PoWER-BERT's significance",
    "trbert": "TR-BERT's keep probability",
    "saliency": "saliency",
    "attention": "attention",
    "rollout": "attention rollout",
    "random": "random (control)",
    "uniform": "uniform (control)",
    "oracle": "gold oracle (control)",
}
RATIONALES = {
    "valence": (
        "The rationales are a proxy: a word is marked when ten people, who rated it out of context, "
        "gave it a mean valence of at least 1.0 in size with the sign of the text's label. Nobody "
        "marked these texts themselves, so agreement below means agreement with a sentiment lexicon."
    ),
    "annotated": "The rationales are spans that people marked in these very texts.",
    "none": "The texts have no rationales, so no agreement is measured.",
}
UNKNOWN_RATIONALES = "The configuration does not say where the rationales come from."


def method_name(method: object) -> str:
    """A method's name as its paper writes it, masked or in bfloat16; unknown names stay as they are.

    What follows after a space, a strength in a comparison, is kept.
    """
    name = str(method).removesuffix(MASKED).removesuffix(BFLOAT16)
    first, space, rest = name.partition(" ")
    known = METHOD_NAMES.get(first, first) + space + rest
    return known + str(method).removeprefix(name).replace("-", ", ")


def scorer_name(scorer: object) -> str:
    """A scorer's name in words; unknown names stay as they are."""
    return SCORER_NAMES.get(str(scorer), str(scorer))


def scorer_on_model(scorer: object, method: object) -> str:
    """Who scored whose tokens: `saliency on dense`."""
    return f"{scorer_name(scorer)} on {method_name(method)}"


def rationale_sentence(config: dict[str, Any]) -> str:
    """What the rationales of a run are, in words for the top of a page."""
    data = config.get("data")
    source = data.get("rationales") if isinstance(data, dict) else None
    return RATIONALES.get(str(source), UNKNOWN_RATIONALES)


def short_rationales(config: dict[str, Any]) -> str:
    """The same in a few words, for captions."""
    data = config.get("data")
    source = data.get("rationales") if isinstance(data, dict) else None
    names = {"valence": "valence proxy (words rated out of context)", "annotated": "annotated spans"}
    return names.get(str(source), "source not recorded")


def student_sentence(config: dict[str, Any], methods: Iterable[object]) -> str:
    """Where a run's DistilBERT comes from; empty without one."""
    if "distilbert" not in set(methods):
        return ""
    settings = config.get("distilbert")
    checkpoint = settings.get("checkpoint") if isinstance(settings, dict) else None
    if checkpoint is not None:
        return f"DistilBERT: {checkpoint}, a new head, fine-tuned with the dense model as its teacher."
    return (
        "DistilBERT: no published checkpoint but every other layer of the fine-tuned dense model, "
        "distilled from it in the task itself."
    )


def conventions(
    config: dict[str, Any],
    about: dict[str, Any],
    *,
    unit: str,
    universe: str,
    selection: str,
    n: int,
) -> str:
    """The sentence under every agreement table: what was scored, on what, and by which rule."""
    targets = about.get("explains")
    if isinstance(targets, dict) and targets:
        explained = "; ".join(f"{scorer_name(name)}: {target}" for name, target in targets.items())
    else:
        explained = "not recorded"
    return (
        f"Unit {unit}, windows {universe}, selection {selection}; rationales: "
        f"{short_rationales(config)}; n = {n} texts, 1 seed ({config.get('seed', 'not recorded')}). "
        f"What the scores explain: {explained}."
    )


def said(metric: str, value: float, low: float = math.nan, high: float = math.nan) -> str:
    """A quality in words, with its interval if it has one: `accuracy 81.2 [79.0, 83.1] %`, `Pearson
    correlation 0.812 [0.790, 0.831]`."""
    if metric == "accuracy":
        return f"accuracy {interval(value, low, high, percent)} %"
    return f"{METRICS[metric].label} {interval(value, low, high, three)}"


def capitalised(text: str) -> str:
    """`text` as the beginning of a sentence, its other capitals kept."""
    return text[:1].upper() + text[1:]


def percent(value: float) -> str:
    """A share as a percentage with one decimal; a dash for a missing one."""
    return "–" if value != value else f"{100 * value:.1f}"


def points(value: float) -> str:
    """A difference of shares in points, with its sign; a dash for a missing one."""
    return "–" if value != value else f"{100 * value:+.1f}"


def spread(mean: float, sd: float, write: Callable[[float], str]) -> str:
    """Mean ± standard deviation; the mean alone where there is no deviation."""
    return write(mean) + ("" if sd != sd else f" ± {write(sd)}")


def interval(value: float, low: float, high: float, write: Callable[[float], str]) -> str:
    """A value and its interval in brackets; the value alone where there is none."""
    return write(value) + ("" if low != low else f" [{write(low)}, {write(high)}]")


def times(value: float) -> str:
    """A speed-up with two decimals; a dash for a missing one."""
    return "–" if value != value else f"{value:.2f}"


def seconds(value: float) -> str:
    """Seconds with three digits; a dash for missing ones."""
    return "–" if value != value else f"{value:.3g}"


def p_value(value: float) -> str:
    """A p-value with three decimals; a dash for a missing one."""
    return "–" if value != value else "<0.001" if value < 0.001 else f"{value:.3f}"


def credit_writers(metric: str) -> tuple[Callable[[float], str], Callable[[float], str]]:
    """How a value per text is written, and a difference of two: accuracy in hundredths and in points, a
    squared error as it is."""
    return (percent, points) if metric == "accuracy" else (three, lambda value: f"{value:+.3f}")


def three(value: float) -> str:
    """A metric with three decimals; a dash for a missing one."""
    return "–" if value != value else f"{value:.3f}"


def quartiles(low: float, high: float) -> str:
    """From the lower to the upper quartile of seconds; a dash for missing ones."""
    return "–" if low != low else f"{seconds(low)}–{seconds(high)}"


def amount(value: float) -> str:
    """A rate or size: whole from 100 on, one decimal below; a dash for a missing one."""
    return "–" if value != value else f"{value:,.{0 if value >= 100 else 1}f}"
