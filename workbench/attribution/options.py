"""What may be asked of any scorer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from workbench.catalog.options import OptionName
from workbench.core.span_search import SpanSearch
from workbench.errors import InputError

Granularity = Literal["token", "word", "sentence"]
Baseline = Literal["pad", "mask", "zero"]
MOST = 10**6
"""Of what is counted: steps, draws, windows, megabytes."""
PREDICTED, GOLD = "predicted", "gold"
RUNNER_UP = "runner-up"


@dataclass(frozen=True)
class Options:
    """None everywhere means the scorer's own default; anything else is obeyed or refused.

    The docstrings of the fields are the help of the command line's options.
    """

    target: str | None = None
    """Class to explain: predicted (each window's own; default), gold, or a class name."""
    against: str | None = None
    """Why the target rather than this class: explain the difference of the two outputs; runner-up (each
    window's likeliest other class) or a class name, for which the runner-up stands in where it is the
    target itself; default: explain the target alone."""
    output: Literal["logit", "probability"] | None = None
    """Explain the target class's logit (default) or its probability."""
    sign: Literal["signed", "absolute"] | None = None
    """Report absolute or signed scores; default: as the scorer gives them."""
    granularity: Granularity | None = None
    """Score tokens, words or sentences: the sum over a unit's remaining tokens, given to each of them;
    scorers that change the text change whole units; default: token, or word where the text changes."""
    layers: tuple[int, ...] | None = None
    """Layers to score, counted from 0, such as 0,3,5; default: all that the scorer has scores for."""
    baseline: Baseline | None = None
    """Reference input: [PAD], [MASK] or zero vectors."""
    steps: int | None = None
    """Points on the path of integrated gradients."""
    samples: int | None = None
    """Random draws: noisy copies, or perturbed texts."""
    seed: int = 0
    """Seed of everything drawn at random."""
    batch_size: int = 32
    """Windows per batch, at most."""
    search: SpanSearch = field(default_factory=SpanSearch)
    """Of answers: which span of a window may be the predicted one."""
    memory_mb: int = 512
    """Megabytes that a batch's tensors may take, roughly; batches of long windows are made smaller."""

    def __post_init__(self) -> None:
        for name in ("steps", "samples", "batch_size", "memory_mb"):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= MOST:
                raise InputError(f"{name} {value}: at least 1, at most {MOST}")

    def explicitly_set(self) -> list[OptionName]:
        """Return the options, of those that a scorer may not support, that differ from their default."""
        names: tuple[OptionName, ...] = get_args(OptionName)
        return [name for name in names if getattr(self, name) is not None]


def target_index(name: str, labels: Sequence[str]) -> int:
    """Return a class name's index; InputError lists the model's classes."""
    if name not in labels:
        raise InputError(
            f"target {name!r}: the model's classes are {', '.join(labels)} (or {PREDICTED}, or {GOLD})"
        )
    return labels.index(name)


def check_layers(chosen: Sequence[int], layers: int) -> None:
    """Raise InputError for a layer the model does not have, for none at all, and for one named twice."""
    outside = [layer for layer in chosen if not 0 <= layer < layers]
    if outside:
        raise InputError(f"layer {outside[0]}: the model has layers 0 to {layers - 1}")
    if not chosen or len(set(chosen)) < len(chosen):
        raise InputError(f"layers {list(chosen)}: name each layer once, and at least one")
