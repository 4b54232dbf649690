"""The configuration of a run: typed, checked, and with every unknown key refused."""

import copy
import difflib
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Self, TypeVar, get_args

import yaml
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from workbench.catalog.scorers import NAMES
from workbench.config.faithfulness import FaithfulnessSettings
from workbench.config.methods import (
    AdaplerSettings,
    DenseSettings,
    DistilbertSettings,
    LtpSettings,
    PowerbertSettings,
    Settings,
    TopSettings,
    TranskimmerSettings,
    TrbertSettings,
)
from workbench.errors import InputError
from workbench.storage.atomic import yaml_value

_Kind = TypeVar("_Kind", bound=BaseModel)


class DataSettings(Settings):
    """Which texts, which rationales, how they are cut."""

    source: str = "rotten-tomatoes"
    """A name that `workbench data list` shows. `rotten-tomatoes` and `imdb` come from the packaged
    reviews; `eraser` is a folder or archive in ERASER's layout; `file` is your own CSV, JSONL or
    Parquet; `hub` is any `datasets` name; `label-studio` is its JSON export. `glue`, `agnews`,
    `dbpedia`, `imdb-folder`, `20newsgroups` and `hatexplain` read the files that these sets come in."""
    path: str | None = None
    """Folder, archive or file, or the data set's name (`hub`)."""
    subset: str | None = None
    """Task of `glue` (sst2, mnli, mnli-mismatched, ...) or `eraser` (movies, boolq, ...), variant of
    `20newsgroups` (stripped, whole), or configuration name of a hub data set."""
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
    annotators: Literal["majority", "union"] = "majority"
    """Which words are rationale where several people marked a text (`hatexplain`, `label-studio`): those
    that more than half of them marked, or that anyone did."""
    mismatches: Literal["refuse", "keep"] = "refuse"
    """What to do with a span whose stored text is not what stands at its offsets (`eraser`,
    `label-studio`): `keep` trusts the offsets and counts it."""
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


Method = Literal[
    "dense", "distilbert", "adapler", "top", "ltp", "transkimmer", "powerbert", "trbert"
]  # fmt: skip
Control = Literal["random", "first", "oracle"]
"""Whom a control keeps: by lot, the first tokens, or those of the human rationale and then the first."""


class EvaluationSettings(Settings):
    """What is measured once the models are there."""

    splits: list[Literal["train", "dev", "test"]] = Field(["test"])
    scorers: list[str] = Field(
        ["cp", "top", "saliency", "attention", "rollout", "random", "uniform", "oracle"]
    )
    """Whose scores are written and compared, by their names in `attribution/registry.py`. Scores with a
    sign are compared by their size."""
    max_scored: int | None = Field(None, ge=1)
    """Score at most this many texts per split (by the split's own order); null scores all."""
    controls: list[Control] = Field([])
    """Controls at the token budget of every pruned method, for metrics/controls: its own weights keep
    other tokens, as many in every text and layer: `random`, `first` (the first tokens) or `oracle`
    (human rationale tokens, then the first; on texts that have some)."""
    faithfulness: FaithfulnessSettings = FaithfulnessSettings()
    batch_size: int = Field(32, ge=1)
    bootstrap: int = Field(1000, ge=0)
    """Resamples behind each interval (95 %, over texts); 0 leaves the intervals out."""
    random_draws: int = Field(5, ge=1)
    """Independent draws of the random controls; scores are one draw, values are means over draws."""

    @model_validator(mode="after")
    def _tests_whom_it_scores(self) -> Self:
        unscored = [name for name in self.faithfulness.scorers if name not in self.scorers]
        if unscored:
            raise ValueError(f"faithfulness.scorers has {unscored[0]!r}, but scorers has not")
        return self

    @field_validator("scorers")
    @classmethod
    def _known(cls, scorers: list[str]) -> list[str]:
        unknown = [name for name in scorers if name not in NAMES]
        if not unknown:
            return scorers
        # A row added by the caller; looking needs torch, which knowing the names does not.
        from workbench.attribution.registry import SCORERS

        for name in unknown:
            if name not in SCORERS:
                near = difflib.get_close_matches(name, SCORERS, 1) or list(SCORERS)
                raise ValueError(f"unknown scorer {name!r} (known: {', '.join(near)}, ...)")
        return scorers


