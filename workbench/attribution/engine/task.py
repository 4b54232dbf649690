"""One batch of windows to be explained: what every scorer may ask about it, computed once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from time import perf_counter
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from workbench.attribution.engine.blame import blaming
from workbench.attribution.engine.block import Block
from workbench.attribution.engine.explained import AnswerOutputs, Explained, explained_in
from workbench.attribution.engine.memoised import Memoised
from workbench.attribution.engine.observers import Observer
from workbench.attribution.engine.whole_model import frozen, rejoining
from workbench.attribution.options import Options
from workbench.attribution.types import Scored
from workbench.core.documents import Window
from workbench.core.token_tasks import AnswerSpans
from workbench.models.classifier import PruningClassifier
from workbench.models.encoder import LayerState, LayerTrace
from workbench.models.layouts import Layout, Padded
from workbench.models.policies.base import Policy

_T = TypeVar("_T")


class PlainPass(NamedTuple):
    """What the model itself made of the batch, by original position."""

    logits: Tensor
    """(B, classes), or (B, N, outputs) where every token has some."""
    alive: Tensor
    """(B, layers, N) bool: in the layer's self-attention."""
    kept: Tensor
    """(B, layers, N) bool: past the layer's cut; the same unless the cut lies after self-attention."""


class Observed(NamedTuple):
    """What an observer of a shared pass gives."""

    rows: Tensor
    """(B, layers, N)."""
    seconds: float
    """Its own work, and an equal part of the pass."""


@dataclass
class Task(Memoised):
    """A batch, a model and what is asked of its scorers."""

    model: PruningClassifier
    tokenizer: PreTrainedTokenizerBase
    windows: Sequence[Window]
    options: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        super().__init__()

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers to be scored."""
        chosen = self.options.layers
        return tuple(range(self.model.layers)) if chosen is None else chosen

    @property
    def prunes(self) -> bool:
        """Whether the model may drop tokens; by its method, not by what it did here."""
        return type(self.model.policy).keep is not Policy.keep

    @cached_property
    def plain_pass(self) -> PlainPass:
        """A masked pass; `observe` leaves it behind as well."""
        with torch.no_grad():
            hidden, layout = self.model.embed(self.windows, "masked")
            output = self.model.classify(hidden, layout)
        return self._plain_pass(output.logits, output.traces)

    @cached_property
    def alive(self) -> Tensor:
        """(B, layers, N) bool: in each layer's self-attention; known without a pass where none drop."""
        if self.prunes:
            return self.plain_pass.alive
        layout, _ = Padded.from_windows(self.windows, self.model.device)
        return layout.alive[:, None].expand(-1, self.model.layers, -1)

    @cached_property
    def kept(self) -> Tensor:
        """(B, layers, N) bool: past each layer's cut; known without a pass where none drop."""
        return self.plain_pass.kept if self.prunes else self.alive

    @cached_property
    def explained(self) -> Explained:
        """What is explained of each window."""
        return self.explained_in(lambda: self.plain_pass.logits)

    def explained_in(self, logits: Callable[[], Tensor]) -> Explained:
        """Return what is explained where a pass of the scorer's own gives these logits."""
        return explained_in(self.model, self.windows, self.options, logits)

    @property
    def answer(self) -> Tensor | None:
        """(B, 2) int64: first and last token of the answers explained; None where texts are classified.

        Where the predicted ones are explained, the plain pass finds them.
        """
        if not isinstance(self.model.task_type, AnswerSpans):
            return None
        assert isinstance(self.explained, AnswerOutputs)
        return self.explained.places

    def observe(self, observers: Sequence[Observer]) -> list[Observed]:
        """Show one forward pass to all observers, and return what each gives."""
        needs_gradient = any(observer.needs_gradient for observer in observers)
        spent = [0.0] * len(observers)

        def timed(number: int, work: Callable[[], _T]) -> _T:
            start = perf_counter()
            with blaming(type(observers[number])):
                result = work()
            spent[number] += perf_counter() - start
            return result

        def show(state: LayerState) -> None:
            block = Block(state, pools_cls=pools_cls, answer=answer, kept=kept)
            with torch.no_grad():
                for number, observer in enumerate(observers):
                    timed(number, partial(observer.see, block))

        start = perf_counter()
        pools_cls, answer = self.model.backbone.pools_cls, self.answer
        kept = None if answer is None else self.kept
        with frozen(self.model), torch.set_grad_enabled(needs_gradient):
            hidden, layout = self.model.embed(self.windows, "masked")
            hidden = hidden.detach().requires_grad_(needs_gradient)
            output = self.model.classify(
                hidden, layout, show="probabilities", observe=show, rejoin=rejoining(self.model)
            )
            self.plain_pass = self._plain_pass(output.logits.detach(), output.traces)
            chosen = self.explained.of(output.logits)
            rows = [timed(n, partial(one.rows, chosen)).detach() for n, one in enumerate(observers)]
        shared = (perf_counter() - start - sum(spent)) / len(observers)
        return [Observed(*pair) for pair in zip(rows, (shared + s for s in spent), strict=True)]

    def to_scored(self, rows: Tensor, layers: Sequence[int] | None = None) -> list[Scored]:
        """Put padded values (B, len(layers), N) into scores per window.

        Args:
            rows: Anything where a token is not alive: it becomes NaN.
            layers: The layers of the rows; None: one row for every layer of the model, of which only
                those to be scored are used.
        """
        whole = rows.new_full((len(rows), self.model.layers, rows.shape[-1]), torch.nan).float()
        for row, layer in enumerate(range(self.model.layers) if layers is None else layers):
            if layer in self.layers:
                whole[:, layer] = rows[:, row].float().masked_fill(~self.alive[:, layer], torch.nan)
        values = whole.cpu().numpy()
        kept = self.plain_pass.kept.cpu().numpy() if self.prunes else None
        return [
            Scored(values[row, :, :n], None if kept is None else kept[row, :, :n])
            for row, n in enumerate(len(window.input_ids) for window in self.windows)
        ]

    def alone(self, row: int) -> "Task":
        """Return a task of one window, unpadded, of which the same is explained as here."""
        part = Task(self.model, self.tokenizer, self.windows[row : row + 1], self.options)
        part.explained = self.explained.alone(row)
        return part

    def _plain_pass(self, logits: Tensor, traces: Sequence[LayerTrace]) -> PlainPass:
        late = self.model.policy.cuts_after_attention
        inside = [trace.entered if late else trace.passed for trace in traces]
        return PlainPass(logits, _alive(inside), _alive([trace.passed for trace in traces]))


def _alive(layouts: Sequence[Layout]) -> Tensor:
    """(B, layers, N) bool by original position."""
    masks = [layout.to_padded(torch.ones_like(layout.is_cls), False) for layout in layouts]
    return torch.stack(masks, dim=1)
