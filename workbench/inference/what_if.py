"""What if: one text through a run's packed model with other thresholds, a budget, or tokens forced."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.core.documents import Window
from workbench.core.merge_windows import places, stitched
from workbench.core.task_type import Regression, answer_text
from workbench.core.token_scores import TokenScores
from workbench.errors import InputError
from workbench.inference.traced import blank_record, traced
from workbench.metrics.efficiency.flops import padded_flops

if TYPE_CHECKING:
    from workbench.models.classifier import PruningClassifier
    from workbench.models.inference import Output

BATCH = 32
"""Windows in one packed call."""


@dataclass(frozen=True)
class Change:
    """What to change; as it comes, nothing.

    Tokens are numbered as in `stitching.stitched`: the whole text, without the special tokens between
    its windows. A layer takes either a scale or a budget; a budget has the last word.
    """

    scale: tuple[float, ...] = ()
    """Factor on each layer's threshold, > 0, one per layer; empty: 1. Methods that cut by rank (ToP,
    PoWER-BERT) have their ranks stretched by it instead; see `models.policies.altered`."""
    budget: tuple[float | None, ...] = ()
    """Largest share of each window's tokens that a layer may keep, in (0, 1], by the method's own
    scores, rounded up, [CLS] among them; None: its own rule. One per layer; empty: no budget."""
    kept: frozenset[int] = frozenset()
    """Tokens that stay in every layer."""
    dropped: frozenset[int] = frozenset()
    """Tokens that go at `drop_layer`, if they are still there; never token 0, [CLS]."""
    drop_layer: int = 0

    def check(self, layers: int, tokens: int) -> None:
        """Raise InputError for a change that does not fit a model of `layers` and a text of `tokens`."""
        for name, values in (("scale", self.scale), ("budget", self.budget)):
            if len(values) not in (0, layers):
                raise InputError(f"{name} has {len(values)} entries; the model has {layers} layers")
        if not all(0 < value < float("inf") for value in self.scale):
            raise InputError("a scale must be above 0")
        if not all(value is None or 0 < value <= 1 for value in self.budget):
            raise InputError("a budget is a share above 0 and at most 1")
        if not all(0 <= index < tokens for index in self.kept | self.dropped):
            raise InputError(f"the text has tokens 0 to {tokens - 1}")
        if 0 in self.dropped:
            raise InputError("[CLS] is never dropped: the prediction is read from it")
        if self.kept & self.dropped:
            raise InputError("a token cannot be forced both ways")
        if not 0 <= self.drop_layer < layers:
            raise InputError(f"layer {self.drop_layer}: the model has layers 0 to {layers - 1}")


@dataclass(frozen=True)
class Outcome:
    """What a model said of one text, who stayed, and what that took."""

    predicted: str
    """Class with the highest mean probability over the text's windows; of a regression what its value
    is called; where a text has any number of labels, those with a mean probability of at least one half,
    in one string."""
    likeliest: str
    """Class or label with the highest mean probability; of a regression what its value is called."""
    classes: bool
    """Whether a class or labels are predicted, not a value."""
    probabilities: dict[str, float]
    """By class, and they sum to 1; or by label. Of a regression the predicted value, by its name."""
    record: TokenScores
    """The text's windows put together: the scores the model decided by (NaN where it scores nothing)
    and who stayed."""
    thresholds: np.ndarray
    """(layers, n) float: the score each token needed; NaN where it met no threshold."""
    tokens: np.ndarray
    """(layers,) int64: tokens in each layer's self-attention, all windows together."""
    flops: int
    """As it ran, each window at its own length."""
    flops_dense: int
    """Of the dense model without padding."""
    flops_padded: int
    """Of the dense model with all windows padded to the longest; for one window as `flops_dense`."""
    milliseconds: float
    """Median over the rounds, all windows in packed batches."""

    @property
    def scored(self) -> np.ndarray:
        """(layers,) bool: where the method scores tokens, so that it could drop some."""
        return ~np.isnan(self.record.scores).all(axis=1)

    @property
    def speedup_unpadded(self) -> float:
        return self.flops_dense / self.flops

    @property
    def speedup_padded(self) -> float:
        return self.flops_padded / self.flops


def what_if(
    model: "PruningClassifier",
    tokenizer: Any,
    windows: Sequence[Window],
    change: Change | None = None,
    repeats: int = 5,
) -> tuple[Outcome, Outcome]:
    """Return what the model says of one text by itself, and under `change`: before and after.

    Both run in turn, round by round, so that their milliseconds compare.

    Args:
        model, tokenizer: A trained classifier and its tokenizer.
        windows: The windows of the text.
        change: InputError for one that does not fit, see `Change.check`.
        repeats: Rounds, after one that is not counted if there are several.
    """
    from workbench.models.stopwatch import stopwatch

    changes = dict.fromkeys((Change(), change or Change()))
    runners = {str(number): _Runner(model, tokenizer, windows, c) for number, c in enumerate(changes)}
    systems = {name: runner.run for name, runner in runners.items()}
    seconds = stopwatch(systems, repeats, warmup=int(repeats > 1))
    outcomes = [runner.outcome(seconds[name]) for name, runner in runners.items()]
    return outcomes[0], outcomes[-1]


