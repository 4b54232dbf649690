"""One batch of windows to be explained: what every scorer may ask about it, computed once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from time import perf_counter
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from workbench.attribution.engine.blame import blaming
from workbench.attribution.engine.block import Block
from workbench.attribution.engine.memoised import Memoised
from workbench.attribution.engine.observers import Observer
from workbench.attribution.options import GOLD, PREDICTED, Options, target_index
from workbench.attribution.types import Scored
from workbench.core.documents import Window
from workbench.core.task_type import MultiLabel
from workbench.models.classifier import PruningClassifier
from workbench.models.encoder import LayerState, LayerTrace
from workbench.models.layouts import Layout, Padded
from workbench.models.policies.base import Policy

_T = TypeVar("_T")


class PlainPass(NamedTuple):
    """What the model itself made of the batch, by original position."""

    logits: Tensor
    """(B, classes)."""
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
    def targets(self) -> Tensor:
        """(B,) int64: the class explained in each window."""
        target = self.options.target or PREDICTED
        if target == PREDICTED:
            return self.plain_pass.logits.argmax(dim=1)
        if target == GOLD:
            gold = [self.model.task_type.output(window.label) for window in self.windows]
            return torch.tensor(gold, device=self.model.device)
        index = target_index(target, self.model.labels)
        return torch.full((len(self.windows),), index, device=self.model.device)

    def outputs(self, logits: Tensor) -> Tensor:
        """Return what is explained of the logits, both (B, classes)."""
        if self.options.output != "probability":
            return logits
        return (
            logits.sigmoid() if isinstance(self.model.task_type, MultiLabel) else logits.softmax(dim=-1)
        )

    def explained(self, logits: Tensor) -> Tensor:
        """Return the target's output (K,) in copies (K, classes) of a task of one window."""
        return self.outputs(logits)[:, self.targets[0]]

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
            block = Block(state, pools_cls=self.model.backbone.pools_cls)
            with torch.no_grad():
                for number, observer in enumerate(observers):
                    timed(number, partial(observer.see, block))

        start = perf_counter()
        with frozen(self.model), torch.set_grad_enabled(needs_gradient):
            hidden, layout = self.model.embed(self.windows, "masked")
            hidden = hidden.detach().requires_grad_(needs_gradient)
            output = self.model.classify(hidden, layout, show="probabilities", observe=show)
            self.plain_pass = self._plain_pass(output.logits.detach(), output.traces)
            chosen = self.outputs(output.logits).gather(1, self.targets[:, None])[:, 0]
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
        """Return a task of one window, unpadded, with the class that is explained in it here."""
        part = Task(self.model, self.tokenizer, self.windows[row : row + 1], self.options)
        part.targets = self.targets[row : row + 1]
        return part

    def _plain_pass(self, logits: Tensor, traces: Sequence[LayerTrace]) -> PlainPass:
        late = self.model.policy.cuts_after_attention
        inside = [trace.entered if late else trace.passed for trace in traces]
        return PlainPass(logits, _alive(inside), _alive([trace.passed for trace in traces]))


def _alive(layouts: Sequence[Layout]) -> Tensor:
    """(B, layers, N) bool by original position."""
    masks = [layout.to_padded(torch.ones_like(layout.is_cls), False) for layout in layouts]
    return torch.stack(masks, dim=1)


@contextmanager
def frozen(model: PruningClassifier) -> Iterator[None]:
    """Have no dropout and no gradients of the parameters inside; afterwards all is as it was."""
    learning = [value for value in model.parameters() if value.requires_grad]
    was_training = model.training
    model.eval()
    for value in learning:
        value.requires_grad_(False)
    try:
        yield
    finally:
        for value in learning:
            value.requires_grad_()
        model.train(was_training)
