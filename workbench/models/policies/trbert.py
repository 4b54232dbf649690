"""TR-BERT (Ye et al., NAACL 2021): two selectors decide token by token who stays."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig

from workbench.catalog.settings import Cut
from workbench.errors import InputError
from workbench.models.layouts import Layout
from workbench.models.policies.base import Policy

Choose = Callable[[Tensor, Layout], Tensor]
"""(keep probabilities, where the tokens lie) -> who stays, bool; all (rows, columns)."""


def likely(scores: Tensor, layout: Layout) -> Tensor:
    """Inference: whoever is more likely to stay than to go."""
    return scores >= 0.5


def sample(scores: Tensor, layout: Layout) -> Tensor:
    """Training: each token by its own draw."""
    return torch.rand_like(scores) < scores


class TrBert(Policy):
    """A selector in layer 1 and one in layer L/2 (policy network)."""

    method: ClassVar[str] = "trbert"
    rejoin = "detached"

    def __init__(
        self, config: PreTrainedConfig, *, width: int = 32, keep_start: float = 0.7, cut: Cut = "entry"
    ) -> None:
        """Every token starts with the probability `keep_start`, in (0, 1); ValueError otherwise, and for
        a backbone in which the two places are one."""
        super().__init__()
        layers = config.num_hidden_layers
        if layers < 4:
            raise ValueError(f"needs a backbone of at least 4 layers, this one has {layers}")
        if not 0 < keep_start < 1:
            raise ValueError(f"keep_start {keep_start} is not between 0 and 1")
        self.width, self.keep_start, self.cut = width, keep_start, cut
        self.hidden = config.hidden_size
        self.places = (1, layers // 2)
        """The layers in which tokens are dropped."""
        self.choose: Choose = likely
        """How probabilities become a selection; see `choosing`."""
        self.selectors = nn.ModuleList(self._selector(config.initializer_range) for _ in self.places)

    @classmethod
    def from_settings(cls, config: PreTrainedConfig, settings: Any) -> Self:
        try:
            start = settings.keep_start
            return cls(config, width=settings.selector_width, keep_start=start, cut=settings.cut)
        except ValueError as error:
            raise InputError(f"trbert {error}") from None

    def _selector(self, std: float) -> nn.Sequential:
        first, last = nn.Linear(self.hidden, self.width), nn.Linear(self.width, 1)
        nn.init.normal_(first.weight, std=std)
        nn.init.zeros_(first.bias)
        nn.init.zeros_(last.weight)
        nn.init.constant_(last.bias, math.log(self.keep_start / (1 - self.keep_start)))
        return nn.Sequential(first, nn.GELU(), last)

    def settings(self) -> dict[str, Any]:
        return {"width": self.width, "keep_start": self.keep_start, "cut": self.cut}

    def predictor_cost(self, layer: int) -> int:
        return self.width * self.hidden + self.width if layer in self.places else 0

    def scores(
        self, layer: int, hidden: Tensor, layout: Layout, received: Tensor | None
    ) -> Tensor | None:
        """Keep probability of each token."""
        if layer not in self.places:
            return None
        logits: Tensor = self.selectors[self.places.index(layer)](hidden).squeeze(-1)
        return logits.float().sigmoid()

    def keep(self, layer: int, scores: Tensor, layout: Layout) -> Tensor:
        return self.choose(scores, layout)

    def threshold(self, layer: int, layout: Layout) -> float | None:
        """At inference a token stays that is as likely to stay as to go."""
        return 0.5 if layer in self.places else None

    @contextmanager
    def choosing(self, choose: Choose) -> Iterator[None]:
        """Inside, tokens stay as `choose` says; tokens are really dropped all the same."""
        before, self.choose = self.choose, choose
        try:
            yield
        finally:
            self.choose = before
