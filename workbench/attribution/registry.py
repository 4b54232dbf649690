"""Scorers by name. Adding one: its file, a row here, its name in `names.py`; docs/adding-a-scorer.md."""

import re
from collections.abc import Callable, Sequence
from functools import partial

from torch import Tensor

from workbench.attribution.engine.layer_inputs import Found, Point, at_points
from workbench.attribution.options import (
    GOLD,
    PREDICTED,
    Options,
    asked,
    check_layers,
    target_index,
)
from workbench.attribution.scorers.alti import Alti
from workbench.attribution.scorers.attention import FromCls, Received, RolledOut
from workbench.attribution.scorers.attention_gradient import AttentionGradient
from workbench.attribution.scorers.attention_norms import ResidualNorms, ValueNorms
from workbench.attribution.scorers.baselines import control, oracle, random, uniform
from workbench.attribution.scorers.decompx import decompx_scores
from workbench.attribution.scorers.deeplift import deeplift
from workbench.attribution.scorers.globenc import GlobEnc
from workbench.attribution.scorers.gradient_shap import gradient_shap
from workbench.attribution.scorers.integrated_gradients import integrated_gradients
from workbench.attribution.scorers.perturbation import (
    SPAN,
    Switches,
    feature_ablation,
    kernel_shap,
    lime,
    occlusion,
    perturbed,
)
from workbench.attribution.scorers.pruner_scores import own_scores
from workbench.attribution.scorers.saliency import (
    gradient_scores,
    l2,
    mean_absolute,
    product_scores,
    signed_sum,
)
from workbench.attribution.scorers.smoothgrad import smooth_grad, smooth_grad_squared, var_grad
from workbench.attribution.scorers.value_zeroing import RolledOutZeroing, ValueZeroing
from workbench.attribution.types import Scorer
from workbench.core.task_type import TaskType
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier

SHAPE = frozenset({"layers", "granularity", "sign"})
"""Options that any scorer of tokens supports."""
LAYERS = frozenset({"layers"})
DRAWN = frozenset({"samples"})
OUTPUT = frozenset({"target", "output"})


def _own(method: str, explains: str) -> Scorer:
    return Scorer(explains, own_scores, method=method, supported_options=SHAPE, rows="some")


def _noisy(explains: str, method: Callable[[Point], Found]) -> Scorer:
    return Scorer(explains, partial(at_points, method), supported_options=SHAPE | OUTPUT | DRAWN)


def _perturbing(
    explains: str, method: Callable[[Switches], Tensor], more: frozenset[str] = frozenset()
) -> Scorer:
    return Scorer(
        explains,
        partial(perturbed, method),
        supported_options=SHAPE | OUTPUT | {"baseline"} | more,
        signed=True,
        rows="input",
    )


SCORERS: dict[str, Scorer] = {
    "cp": _own("adapler", "AdapLeR's contribution predictors, share of the living tokens"),
    "top": _own(
        "top", "attention received in the layer before, mean over heads and queries, in ToP's model"
    ),
    "ltp": _own(
        "ltp", "attention received in the layer before, mean over heads and queries, in LTP's model"
    ),
    "transkimmer": _own("transkimmer", "Transkimmer's probability of keeping the token"),
    "powerbert": _own(
        "powerbert",
        "significance: attention received from the other tokens in the layer itself, "
        "head mean, summed over queries, in PoWER-BERT's model",
    ),
    "trbert": _own("trbert", "TR-BERT's probability of keeping the token, at its two selectors"),
    "saliency": Scorer(
        "gradient x layer input, L2 over H",
        partial(product_scores, l2),
        supported_options=SHAPE | OUTPUT,
        graph=True,
    ),
    "saliency-sum": Scorer(
        "gradient x layer input, sum over H",
        partial(product_scores, signed_sum),
        supported_options=SHAPE | OUTPUT,
        signed=True,
        graph=True,
    ),
    "saliency-mean": Scorer(
        "gradient x layer input, mean size over H",
        partial(product_scores, mean_absolute),
        supported_options=SHAPE | OUTPUT,
        graph=True,
    ),
    "gradient": Scorer(
        "gradient at the layer's input, L2 over H",
        gradient_scores,
        supported_options=SHAPE | OUTPUT,
        graph=True,
    ),
    "attention": Scorer(
        "attention received, mean over heads and queries",
        observer=Received,
        supported_options=SHAPE,
    ),
    "attention-cls": Scorer("attention of [CLS], head mean", observer=FromCls, supported_options=SHAPE),
    "rollout": Scorer(
        "attention rollout, [CLS] row, head mean", observer=RolledOut, supported_options=SHAPE
    ),
    "attention-gradient": Scorer(
        "attention x its gradient, rolled out, [CLS] row (Chefer et al. 2021)",
        observer=AttentionGradient,
        supported_options=SHAPE | OUTPUT,
        graph=True,
    ),
    "value-norms": Scorer(
        "norm of attention x value, mean over queries (Kobayashi et al. 2020)",
        observer=ValueNorms,
        supported_options=SHAPE,
    ),
    "residual-norms": Scorer(
        "the same through residual and LayerNorm (Kobayashi et al. 2021)",
        observer=ResidualNorms,
        supported_options=SHAPE,
    ),
    "globenc": Scorer(
        "GlobEnc: norms of the whole layer, rolled out, [CLS] row",
        observer=GlobEnc,
        supported_options=SHAPE,
    ),
    "alti": Scorer(
        "ALTI: L1 contributions of the attention block, rolled out, [CLS] row",
        observer=Alti,
        supported_options=SHAPE,
    ),
    "value-zeroing": Scorer(
        "value zeroing: change of the layer's output, mean over queries",
        observer=ValueZeroing,
        supported_options=SHAPE,
    ),
    "value-zeroing-rollout": Scorer(
        "value zeroing, rolled out, [CLS] row", observer=RolledOutZeroing, supported_options=SHAPE
    ),
    "decompx": Scorer(
        "DecompX: share of the logit, biases shared out by their alignment",
        decompx_scores,
        supported_options=SHAPE | {"target"},
        signed=True,
    ),
    "integrated-gradients": Scorer(
        "integrated gradients from a baseline, sum over H",
        partial(at_points, integrated_gradients),
        supported_options=SHAPE | OUTPUT | {"baseline", "steps"},
        signed=True,
    ),
    "deeplift": Scorer(
        "DeepLIFT from a baseline, rescale rule for activations, sum over H",
        partial(at_points, deeplift),
        supported_options=SHAPE | OUTPUT | {"baseline"},
        signed=True,
    ),
    "gradient-shap": Scorer(
        "expected gradients between a baseline and the text, sum over H",
        partial(at_points, gradient_shap),
        supported_options=SHAPE | OUTPUT | {"baseline", "samples"},
        signed=True,
    ),
    "smoothgrad": _noisy("mean gradient under noise, L2 over H", smooth_grad),
    "smoothgrad-squared": _noisy("mean squared gradient under noise, sum over H", smooth_grad_squared),
    "vargrad": _noisy("variance of the gradient under noise, sum over H", var_grad),
    "occlusion": _perturbing(f"loss when {SPAN} neighbouring words are hidden", occlusion),
    "feature-ablation": _perturbing("loss when the word is hidden", feature_ablation),
    "lime": _perturbing("LIME: weight of the word in a sparse linear model", lime, DRAWN),
    "kernel-shap": _perturbing("KernelSHAP: Shapley value of the word", kernel_shap, DRAWN),
    "random": Scorer("uniform random scores", partial(control, random), supported_options=LAYERS),
    "uniform": Scorer(
        "the same score for every token", partial(control, uniform), supported_options=LAYERS
    ),
    "oracle": Scorer("the human rationale itself", partial(control, oracle), supported_options=LAYERS),
}
BY_HEAD = {"attention": Received, "attention-cls": FromCls}
"""`attention@3` is the same scorer for head 3 alone."""


