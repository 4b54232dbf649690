"""The settings of each method's training, as sections of the configuration."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Base of all sections: immutable, no unknown keys, docstrings double as descriptions."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class TrainingSettings(Settings):
    """What every objective's training has."""

    epochs: int = Field(3, ge=1)
    batch_size: int = Field(16, ge=1)
    learning_rate: float = Field(5e-5, gt=0)
    """Peak rate of the encoder and classifier (AdamW)."""
    weight_decay: float = Field(0.01, ge=0)
    warmup: float = Field(0.06, ge=0, le=1)
    """Share of the steps with a linearly rising rate; then it falls linearly to 0."""
    max_grad_norm: float = Field(1.0, gt=0)
    freeze_embeddings: bool = True
    """Leave the embedding tables as pre-trained: half of a small BERT's optimiser work."""
    attention_dropout: float | None = Field(None, ge=0, lt=1)
    """Dropout of attention probabilities in training; null: the backbone's own. With 0 a CPU need not
    write the probabilities down: steps over long texts take 0.5 to 0.8 of the time."""
    gradient_accumulation: int = Field(1, ge=1)
    mixed_precision: Literal["no", "fp16", "bf16"] = "no"
    checkpoint_steps: int = Field(200, ge=1)
    """A resumable checkpoint after this many steps, and after every epoch."""


class PrunerSettings(TrainingSettings):
    """What the pruners share that learn from gold labels."""

    distil: float = Field(0.0, ge=0, le=1)
    """Share of the task loss that follows the fine-tuned model's logits (temperature 2) instead of the
    gold label: our addition, 0 is the papers' cross-entropy. ToP and TR-BERT always distil."""


class DenseSettings(TrainingSettings):
    """Fine-tuning without pruning; also the teacher and the source of saliency targets."""

    keep_best: int = Field(3, ge=1)
    """How many best dev checkpoints the saliency targets are averaged over (AdapLeR: 3)."""


class DistilbertSettings(TrainingSettings):
    """DistilBERT (Sanh et al., 2019), the static baseline: a smaller encoder that drops no token."""

    checkpoint: str | None = None
    """A DistilBERT to fine-tune: hub name (`distilbert-base-uncased`) or folder, with the backbone's
    vocabulary. null: the student is every other layer of the fine-tuned dense model."""
    label_weight: float = Field(2.0, ge=0)
    """Weight of the cross-entropy with the label, in the place of the masked language model's loss. The
    paper names no weights; these three are those of its authors' published command (2, 5, 1)."""
    distil_weight: float = Field(5.0, ge=0)
    """Weight of the KL to the dense model's softened logits."""
    cosine_weight: float = Field(1.0, ge=0)
    """Weight of 1 - cosine between the last hidden states of student and dense model."""
    temperature: float = Field(2.0, gt=0)
    """Of the softened logits."""


class AdaplerSettings(PrunerSettings):
    """AdapLeR (Modarressi et al., ACL 2022), notation of the paper."""

    epochs: int = Field(5, ge=1)
    predictor_learning_rate: float = Field(1e-3, gt=0)
    """Rate of the contribution predictors."""
    threshold_learning_rate: float = Field(1e-2, gt=0)
    """Rate of eta and theta (the paper: 5e-4 over 67,000 texts)."""
    gamma: float = Field(0.02, ge=0)
    """Weight of the predictors' KL loss."""
    phi: float = Field(3e-3, ge=0)
    """Weight of the soft length: larger is faster."""
    beta: float = Field(0.1, gt=0)
    lambda_start: float | None = None
    """Slope of soft removal in epoch 0; null: the paper's schedule for this number of epochs."""
    lambda_growth: float | None = None
    eta_start: float = Field(0.25, ge=0.01, le=1)
    hard_mask_share: float = Field(0.0, ge=0, lt=1)
    """Share of the steps, at the end, with the thresholds fixed and tokens really gone (our addition;
    0 softens to the end, as the authors do)."""
    predictor_width: int = Field(32, ge=1)
    tolerance: float = Field(0.01, ge=0, le=1)
    """The fastest epoch wins whose dev accuracy (Pearson's correlation) is above the dense one minus
    this."""


