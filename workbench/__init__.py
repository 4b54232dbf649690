"""Rationale Workbench: which tokens carry the decision, and how many can be dropped.

The names below are imported when first used, so that `import workbench` is quick.
"""

import importlib
from typing import TYPE_CHECKING, Any

from workbench.hub import register

if TYPE_CHECKING:
    from workbench.config import RunConfig, load_config
    from workbench.data.corpora import load_corpus
    from workbench.explaining import Explained, explain_text
    from workbench.literature import published
    from workbench.models.classifier import PruningClassifier, load_classifier
    from workbench.records import TokenScores
    from workbench.reporting.frames import Runs, load_runs
    from workbench.runs import Run, load_run
    from workbench.streaming import Prediction, classify

_PLACES = {
    "Explained": "workbench.explaining",
    "Prediction": "workbench.streaming",
    "PruningClassifier": "workbench.models.classifier",
    "Run": "workbench.runs",
    "RunConfig": "workbench.config",
    "Runs": "workbench.reporting.frames",
    "TokenScores": "workbench.records",
    "classify": "workbench.streaming",
    "explain_text": "workbench.explaining",
    "load_classifier": "workbench.models.classifier",
    "load_config": "workbench.config",
    "load_corpus": "workbench.data.corpora",
    "load_run": "workbench.runs",
    "load_runs": "workbench.reporting.frames",
    "published": "workbench.literature",
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
