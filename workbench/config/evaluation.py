"""The sections `evaluation` and `efficiency`: what is measured once the models are there."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from workbench.catalog.scorers import SCORERS
from workbench.catalog.settings import MOST_WINDOWS, EachOnce, Settings

Control = Literal["random", "first", "oracle"]
"""Whom a control keeps: by lot, the first tokens, or those of the human rationale and then the first."""


def _known(scorers: list[str]) -> list[str]:
    for name in scorers:
        if name not in SCORERS:
            raise ValueError(f"unknown scorer {name!r} ({SCORERS.suggestion(name)})")
    return scorers


ScorerNames = Annotated[list[str], EachOnce, AfterValidator(_known)]
"""Names of the catalogue."""

Share = Annotated[float, Field(gt=0, le=1)]


class FaithfulnessSettings(Settings):
    """What a scorer's own model says of texts from which the highest-scored words were taken."""

    scorers: Annotated[list[str], EachOnce] = Field([])
    """Scorers to test, out of `evaluation.scorers`; none: nothing is run. The controls random and oracle
    (on texts with a rationale) come along on every model by themselves."""
    layers: Annotated[list[Annotated[int, Field(ge=0)]], EachOnce, Field(min_length=1)] | None = None
    """Layers whose scores are tested; null: all."""
    unit: Literal["word", "token"] = "word"
    """What is taken away as a whole; [CLS] and [SEP] never are."""
    removal: Literal["delete", "mask"] = "delete"
    """`delete`: the shortened text is encoded again (ERASER). `mask`: every token becomes [MASK]."""
    bins: Annotated[list[Share], EachOnce] = Field([0.01, 0.05, 0.10, 0.20, 0.50], min_length=1)
    """Shares of the units that make up AOPC (ERASER's)."""
    curve_steps: int = Field(10, ge=0, le=10_000)
    """Steps of the deletion and insertion curves; 0 leaves them out."""
    leave_one_out: bool = True
    """Correlation with leaving each unit out alone: one altered text per unit."""
    soft_draws: int = Field(1, ge=0, le=10_000)
    """Draws of the soft metrics' random masks; 0 leaves the soft metrics out."""
    max_texts: int | None = Field(100, ge=1)
    """At most this many of the scored texts per split, in their order; null takes all."""
    pool: int = Field(4096, ge=1, le=10**6)
    """Altered windows in memory at a time; `evaluation.batch_size` of them enter the model together."""


class EvaluationSettings(Settings):
    """What is measured once the models are there."""

    splits: Annotated[list[Literal["train", "dev", "test"]], EachOnce] = Field(["test"], min_length=1)
    scorers: ScorerNames = Field(
        ["cp", "top", "saliency", "attention", "rollout", "random", "uniform", "oracle"]
    )
    """Whose scores are written and compared, by their names in the catalogue. Scores with a
    sign are compared by their size."""
    max_scored: int | None = Field(None, ge=1)
    """Score at most this many texts per split (by the split's own order); null scores all."""
    controls: Annotated[list[Control], EachOnce] = Field([])
    """Controls at the token budget of every pruned method, for metrics/controls: its own weights keep
    other tokens, as many in every text and layer: `random`, `first` (the first tokens) or `oracle`
    (human rationale tokens, then the first; on texts that have some)."""
    faithfulness: FaithfulnessSettings = FaithfulnessSettings()
    batch_size: int = Field(32, ge=1, le=MOST_WINDOWS)
    """Windows that enter a model together, at most 65,536."""
    bootstrap: int = Field(1000, ge=0, le=100_000)
    """Resamples behind each interval (95 %, over texts), at most 100,000; 0 leaves the intervals out."""
    random_draws: int = Field(5, ge=1, le=1000)
    """Independent draws of the random controls; scores are one draw, values are means over draws."""

    @model_validator(mode="after")
    def _tests_whom_it_scores(self) -> Self:
        unscored = [name for name in self.faithfulness.scorers if name not in self.scorers]
        if unscored:
            raise ValueError(f"faithfulness.scorers has {unscored[0]!r}, but scorers has not")
        return self


class EfficiencySettings(Settings):
    """What the stopwatch does."""

    batch_sizes: Annotated[list[Annotated[int, Field(ge=1)]], EachOnce] = Field([1, 8, 32], min_length=1)
    texts: int = Field(256, ge=1)
    """How many windows of the split are timed."""
    repeats: int = Field(5, ge=0, le=10_000)
    """Rounds; in each, all systems run in turn on the same texts. 0 times nothing: FLOPs only."""
