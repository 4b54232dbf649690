"""A model with outputs for each token whose graph an engine runs."""

from collections.abc import Sequence

import numpy as np

from workbench.config.questions import QuestionSettings
from workbench.core.documents import Window
from workbench.core.inference import TokenInference, batches
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
        logits: list[np.ndarray] = [np.empty(0)] * len(windows)
        tokens, tokens_ffn = np.zeros((2, len(windows), self.costs.shape.layers), dtype=np.int64)
        for batch in batches(windows, self.together(windows, batch_size), CALL_PAIRS):
            rows, tokens[batch], tokens_ffn[batch] = self.run([windows[index] for index in batch])
            ends = np.cumsum([len(windows[index].input_ids) for index in batch])
            for index, part in zip(batch, np.split(rows, ends[:-1]), strict=True):
                logits[index] = part
        return TokenInference(logits, tokens, tokens_ffn)
