"""The settings of `evaluation.faithfulness`: which scorers are tested by altering the texts, and how."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from workbench.config.methods import Settings

Share = Annotated[float, Field(gt=0, le=1)]


class FaithfulnessSettings(Settings):
    """What a scorer's own model says of texts from which the highest-scored words were taken."""

    scorers: list[str] = Field([])
    """Scorers to test, out of `evaluation.scorers`; none: nothing is run. The controls random and oracle
    (on texts with a rationale) come along on every model by themselves."""
    layers: list[Annotated[int, Field(ge=0)]] | None = Field(None, min_length=1)
    """Layers whose scores are tested; null: all."""
    unit: Literal["word", "token"] = "word"
    """What is taken away as a whole; [CLS] and [SEP] never are."""
    removal: Literal["delete", "mask"] = "delete"
    """`delete`: the shortened text is encoded again (ERASER). `mask`: every token becomes [MASK]."""
    bins: list[Share] = Field([0.01, 0.05, 0.10, 0.20, 0.50], min_length=1)
    """Shares of the units that make up AOPC (ERASER's)."""
    curve_steps: int = Field(10, ge=0)
    """Steps of the deletion and insertion curves; 0 leaves them out."""
    leave_one_out: bool = True
    """Correlation with leaving each unit out alone: one altered text per unit."""
    soft_draws: int = Field(1, ge=0)
    """Draws of the soft metrics' random masks; 0 leaves the soft metrics out."""
    max_texts: int | None = Field(100, ge=1)
    """At most this many of the scored texts per split, in their order; null takes all."""
    pool: int = Field(4096, ge=1)
    """Altered windows in memory at a time; `evaluation.batch_size` of them enter the model together."""

    @field_validator("scorers", "bins", "layers")
    @classmethod
    def _each_once(cls, values: list[object] | None) -> list[object] | None:
        if values is not None and len(set(values)) != len(values):
            raise ValueError("each value once")
        return values
