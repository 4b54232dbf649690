"""The configuration of a run: typed, checked, and with every unknown key refused."""

import copy
import difflib
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from workbench.errors import InputError


class Settings(BaseModel):
    """Base of all sections: immutable, no unknown keys, docstrings double as descriptions."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class DataSettings(Settings):
    """Which texts, which rationales, how they are cut."""

    source: Literal["rotten-tomatoes", "imdb", "eraser", "file", "hub"] = "rotten-tomatoes"
    """`rotten-tomatoes` and `imdb` come from the packaged reviews; `eraser` is a folder or archive
    in ERASER's layout; `file` is your own CSV, JSONL or Parquet; `hub` is any `datasets` name."""
    path: str | None = None
    """Folder, archive or file (`eraser`, `file`), or the data set's name (`hub`)."""
    subset: str | None = None
    """Configuration name of a hub data set, such as `sst2` of `glue`."""
    text_column: str = "text"
    label_column: str = "label"
    second_column: str | None = None
    """Second text of a pair."""
    rationale_column: str | None = None
    """Column with spans: a list of [start, end) pairs."""
    rationale_offsets: Literal["char", "word"] = "char"
    id_column: str | None = None
    """Column with text ids; without it ids are made from the row's number."""
    split_column: str | None = None
    """Column naming train, dev or test; without it the split is a hash of the normalised text."""
    rationales: Literal["annotated", "valence", "none"] = "valence"
    """`annotated`: the spans that come with the data. `valence`: words that ten people rated, out
    of context, at 1.0 or more in size with the label's sign: a proxy, not annotated rationales."""
    positive_label: str | None = None
    """Which class the positive valence ratings speak for; needed by `valence` on own data."""
    max_train: int | None = Field(None, ge=1)
    """At most this many training texts, chosen by the same hash; null takes all."""
    max_dev: int | None = Field(None, ge=1)
    max_test: int | None = Field(None, ge=1)
    max_tokens: int = Field(64, ge=8)
    """Longest window in tokens, special tokens included; longer texts are cut into windows."""
    unknown_only: Literal["refuse", "keep"] = "refuse"
    """What to do with a text of which the tokenizer knows no character."""
    training_windows: Literal["all", "with-evidence"] = "all"
    """`with-evidence` trains on windows that hold rationale tokens only (AdapLeR's protocol)."""


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
    gradient_accumulation: int = Field(1, ge=1)
    mixed_precision: Literal["no", "fp16", "bf16"] = "no"
    checkpoint_steps: int = Field(200, ge=1)
    """A resumable checkpoint after this many steps, and after every epoch."""


class DenseSettings(TrainingSettings):
    """Fine-tuning without pruning; also the teacher and the source of saliency targets."""

    keep_best: int = Field(3, ge=1)
    """How many best dev checkpoints the saliency targets are averaged over (AdapLeR: 3)."""


class AdaplerSettings(TrainingSettings):
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
    settle: float = Field(0.0, ge=0, lt=1)
    """Share of the steps, at the end, with the thresholds fixed and tokens really gone (our addition;
    0 softens to the end, as the authors do)."""
    predictor_width: int = Field(32, ge=1)
    tolerance: float = Field(0.01, ge=0, le=1)
    """The fastest epoch wins whose dev accuracy is above the dense one minus this."""


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
    settle: float = Field(0.3, ge=0, lt=1)
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


class EvaluationSettings(Settings):
    """What is measured once the models are there."""

    splits: list[Literal["train", "dev", "test"]] = ["test"]
    scorers: list[
        Literal["cp", "top", "saliency", "attention", "rollout", "random", "uniform", "oracle"]
    ] = ["cp", "top", "saliency", "attention", "rollout", "random", "uniform", "oracle"]
    max_scored: int | None = Field(None, ge=1)
    """Score at most this many texts per split (by the split's own order); null scores all."""
    batch_size: int = Field(32, ge=1)
    bootstrap: int = Field(1000, ge=0)
    """Resamples behind each interval (95 %, over texts); 0 leaves the intervals out."""
    random_draws: int = Field(5, ge=1)
    """Independent draws of the random control; its scores are one draw, its spread is reported."""