class TopSettings(TrainingSettings):
    """ToP (Li et al., KDD 2023)."""

    epochs: int = Field(6, ge=1)
    gate_learning_rate: float = Field(0.05, gt=0)
    """Rate of the gates."""
    multiplier_learning_rate: float = Field(0.1, gt=0)
    """Rate of the Lagrangian multipliers' plain gradient ascent."""
    target_sparsity: float = Field(0.45, ge=0, lt=1)
    """1 - MACs / dense MACs, without padding in either."""
    sparsity_slack: float = Field(0.02, ge=0, le=1)
    """An epoch counts as having reached the target when it is at most this much short of it."""
    warmup_target: float = Field(0.5, gt=0, le=1)
    """Share of the steps over which the target rises from 0."""
    hard_mask_share: float = Field(0.3, ge=0, lt=1)
    """Share of the steps, at the end, with the gates fixed as at inference and tokens really gone
    (our addition; 0 trains sampled gates to the end, as the authors do)."""
    bins: int = Field(25, ge=1)
    first_layer: int = Field(2, ge=1)
    """First layer at whose entry tokens may be dropped."""
    fine_start: float = 4.6
    """Initial log-alpha of the fine gates (positive: keep)."""
    coarse_start: float = 2.0
    """Initial log-alpha of the coarse gates (negative: the layer cuts nothing). The authors start near
    -10; with few steps the fine gates then close unseen and a whole layer is cut when it opens."""
    rank_layers: list[int] | None = None
    """Layers whose attention learns the teacher's ranking; null: 1 .. layers/3 - 1, at least {1}."""
    rank_weight: float = Field(1e-2, ge=0)
    rank_top_k: int = Field(20, ge=2)
    rank_loss: Literal["ndcg2", "arp2"] = "arp2"
    temperature: float = Field(2.0, gt=0)
    """Of the logit distillation."""


class LtpSettings(PrunerSettings):
    """LTP (Kim et al., KDD 2022)."""

    mask_weight: float = Field(0.3, ge=0)
    """Weight of the mean soft mask (the paper's lambda): larger is faster."""
    threshold_learning_rate: float = Field(3e-4, gt=0)
    """Rate of the thresholds."""
    last_threshold: float = Field(0.01, ge=0, lt=1)
    """Where the last layer's threshold starts; those before lie on a line from 0. A text of n tokens has
    a mean score of 1/n: the paper's 0.01, a quarter of it at 25 tokens, drops little of such texts at
    first; longer texts need less."""
    temperature: float = Field(2e-3, gt=0)
    """Width of the soft mask, in units of the score."""
    hard_mask_share: float = Field(0.3, ge=0, lt=1)
    """Share of the steps, at the end, with the thresholds fixed and tokens really gone."""


class TranskimmerSettings(PrunerSettings):
    """Transkimmer (Guan et al., ACL 2022)."""

    skim_weight: float = Field(0.3, ge=0)
    """Weight of the mean share of kept tokens (the paper's harmony coefficient): larger is faster."""
    predictor_learning_rate: float = Field(1e-3, gt=0)
    """Rate of the skim predictors."""
    keep_bias: float = Field(5.0, ge=0)
    """Start of the predictors' last bias, plus for keep and minus for skim."""
    temperature: float = Field(1.0, gt=0)
    """Of the Gumbel-softmax."""
    hard_mask_share: float = Field(0.0, ge=0, lt=1)
    """Share of the steps, at the end, with the predictors fixed and tokens really gone (our addition;
    0 samples to the end, as the authors do)."""


class PowerbertSettings(PrunerSettings):
    """PoWER-BERT (Goyal et al., ICML 2020)."""

    epochs: int = Field(4, ge=1)
    retention_learning_rate: float = Field(1e-2, gt=0)
    """Constant rate of the retention weights during the search (the authors: 1e-4 to 1e-2)."""
    retention_weight: float = Field(3e-4, ge=0)
    """Weight of the sum over layers l, from 1, of l x the layer's retained mass: larger is faster."""
    search_share: float = Field(0.5, gt=0, lt=1)
    """Share of the steps that search how many tokens stay; then the counts are fixed, tokens gone."""


class TrbertSettings(TrainingSettings):
    """TR-BERT (Ye et al., NAACL 2021)."""

    epochs: int = Field(4, ge=1)
    selector_learning_rate: float = Field(3e-3, gt=0)
    """Peak rate of the two selectors."""
    alpha: float = Field(0.3, ge=0)
    """Price of the whole text in the reward, in units of cross-entropy: larger is faster."""
    samples: int = Field(4, ge=2)
    """Selections drawn of every text in a step."""
    imitate_share: float = Field(0.25, ge=0, lt=1)
    """Share of the steps, at the start, that teach the selectors alone to keep what is salient."""
    keep_start: float = Field(0.7, gt=0, lt=1)
    """Probability of keeping a token at the start; imitation hardly changes its mean."""
    selector_width: int = Field(32, ge=1)
    temperature: float = Field(2.0, gt=0)
    """Of the logit distillation."""
