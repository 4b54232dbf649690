"""What the sections of a configuration have in common."""

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_Values = TypeVar("_Values", bound=list)


def _each_once(values: _Values) -> _Values:
    """Return a list whose values differ; ValueError names one that is there twice."""
    seen = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{value} is there twice")
        seen.add(value)
    return values


EachOnce = AfterValidator(_each_once)
"""Marks a list as one without repetitions."""
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
"""A seed: 32 bits, as numpy's and scikit-learn's have. Training seeds torch at each step with the seed
times 1,000,003 x 997 (training/loop.py), which passes torch's limit of 64 bits above 1.8e10."""

Cut = Literal["entry", "middle"]
"""Where tokens leave a layer: before its self-attention, or between that and its feed-forward part."""

Start = Literal["fine-tuned", "pre-trained"]
"""The weights that a pruner's training starts from."""

MOST_EPOCHS = 10_000
MOST_WINDOWS = 2**16
"""In a batch; far more than fit a GPU."""
MOST_UNITS = 2**16
"""Of a layer that a method adds, or gates of one."""


class Settings(BaseModel):
    """Base of all sections: immutable, no unknown keys, numbers are finite, docstrings double as
    descriptions."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


class TrainingSettings(Settings):
    """What every objective's training has."""

    epochs: int = Field(3, ge=1, le=MOST_EPOCHS)
    """Passes over the training texts, at most 10,000."""
    batch_size: int = Field(16, ge=1, le=MOST_WINDOWS)
    """Windows in a step, at most 65,536."""
    learning_rate: float = Field(5e-5, gt=0)
    """Peak rate of the encoder and classifier (AdamW)."""
    weight_decay: float = Field(0.01, ge=0)
    warmup: float = Field(0.06, ge=0, le=1)
    """Share of the steps with a linearly rising rate; then it falls linearly to 0."""
    max_grad_norm: float = Field(1.0, gt=0)
    freeze_embeddings: bool = True
    """Leave the embedding tables as pre-trained: half of a small encoder's optimiser work."""
    attention_dropout: float | None = Field(None, ge=0, lt=1)
    """Dropout of attention probabilities in training; null: the backbone's own. With 0 a CPU need not
    write the probabilities down: steps over long texts take 0.5 to 0.8 of the time."""
    gradient_accumulation: int = Field(1, ge=1, le=MOST_WINDOWS)
    mixed_precision: Literal["no", "fp16", "bf16"] = "no"
    checkpoint_steps: int = Field(200, ge=1)
    """A resumable checkpoint after this many steps, and after every epoch."""


class TokenPrunerSettings(TrainingSettings):
    """What all pruners share."""

    start: Start = "fine-tuned"
    """Which encoder training starts from: the run's fine-tuned dense model, as PoWER-BERT's, TR-BERT's
    and ToP's authors do, or the backbone as it was pre-trained with a new head, as AdapLeR's and
    Transkimmer's do. Targets and teacher are the fine-tuned model's either way."""


class PrunerSettings(TokenPrunerSettings):
    """What the pruners share that learn from gold labels."""

    distil: float = Field(0.0, ge=0, le=1)
    """Share of the task loss that follows the fine-tuned model's logits (temperature 2) instead of the
    gold label: our addition, 0 is the papers' cross-entropy. ToP and TR-BERT always distil."""
