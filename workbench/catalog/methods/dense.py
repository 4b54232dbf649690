"""The entry of the dense model: its settings and what there is to say of it."""

from pydantic import Field

from workbench.catalog.methods import register_method
from workbench.catalog.settings import TrainingSettings


class DenseSettings(TrainingSettings):
    """Fine-tuning without pruning; also the teacher and the source of saliency targets."""

    keep_best: int = Field(3, ge=1)
    """How many best dev checkpoints the saliency targets are averaged over (AdapLeR: 3)."""


register_method(
    name="dense",
    title="dense",
    summary="The encoder as it is, fine-tuned; it drops no token.",
    settings=DenseSettings,
    policy="workbench.models.policies.base:Policy",
    objective="workbench.training.objectives.dense:DenseObjective",
    colour="#000000",
    order=0,
    drops_tokens=False,
)
