"""DistilBERT (Sanh et al., 2019): a smaller encoder that drops no token, the static baseline."""

from typing import Any, ClassVar

from pydantic import BaseModel
from transformers import PreTrainedConfig

from workbench.metrics.efficiency.flops import Shape
from workbench.models.policies.base import Policy, Sizes


class DistilBert(Policy):
    """Keeps everything; remembers the dense model that the student is compared with."""

    method: ClassVar[str] = "distilbert"

    def __init__(
        self,
        config: PreTrainedConfig,
        *,
        layers: int,
        hidden: int,
        intermediate: int,
        feed_forward_products: int = 2,
        position_products: int = 0,
        query_position_products: int = 0,
        embedding_products: int = 0,
        token_head: int = 0,
    ) -> None:
        """The sizes are the dense model's; `config` is the student's. ValueError for sizes below 1."""
        super().__init__()
        if min(layers, hidden, intermediate) < 1:
            raise ValueError(f"no dense model has {layers} layers of sizes {hidden} and {intermediate}")
        self.reference = Sizes(
            layers, hidden, intermediate, feed_forward_products, position_products,
            query_position_products, embedding_products, token_head,
        )  # fmt: skip

    @classmethod
    def beside(cls, student: PreTrainedConfig, dense: Shape) -> "DistilBert":
        """The policy of a student of a dense model of this shape."""
        return cls(student, **{name: getattr(dense, name) for name in Sizes._fields})

    @classmethod
    def check_settings(cls, settings: type[BaseModel]) -> None:
        """Accept any: the objective builds the policy."""

    def settings(self) -> dict[str, Any]:
        assert self.reference is not None
        return self.reference._asdict()
