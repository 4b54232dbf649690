"""One batch of windows to be explained: what every scorer may ask about it, computed once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from time import perf_counter
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from workbench.attribution.engine.block import Block
from workbench.attribution.engine.memoised import Once
from workbench.attribution.engine.observers import Observer
from workbench.attribution.options import GOLD, PREDICTED, Options, target_index
from workbench.attribution.types import Scored
from workbench.core.documents import Window
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier
from workbench.models.encoder import ATTENTION, LayerState, LayerTrace
from workbench.models.layouts import Layout, Padded
from workbench.models.policies.base import Policy

_T = TypeVar("_T")


class Reading(NamedTuple):
    """What the model itself made of the batch, by original position."""

    logits: Tensor
    """(B, classes)."""
    alive: Tensor
    """(B, layers, N) bool: in the layer's self-attention."""
    kept: Tensor
    """(B, layers, N) bool: past the layer's cut; the same unless the cut lies after self-attention."""


class Watched(NamedTuple):
    """What an observer of a shared pass gives."""

    rows: Tensor
    """(B, layers, N)."""
    seconds: float
    """Its own work, and an equal part of the pass."""


@dataclass
class Task(Once):
    """Raises InputError for a model whose attention is not the workbench's: masks would not reach it."""

    model: PruningClassifier
    tokenizer: PreTrainedTokenizerBase
    windows: Sequence[Window]
    options: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        super().__init__()
        found = self.model.bert.config._attn_implementation
        if found != ATTENTION:
            raise InputError(
                f"the model was loaded with attention {found!r}, which does not show its probabilities: "
                f"use workbench.load_classifier, or bert.set_attn_implementation({ATTENTION!r})"
            )

    @property
    def layers(self) -> tuple[int, ...]:
        """The rows asked for."""
        chosen = self.options.layers
        return tuple(range(self.model.layers)) if chosen is None else chosen

    @property
    def prunes(self) -> bool:
        """Whether the model may drop tokens; by its method, not by what it did here."""
        return type(self.model.policy).keep is not Policy.keep

    @cached_property
    def reading(self) -> Reading:
        """A plain masked pass; `watched` leaves it behind as well."""
        with torch.no_grad():
            hidden, layout = self.model.embed(self.windows, "masked")
            output = self.model.classify(hidden, layout)
        return self._read(output.logits, output.traces)

    @cached_property
    def alive(self) -> Tensor:
        """(B, layers, N) bool: in each layer's self-attention; known without a pass where none drop."""
        if self.prunes:
            return self.reading.alive
        layout, _ = Padded.from_windows(self.windows, self.model.device)
        return layout.alive[:, None].expand(-1, self.model.layers, -1)

    @cached_property
    def targets(self) -> Tensor:
        """(B,) int64: the class explained in each window."""
        asked = self.options.target or PREDICTED
        if asked == PREDICTED:
            return self.reading.logits.argmax(dim=1)
        if asked == GOLD:
            gold = [self.model.task_type.output(window.label) for window in self.windows]
            return torch.tensor(gold, device=self.model.device)
        index = target_index(asked, self.model.labels)
        return torch.full((len(self.windows),), index, device=self.model.device)

    def outputs(self, logits: Tensor) -> Tensor:
        """(B, classes): logits or probabilities, as asked."""
        return logits.softmax(dim=-1) if self.options.output == "probability" else logits

    def watched(self, observers: Sequence[Observer]) -> list[Watched]:
        """What each observer gives, from one forward pass shown to all of them."""
        needs_gradient = any(observer.needs_gradient for observer in observers)
        spent = [0.0] * len(observers)

        def timed(number: int, work: Callable[[], _T]) -> _T:
            start = perf_counter()
            result = work()
            spent[number] += perf_counter() - start
            return result

        def observe(seen: LayerState) -> None:
            block = Block(seen)
            with torch.no_grad():
                for number, observer in enumerate(observers):
                    timed(number, partial(observer.see, block))

        start = perf_counter()
        with frozen(self.model), torch.set_grad_enabled(needs_gradient):
            hidden, layout = self.model.embed(self.windows, "masked")
            hidden = hidden.detach().requires_grad_(needs_gradient)
            output = self.model.classify(hidden, layout, show="probabilities", observe=observe)
            self.reading = self._read(output.logits.detach(), output.traces)
            chosen = self.outputs(output.logits).gather(1, self.targets[:, None])[:, 0]
            rows = [timed(n, partial(one.rows, chosen)).detach() for n, one in enumerate(observers)]
        each = (perf_counter() - start - sum(spent)) / len(observers)
        return [Watched(*pair) for pair in zip(rows, (own + each for own in spent), strict=True)]

    def scored(self, rows: Tensor, layers: Sequence[int] | None = None) -> list[Scored]:
        """(B, len(layers), N) padded values -> scores per window; NaN for the dropped and other layers.

        `layers` names the rows; None: one for every layer of the model, of which those asked for stay.
        """
        at = range(self.model.layers) if layers is None else layers
        rows = rows.float()
        whole = rows.new_full((len(rows), self.model.layers, rows.shape[-1]), torch.nan)
        for row, layer in enumerate(at):
            if layer in self.layers:
                whole[:, layer] = rows[:, row].masked_fill(~self.alive[:, layer], torch.nan)
        values = whole.cpu().numpy().astype(np.float32)
        kept = self.reading.kept.cpu().numpy() if self.prunes else None
        return [
            Scored(values[row, :, :n], None if kept is None else kept[row, :, :n])
            for row, n in enumerate(len(window.input_ids) for window in self.windows)
        ]

    def alone(self, row: int) -> "Task":
        """One window by itself, unpadded, with the class that is explained in it here."""
        part = Task(self.model, self.tokenizer, self.windows[row : row + 1], self.options)
        part.targets = self.targets[row : row + 1]
        return part

    def _read(self, logits: Tensor, traces: Sequence[LayerTrace]) -> Reading:
        late = self.model.policy.cuts_after_attention
        inside = [trace.entered if late else trace.passed for trace in traces]
        passed = [trace.passed for trace in traces]
        return Reading(logits, _alive(inside), _alive(passed))


def _alive(layouts: Sequence[Layout]) -> Tensor:
    """(B, layers, N) bool by original position."""
    masks = [layout.to_padded(torch.ones_like(layout.is_cls), False) for layout in layouts]
    return torch.stack(masks, dim=1)


@contextmanager
def frozen(model: PruningClassifier) -> Iterator[None]:
    """No dropout and no gradients of the parameters inside; afterwards all is as it was."""
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
