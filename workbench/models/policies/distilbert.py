"""DistilBERT (Sanh et al., 2019): a smaller encoder that drops no token, the static baseline."""

from typing import Any, ClassVar

from pydantic import BaseModel
from transformers import PreTrainedConfig

from workbench.metrics.efficiency.flops import Shape
from workbench.models.policies.base import Policy, Sizes


class DistilBert(Policy):
    """Keeps everything; remembers the dense model that the student is compared with."""

    method: ClassVar[str] = "distilbert"

    def __init__(self, config: PreTrainedConfig, *, layers: int, hidden: int, intermediate: int) -> None:
        """The sizes are the dense model's; `config` is the student's. ValueError for sizes below 1."""
        super().__init__()
        if min(layers, hidden, intermediate) < 1:
            raise ValueError(f"no dense model has {layers} layers of sizes {hidden} and {intermediate}")
        self.reference = Sizes(layers, hidden, intermediate)

    @classmethod
    def beside(cls, student: PreTrainedConfig, dense: Shape) -> "DistilBert":
        """The policy of a student of a dense model of this shape."""
        return cls(student, layers=dense.layers, hidden=dense.hidden, intermediate=dense.intermediate)

    @classmethod
    def check_settings(cls, settings: type[BaseModel]) -> None:
        """Accept any: the objective builds the policy."""

    def settings(self) -> dict[str, Any]:
        assert self.reference is not None
        return self.reference._asdict()