class EfficiencySettings(Settings):
    """What the stopwatch does."""

    batch_sizes: list[int] = Field([1, 8, 32])
    texts: int = Field(256, ge=1)
    """How many windows of the split are timed."""
    repeats: int = Field(5, ge=0)
    """Rounds; in each, all systems run in turn on the same texts. 0 times nothing: FLOPs only."""


class RunConfig(Settings):
    """Everything that decides a run's numbers."""

    name: str = "run"
    seed: int = Field(0, ge=0)
    backbone: str = "packaged"
    """`packaged` (the 6-layer BERT of the `offline` extra), a hub name, or a folder."""
    methods: list[Method] = Field(["dense", "adapler", "top"])
    """Trained in this order; `dense` comes first, because the others learn from it."""
    kernels: Literal["auto", "stock", "onednn"] = "auto"
    """Library behind float32 linear layers on the CPU; `auto`: oneDNN on AMD with AVX-512, else torch's
    choice."""
    data: DataSettings = DataSettings()
    dense: DenseSettings = DenseSettings()
    distilbert: DistilbertSettings = DistilbertSettings()
    adapler: AdaplerSettings = AdaplerSettings()
    top: TopSettings = TopSettings()
    ltp: LtpSettings = LtpSettings()
    transkimmer: TranskimmerSettings = TranskimmerSettings()
    powerbert: PowerbertSettings = PowerbertSettings()
    trbert: TrbertSettings = TrbertSettings()
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
    return parse_config(apply_overrides(read_mapping(path), overrides or []), str(path))


def read_mapping(path: Path) -> dict[str, Any]:
    """The keys of a YAML file; InputError names the file if it is none, or holds something else."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such configuration file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    try:
        values = yaml_value(text)
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise InputError(f"{path}: the top level must be a mapping of keys")
    return values


def parse_config(values: dict[str, Any], origin: str) -> RunConfig:
    """Validate a run's mapping; `origin` is named in the InputError."""
    return validated(RunConfig, values, origin)


def validated(kind: type[_Kind], values: dict[str, Any], origin: str) -> _Kind:
    """`values` as settings of one kind; InputError names `origin` and every key that is wrong."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise InputError(f"{origin}: {_explain(error, kind)}") from None


def with_absolute_paths(config: RunConfig) -> RunConfig:
    """The same configuration with existing relative paths made absolute, so that a run can be
    evaluated from any folder; hub names stay as they are."""
    changes: dict[str, Any] = {}
    if config.data.path is not None and Path(config.data.path).exists():
        path = str(Path(config.data.path).resolve())
        changes["data"] = config.data.model_copy(update={"path": path})
    if config.backbone != "packaged" and Path(config.backbone).is_dir():
        changes["backbone"] = str(Path(config.backbone).resolve())
    checkpoint = config.distilbert.checkpoint
    if checkpoint is not None and Path(checkpoint).is_dir():
        path = str(Path(checkpoint).resolve())
        changes["distilbert"] = config.distilbert.model_copy(update={"checkpoint": path})
    return config.model_copy(update=changes)


def dump_config(config: Settings) -> str:
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


def _explain(error: ValidationError, kind: type[BaseModel]) -> str:
    """One line per problem; an unknown key is answered with the nearest known one."""
    lines = []
    for problem in error.errors():
        path = [str(part) for part in problem["loc"]]
        if problem["type"] == "extra_forbidden":
            known = list(_section(kind, path[:-1]).model_fields)
            near = difflib.get_close_matches(path[-1], known, n=1, cutoff=0.4)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            lines.append(f"unknown key {'.'.join(path)} ({hint})")
        elif path:
            lines.append(f"{'.'.join(path)}: {problem['msg']} (got {problem['input']!r})")
        else:
            lines.append(problem["msg"])
    return "; ".join(lines)


def _section(section: type[BaseModel], path: list[str]) -> type[BaseModel]:
    for part in path:
        annotation = section.model_fields[part].annotation
        choices = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
        for inner in choices:
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                section = inner
    return section
