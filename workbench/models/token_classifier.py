"""Say something of every token: tokens that leave early rejoin after the last layer."""

from typing import Unpack

from torch import Tensor

from workbench.metrics.efficiency.flops import Shape
from workbench.models.classifier import PruningClassifier
from workbench.models.encoder import Encoded, EncodeOptions
from workbench.models.inference import Output
from workbench.models.layouts import Layout


class PruningTokenClassifier(PruningClassifier):
    """A stock model with a head on all tokens: question answering, token classification.

    Its logits are (B, N, outputs) by original position; on padding they mean nothing.
    """

    @property
    def shape(self) -> Shape:
        return self.backbone.token_shape(len(self.labels))

    def classify(self, hidden: Tensor, layout: Layout, **options: Unpack[EncodeOptions]) -> Output:
        """Return what the model makes of embedding output; arguments as of `PruningClassifier`.

        By default tokens rejoin as the policy says.
        """
        options.setdefault("rejoin", self.policy.rejoin)
        encoded = self.encode(hidden, layout, **options)
        return Output(self.head(encoded), encoded.tokens, encoded.tokens_ffn, encoded.traces)

    def head(self, encoded: Encoded) -> Tensor:
        """Return (B, N, outputs) logits of all tokens' last states."""
        assert encoded.every is not None, "encode with `rejoin`"
        return self.backbone.token_head(encoded.every)