def outcome_table(before: Outcome, after: Outcome) -> pd.DataFrame:
    """Return both side by side: columns what, before, after, change (after / before; NaN for words)."""
    rows: list[tuple[str, object, object]] = []
    if before.classes:
        rows.append(("prediction", before.predicted, after.predicted))
    rows += [
        (f"probability of {name}" if before.classes else name, share, after.probabilities[name])
        for name, share in before.probabilities.items()
    ]
    rows += [
        (f"tokens in layer {layer}", int(first), int(second))
        for layer, (first, second) in enumerate(zip(before.tokens, after.tokens, strict=True))
    ]
    rows += [
        ("million FLOPs", before.flops / 1e6, after.flops / 1e6),
        ("dense / own FLOPs, unpadded", before.speedup_unpadded, after.speedup_unpadded),
        ("dense / own FLOPs, windows padded", before.speedup_padded, after.speedup_padded),
        ("milliseconds, packed", before.milliseconds, after.milliseconds),
    ]
    table = pd.DataFrame(rows, columns=["what", "before", "after"])
    first, second = (pd.to_numeric(table[name], errors="coerce") for name in ("before", "after"))
    return table.assign(change=second / first)


class _Runner:
    """One text's windows, ready to run under a change any number of times."""

    def __init__(
        self, model: "PruningClassifier", tokenizer: Any, windows: Sequence[Window], change: Change
    ) -> None:
        self.model, self.windows, self.change = model, list(windows), change
        self.blank = [blank_record(model, tokenizer, window) for window in self.windows]
        self.places = places(self.blank)
        change.check(model.layers, 1 + max(int(place.max()) for place in self.places))
        self.batches: list[tuple[list[int], PruningClassifier, Output]] = []

    def run(self) -> None:
        """One pass over all windows; what it gave stays until the next."""
        from workbench.models.inference import collect

        self.batches = []
        self.result = collect(self.model, self.windows, BATCH, self._batch)

    def outcome(self, seconds: Sequence[float]) -> Outcome:
        """What the last pass gave."""
        result, labels = self.result, self.model.labels
        flops, dense = self.model.costs.of_windows(self.windows, result.tokens, result.tokens_ffn)
        lengths = np.array([len(window.input_ids) for window in self.windows])
        probabilities = self.model.task_type.answers(result.logits).mean(axis=0)
        records, thresholds = self._traced()
        return Outcome(
            predicted=answer_text(self.model.task_type.named(probabilities)),
            likeliest=labels[int(probabilities.argmax())],
            classes=not isinstance(self.model.task_type, Regression),
            probabilities=dict(zip(labels, probabilities.tolist(), strict=True)),
            record=stitched(records),
            # Thresholds stand where scores do: put together by the same rule.
            thresholds=stitched(thresholds).scores,
            tokens=result.tokens.sum(axis=0),
            flops=int(flops.sum()),
            flops_dense=int(dense.sum()),
            flops_padded=int(padded_flops(lengths, len(lengths), self.model.costs.dense).sum()),
            milliseconds=1000 * float(np.median(seconds)),
        )

    def _batch(self, batch: list[int]) -> "Output":
        model = self.model if self.change == Change() else self._altered(batch)
        output = model([self.windows[index] for index in batch])
        self.batches.append((batch, model, output))
        return output

    def _altered(self, batch: list[int]) -> "PruningClassifier":
        import torch

        from workbench.models.classifier import PruningClassifier
        from workbench.models.interventions.counterfactual import CounterfactualPolicy

        change, layers = self.change, self.model.layers
        width = max(len(self.windows[index].input_ids) for index in batch)
        placed = np.full((len(batch), width), -1)
        for row, index in enumerate(batch):
            placed[row, : len(self.places[index])] = self.places[index]
        kept, dropped = (
            torch.from_numpy(np.isin(placed, sorted(tokens))).to(self.model.device)
            for tokens in (change.kept, change.dropped)
        )
        policy = CounterfactualPolicy(
            self.model.policy,
            scale=change.scale or (1.0,) * layers,
            budget=change.budget or (None,) * layers,
            kept=kept,
            dropped=dropped,
            drop_layer=change.drop_layer,
        )
        return PruningClassifier(self.model.stock, policy).eval()

    def _traced(self) -> tuple[list[TokenScores], list[TokenScores]]:
        """Each window's record, and one whose scores are its thresholds."""
        records, thresholds = list(self.blank), list(self.blank)
        for batch, model, output in self.batches:
            windows = [self.windows[index] for index in batch]
            blanks = [self.blank[index] for index in batch]
            found = traced(model, output.traces, windows, blanks)
            for index, (record, limit) in zip(batch, found, strict=True):
                records[index], thresholds[index] = record, limit
        return records, thresholds
