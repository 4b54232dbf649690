"""From FLOPs to seconds on one machine: what a run consists of, and what each part of it costs.

The parts are calls (dispatch, and reading a layer's weights from memory, paid however few tokens there
are), linear layers, attention, and element-wise work. It knows nothing of padding inside attention nor
of what choosing and dropping tokens costs: what a pruned run takes beyond the prediction went there.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from scipy.optimize import nnls

from workbench.metrics.efficiency.flops import Costs, text_flops, unneeded_flops

PARTS = ("calls", "linear layers", "attention", "element-wise")


@dataclass(frozen=True)
class Work:
    """What a run over some batches consists of."""

    calls: int
    """Calls of an encoder layer: batches x layers."""
    linear_flops: int
    """FLOPs of projections and feed-forward, two per multiply-add."""
    attention_flops: int
    """FLOPs of the two products of self-attention."""
    tokens: int
    """Tokens in the feed-forward parts, summed over the layers: activations go by them."""

    def amounts(self) -> np.ndarray:
        """(4,) float64, in the order of `PARTS`."""
        return np.array(astuple(self), dtype=np.float64)


@dataclass(frozen=True)
class CostModel:
    """Seconds per unit of each kind of `Work`, all at least 0."""

    per_call: float
    per_linear_flop: float
    per_attention_flop: float
    per_token: float

    def parts(self, work: Work) -> dict[str, float]:
        """Seconds of each of `PARTS`."""
        return dict(zip(PARTS, (work.amounts() * astuple(self)).tolist(), strict=True))

    def predict(self, work: Work) -> float:
        """Seconds of the whole run."""
        return sum(self.parts(work).values())

    def limit(self, work: Work) -> str:
        """The part that takes longest, the first of equals."""
        parts = self.parts(work)
        return max(parts, key=parts.__getitem__)


Sample = tuple[Work, float]
"""A run and its measured seconds."""


def work_of(tokens: np.ndarray, tokens_ffn: np.ndarray, batches: int, costs: Costs) -> Work:
    """Return the encoder's work, in the last layer what [CLS] needs; token predictors, pooler and
    classifier are not part of it.

    Args:
        tokens: (texts, layers): tokens in each layer's self-attention.
        tokens_ffn: The same in its feed-forward part.
        batches: In how many the texts come, at least 1.
        costs: The model's.
    """
    if batches < 1:
        raise ValueError(f"batches must be at least 1, not {batches}")
    shape, tokens = costs.shape, np.asarray(tokens, dtype=np.int64)
    # No token in any layer leaves the head alone.
    head = text_flops(np.zeros_like(tokens), shape)
    encoder = (text_flops(tokens, shape, tokens_ffn=tokens_ffn) - head).sum()
    encoder -= unneeded_flops(
        tokens[:, -1], tokens_ffn[:, -1], shape, cuts_after_attention=costs.cuts_after_attention
    ).sum()
    queries = tokens.copy()
    if not costs.cuts_after_attention:
        queries[:, -1] = 1
    attention = 4 * shape.hidden * (queries * tokens).sum()
    return Work(
        calls=batches * shape.layers,
        linear_flops=int(encoder - attention),
        attention_flops=int(attention),
        tokens=int(tokens_ffn[:, :-1].sum()) + len(tokens),
    )


def fit(samples: Sequence[Sample]) -> CostModel:
    """Fit prices by non-negative least squares on relative errors: short runs count like long ones.

    With a single model's runs alone linear FLOPs and tokens are proportional, and how their seconds are
    shared out between the two is arbitrary; runs that have one without the other settle it. Raises
    ValueError for fewer than 4 samples, or seconds that are not above 0. Source: scipy's `nnls`.
    """
    if len(samples) < len(PARTS):
        raise ValueError(f"{len(samples)} samples, but {len(PARTS)} prices to find")
    seconds = np.array([measured for _, measured in samples])
    if not (seconds > 0).all():
        raise ValueError("measured seconds must be above 0")
    rows = np.stack([work.amounts() for work, _ in samples]) / seconds[:, None]
    # FLOPs per second are around 10^11, calls around 10^3.
    scale = np.maximum(rows.max(axis=0), np.finfo(float).tiny)
    prices, _ = nnls(rows / scale, np.ones(len(rows)))
    return CostModel(*(prices / scale).tolist())


def relative_error(model: CostModel, samples: Sequence[Sample]) -> float:
    """Return the median over the samples (at least one) of |predicted / measured - 1|."""
    return float(np.median([abs(model.predict(work) / measured - 1) for work, measured in samples]))
