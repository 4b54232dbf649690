"""Rationale Workbench: which tokens carry the decision, and how many can be dropped.

The names below are imported when first used, so that `import workbench` is quick.
"""

import importlib
from typing import TYPE_CHECKING, Any

from workbench.models.transformers import register

if TYPE_CHECKING:
    from workbench.config.loading import load_config
    from workbench.config.run import RunConfig
    from workbench.core.token_scores import TokenScores
    from workbench.data.corpus import load_corpus
    from workbench.inference.classify import Prediction, classify
    from workbench.inference.explain import Explained, explain_text
    from workbench.models.classifier import PruningClassifier, load_classifier
    from workbench.reporting.published import published
    from workbench.runs.folder import Run, load_run
    from workbench.runs.many import Runs, load_runs

_PLACES = {
    "Explained": "workbench.inference.explain",
    "Prediction": "workbench.inference.classify",
    "PruningClassifier": "workbench.models.classifier",
    "Run": "workbench.runs.folder",
    "RunConfig": "workbench.config.run",
    "Runs": "workbench.runs.many",
    "TokenScores": "workbench.core.token_scores",
    "classify": "workbench.inference.classify",
    "explain_text": "workbench.inference.explain",
    "load_classifier": "workbench.models.classifier",
    "load_config": "workbench.config.loading",
    "load_corpus": "workbench.data.corpus",
    "load_run": "workbench.runs.folder",
    "load_runs": "workbench.runs.many",
    "published": "workbench.reporting.published",
}

__all__ = [
    "Explained",
    "Prediction",
    "PruningClassifier",
    "Run",
    "RunConfig",
    "Runs",
    "TokenScores",
    "classify",
    "explain_text",
    "load_classifier",
    "load_config",
    "load_corpus",
    "load_run",
    "load_runs",
    "published",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)


register()
