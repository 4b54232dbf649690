"""The entry of DistilBERT: its settings and what there is to say of it."""

from collections.abc import Mapping

from pydantic import Field

from workbench.catalog.methods import register_method
from workbench.catalog.settings import TrainingSettings


class DistilbertSettings(TrainingSettings):
    """DistilBERT (Sanh et al., 2019), the static baseline: a smaller encoder that drops no token."""

    checkpoint: str | None = None
    """A smaller encoder of any supported family to fine-tune: hub name (`distilbert-base-uncased` for
    BERT's vocabulary, `distilroberta-base` for RoBERTa's) or folder, with the backbone's vocabulary.
    null: the student is every other layer of the fine-tuned dense model."""
    label_weight: float = Field(2.0, ge=0)
    """Weight of the cross-entropy with the label, in the place of the masked language model's loss. The
    paper names no weights; these three are those of its authors' published command (2, 5, 1)."""
    distil_weight: float = Field(5.0, ge=0)
    """Weight of the KL to the dense model's softened logits."""
    cosine_weight: float = Field(1.0, ge=0)
    """Weight of 1 - cosine between the last hidden states of student and dense model."""
    temperature: float = Field(2.0, gt=0)
    """Of the softened logits."""


def _origin(settings: Mapping[str, object]) -> str:
    """Say where a run's student comes from."""
    checkpoint = settings.get("checkpoint")
    if checkpoint is not None:
        return f"DistilBERT: {checkpoint}, fine-tuned with the dense model as its teacher."
    return (
        "DistilBERT: no published checkpoint but every other layer of the fine-tuned dense model, "
        "distilled from it in the task itself."
    )


register_method(
    name="distilbert",
    title="DistilBERT",
    summary="DistilBERT (Sanh et al., 2019): a smaller encoder that drops no token.",
    settings=DistilbertSettings,
    policy="workbench.models.policies.distilbert:DistilBert",
    objective="workbench.training.objectives.distilbert:DistilbertObjective",
    colour="#7F7F7F",
    order=1,
    drops_tokens=False,
    note=_origin,
)