class EfficiencySettings(Settings):
    """What the stopwatch does."""

    batch_sizes: list[int] = [1, 8, 32]
    texts: int = Field(256, ge=1)
    """How many windows of the split are timed."""
    repeats: int = Field(5, ge=1)
    """Rounds; in each, all contestants run in turn on the same texts."""


class RunConfig(Settings):
    """Everything that decides a run's numbers."""

    name: str = "run"
    seed: int = Field(0, ge=0)
    backbone: str = "packaged"
    """`packaged` (the 6-layer BERT of the `offline` extra), a hub name, or a folder."""
    methods: list[Literal["dense", "adapler", "top"]] = ["dense", "adapler", "top"]
    """Trained in this order; `dense` comes first, because the others learn from it."""
    kernels: Literal["auto", "stock", "onednn"] = "auto"
    """Library behind float32 linear layers on the CPU; `auto`: oneDNN on AMD with AVX-512, else torch's
    choice."""
    data: DataSettings = DataSettings()
    dense: DenseSettings = DenseSettings()
    adapler: AdaplerSettings = AdaplerSettings()
    top: TopSettings = TopSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    efficiency: EfficiencySettings = EfficiencySettings()

    @field_validator("methods")
    @classmethod
    def _dense_first(cls, methods: list[str]) -> list[str]:
        if methods[:1] != ["dense"] or len(set(methods)) != len(methods):
            raise ValueError("must start with dense, each method once")
        return methods


def load_config(path: Path, overrides: list[str] | None = None) -> RunConfig:
    """Read a YAML file and apply `a.b=value` overrides; InputError names file and key."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such configuration file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise InputError(f"{path}: the top level must be a mapping of keys")
    return parse_config(apply_overrides(values, overrides or []), str(path))


def parse_config(values: dict[str, Any], origin: str) -> RunConfig:
    """Validate a mapping; `origin` is named in the InputError."""
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        raise InputError(f"{origin}: {_explain(error)}") from None


def with_absolute_paths(config: RunConfig) -> RunConfig:
    """The same configuration with existing relative paths made absolute, so that a run can be
    evaluated from any folder; hub names stay as they are."""
    changes: dict[str, Any] = {}
    if config.data.path is not None and Path(config.data.path).exists():
        path = str(Path(config.data.path).resolve())
        changes["data"] = config.data.model_copy(update={"path": path})
    if config.backbone != "packaged" and Path(config.backbone).is_dir():
        changes["backbone"] = str(Path(config.backbone).resolve())
    return config.model_copy(update=changes)


def dump_config(config: RunConfig) -> str:
    """The resolved configuration as YAML that `load_config` reads back to an equal object."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def apply_overrides(values: dict[str, Any], overrides: list[str]) -> dict[str, Any]:
    """A copy of `values` with every `a.b=value` put in place; InputError for anything else."""
    values = copy.deepcopy(values)
    for override in overrides:
        _apply(values, override)
    return values


def _apply(values: dict[str, Any], override: str) -> None:
    key, equals, raw = override.partition("=")
    parts = key.split(".")
    if not equals or not all(parts):
        raise InputError(f"--set {override!r}: expected a.b=value")
    try:
        value = yaml.safe_load(raw)
    except yaml.YAMLError:
        raise InputError(f"--set {override!r}: the value is not valid YAML") from None
    for part in parts[:-1]:
        section = values.setdefault(part, {})
        if not isinstance(section, dict):
            raise InputError(f"--set {override!r}: {part} is not a section")
        values = section
    values[parts[-1]] = value


def _explain(error: ValidationError) -> str:
    """One line per problem; an unknown key is answered with the nearest known one."""
    lines = []
    for problem in error.errors():
        path = [str(part) for part in problem["loc"]]
        if problem["type"] == "extra_forbidden":
            known = list(_section(path[:-1]).model_fields)
            near = difflib.get_close_matches(path[-1], known, n=1, cutoff=0.4)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            lines.append(f"unknown key {'.'.join(path)} ({hint})")
        else:
            lines.append(f"{'.'.join(path)}: {problem['msg']} (got {problem['input']!r})")
    return "; ".join(lines)


def _section(path: list[str]) -> type[BaseModel]:
    section: type[BaseModel] = RunConfig
    for part in path:
        inner = section.model_fields[part].annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            section = inner
    return section
