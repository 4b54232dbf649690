"""A classifier whose probabilities can be worked out by hand: every word adds its weight."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from workbench.core.documents import Window
from workbench.core.task_type import task_type_of
from workbench.models.inference import Execution, Output
from workbench.models.layouts import Packed


class BagOfWords(nn.Module):
    """p(pos) = sigmoid(`bias` + the sum of the tokens' weights); runs packed, like the real one."""

    labels, layers = ("neg", "pos"), 1
    task_type = task_type_of(labels)

    def __init__(self, weights: dict[int, float], bias: float = 0.0) -> None:
        super().__init__()
        self.table = torch.zeros(40, 2)
        for token, weight in weights.items():
            # Half of a weight in each entry of the embedding.
            self.table[token] = weight / 2
        self.bias = bias
        self.batches: list[int] = []
        """Windows of every call so far."""

    def embed(self, windows: Sequence[Window], execution: Execution) -> tuple[Tensor, Packed]:
        assert execution == "packed"
        self.batches.append(len(windows))
        layout, inputs = Packed.from_windows(windows)
        return self.table[inputs.input_ids], layout

    def classify(self, hidden: Tensor, layout: Packed) -> Output:
        sums = torch.zeros(len(layout.lengths)).index_add(0, layout.place_of, hidden[0].sum(-1))
        logit = torch.empty_like(sums).scatter_(0, layout.order, sums) + self.bias
        counts = layout.text_lengths()[:, None]
        return Output(torch.stack([torch.zeros_like(logit), logit], dim=1), counts, counts, ())

    def forward(self, windows: Sequence[Window], *, execution: Execution = "packed") -> Output:
        return self.classify(*self.embed(windows, execution))