def find(name: str) -> Scorer:
    """A scorer by its name, or by name@head; InputError lists the known ones."""
    if name in SCORERS:
        return SCORERS[name]
    plain, at, head = name.partition("@")
    if at and plain in BY_HEAD and head.isdecimal():
        explains = re.sub(r", head mean| over heads and", "", SCORERS[plain].explains)
        observer = partial(BY_HEAD[plain], int(head))
        return Scorer(f"{explains}, head {head}", observer=observer, supported_options=SHAPE)
    raise InputError(f"unknown scorer {name!r} (known: {', '.join(SCORERS)})")


def check_scorers(names: Sequence[str], model: PruningClassifier, options: Options) -> dict[str, Scorer]:
    """The scorers by name.

    InputError for an unknown one, one that cannot explain this model, an option that one of them cannot
    honour, a class, layer or head that the model does not have, and for none or one twice.
    """
    if not names or len(set(names)) < len(names):
        raise InputError(f"scorers {', '.join(names) or '(none)'}: name at least one, and each once")
    if options.layers is not None:
        check_layers(options.layers, model.layers)
    if options.target not in (None, PREDICTED, GOLD):
        target_index(options.target, model.labels)
    if options.output == "probability":
        model.task_type.require_classes("output 'probability': classes have one")
    rows = {name: find(name) for name in names}
    for name, row in rows.items():
        _check(name, row, model, options)
    return rows


def _check(name: str, row: Scorer, model: PruningClassifier, options: Options) -> None:
    method, heads = model.policy.method, model.bert.config.num_attention_heads
    if row.method is not None and row.method != method:
        raise InputError(f"{name}: explains models trained with {row.method}; this one is {method}")
    head = name.partition("@")[2]
    if head and int(head) >= heads:
        raise InputError(f"{name}: the model has heads 0 to {heads - 1}")
    for option in asked(options):
        if option not in row.supported_options:
            known = ", ".join(sorted(row.supported_options)) or "none"
            raise InputError(f"{name}: cannot honour the option {option!r} (it supports: {known})")
    if options.sign == "signed" and not row.signed:
        raise InputError(f"{name}: its scores have no sign; leave the option 'sign' out")
    if row.rows == "input" and options.baseline == "zero":
        raise InputError(f"{name}: changes the text itself, where no word is zero; use pad or mask")
    if row.rows == "input" and options.layers not in (None, (0,)):
        raise InputError(f"{name}: explains the text itself and speaks of layer 0 only")


def caption(row: Scorer, options: Options, task_type: TaskType) -> str:
    """What a scorer explains under these options, fit for a table's caption."""
    parts = [row.explains]
    if "target" in row.supported_options:
        parts.append(task_type.explained(options.target or PREDICTED, options.output or "logit"))
    if options.baseline is not None:
        parts.append(f"baseline {options.baseline}")
    if options.granularity is not None:
        parts.append(f"by {options.granularity}")
    if options.sign == "absolute":
        parts.append("absolute")
    return ", ".join(parts)
