"""What the scorers are called, without what they need to run: a configuration is checked by it."""

from workbench.catalog.registry import Registry

SCORERS: Registry = Registry("scorer", lambda: None)
NAMES = (
    "cp",
    "top",
    "ltp",
    "transkimmer",
    "powerbert",
    "trbert",
    "saliency",
    "saliency-sum",
    "saliency-mean",
    "gradient",
    "attention",
    "attention-cls",
    "rollout",
    "attention-gradient",
    "value-norms",
    "residual-norms",
    "globenc",
    "alti",
    "value-zeroing",
    "value-zeroing-rollout",
    "decompx",
    "integrated-gradients",
    "deeplift",
    "gradient-shap",
    "smoothgrad",
    "smoothgrad-squared",
    "vargrad",
    "occlusion",
    "feature-ablation",
    "lime",
    "kernel-shap",
    "random",
    "uniform",
    "oracle",
)
"""In the order of `registry.SCORERS`, which has a row for each."""


def own_scorer(method: str) -> str:
    """The name of a method's own scorer."""
    return {"adapler": "cp"}.get(method, method)
