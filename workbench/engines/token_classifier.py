"""A model with outputs for each token whose graph an engine runs."""

from collections.abc import Sequence

import numpy as np

from workbench.config.questions import QuestionSettings
from workbench.core.documents import Window
from workbench.core.inference import TokenInference, in_ragged_batches
from workbench.engines.graphs import CALL_PAIRS, Graphs
from workbench.engines.manifest import is_of_texts
from workbench.errors import InputError


class EngineTokenClassifier(Graphs):
    """An exported model with a head on all tokens: dropped ones rejoin at the end of the graph."""

    def check(self) -> None:
        """Raise InputError where the folder's model says something of whole texts."""
        if is_of_texts(self.manifest.task):
            raise InputError(
                f"{self.folder}: its model classifies whole texts, and one that says something of each "
                "token is needed; load it by workbench.load_classifier"
            )

    @property
    def asked(self) -> QuestionSettings | None:
        """How questions were cut and answered in training; None: it answers none, or nobody knows."""
        return self.manifest.questions

    def infer_tokens(self, windows: Sequence[Window], batch_size: int = 32) -> TokenInference:
        """Return the logits of every window's tokens, and how many remained.

        Args:
            windows: Results come in their order.
            batch_size: Windows of similar length that run together.

        Raises:
            InputError: A window is longer than the model.
        """

        def run(batch: list[int]) -> TokenInference:
            part = [windows[index] for index in batch]
            rows, tokens, tokens_ffn = self.run(part)
            ends = np.cumsum([len(window.input_ids) for window in part])
            return TokenInference(np.split(rows, ends[:-1]), tokens, tokens_ffn)

        return in_ragged_batches(
            windows, self.together(windows, batch_size), run, layers=self.costs.shape.layers,
            pairs=CALL_PAIRS,
        )  # fmt: skip
