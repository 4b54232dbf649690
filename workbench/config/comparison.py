"""The configuration of a comparison: methods x strengths x seeds, and what to match."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, Field, field_validator, model_validator

from workbench.catalog.methods import METHODS, Strength
from workbench.catalog.settings import EachOnce, Seed, Settings, TrainingSettings
from workbench.config.loading import (
    apply_overrides,
    load_plugins_of,
    parse_config,
    read_mapping,
    require_source,
    validated,
)
from workbench.config.run import RunConfig, folder_name
from workbench.errors import InputError, shown

OF_THE_COMPARISON = ("methods", "seed")
"""Keys of a run that the comparison sets."""
_LONGEST_NAME = 100
"""Bytes of a comparison's name; its trials' are longer by method, strength and seed."""
_REACH = 10.0
"""A search goes this factor up and down from the method's own strength where no range is given."""


class MatchSettings(Settings):
    """What every method is trained to, on the dev split: exactly one of `flops` and `drop`."""

    flops: float | None = Field(None, gt=1)
    """Unpadded FLOPs speed-up."""
    drop: float | None = Field(None, gt=0, lt=100)
    """Accuracy lost against the dense model of the same seed, in points; of a regression Pearson's
    correlation x 100."""
    tolerance: float | None = Field(None, gt=0)
    """Relative for `flops` (0.05: within 5 %; the default), in points for `drop` (default 0.5)."""
    tries: int = Field(6, ge=1, le=1000)
    """At most this many trainings per method and seed."""
    search_seed_only: bool = False
    """Search on the first seed (that finishes a training) and train the others with what was found."""

    @model_validator(mode="after")
    def _one_target(self) -> "MatchSettings":
        if (self.flops is None) == (self.drop is None):
            raise ValueError("needs either flops or drop")
        return self

    @property
    def kind(self) -> Literal["flops", "drop"]:
        return "flops" if self.flops is not None else "drop"

    @property
    def target(self) -> float:
        """The speed-up, or the loss in points."""
        value = self.flops if self.flops is not None else self.drop
        assert value is not None
        return value

    @property
    def slack(self) -> float:
        """How far from the target still counts as reached, in its unit."""
        if self.flops is not None:
            return self.flops * (0.05 if self.tolerance is None else self.tolerance)
        return 0.5 if self.tolerance is None else self.tolerance


def pruner(name: str) -> str:
    """Return the method of a comparison's `method` or `method@label`."""
    return name.partition("@")[0]


class CompareConfig(Settings):
    """A grid of runs, and optionally a search for each method's strength."""

    name: Annotated[str, AfterValidator(lambda name: folder_name(name, _LONGEST_NAME))] = "comparison"
    """What the comparison is called; without `--out` it lies in a folder of this name in runs/."""
    run: RunConfig = Field(default_factory=RunConfig)
    """What all trials share; its methods and seed are set by the comparison."""
    methods: Annotated[list[str], EachOnce] = Field(default_factory=lambda: [*METHODS][1:], min_length=1)
    """The pruners to compare; the dense model is always there. `method@label` is the method with the
    settings that `variants` gives it: one method can so be compared with itself."""
    variants: dict[Annotated[str, Field(pattern="^[^@]+@[a-z0-9-]{1,40}$")], dict[str, Any]] = Field({})
    """By `method@label`: settings in the place of those of the method's section in `run`."""
    seeds: Annotated[list[Seed], EachOnce] = Field([0, 1, 2], min_length=1)
    strengths: dict[str, list[float]] = Field({})
    """Cells per method. Without `match`, a method that is absent gets one, of its section's strength."""
    match: MatchSettings | None = None
    ranges: dict[str, tuple[float, float]] = Field({})
    """Lowest and highest strength of a method's search; default: what the catalogue says (ToP: 0.05 to
    0.95), or a tenth to ten times its section's."""

    @field_validator("run", mode="before")
    @classmethod
    def _left_to_us(cls, run: Any) -> Any:
        if isinstance(run, dict):
            for key in OF_THE_COMPARISON:
                if key in run:
                    raise ValueError(f"leave out {key}: the comparison's own {key.rstrip('s')}s count")
        return run

    @field_validator("methods")
    @classmethod
    def _known_methods(cls, methods: list[str]) -> list[str]:
        if "dense" in methods:
            raise ValueError("leave out dense: it is always there")
        for method in methods:
            if pruner(method) not in METHODS:
                raise ValueError(f"unknown method {method!r} ({METHODS.suggestion(pruner(method))})")
        return methods

    @model_validator(mode="after")
    def _fitting(self) -> "CompareConfig":
        labelled = [name for name in self.methods if "@" in name]
        for name in {*labelled, *self.variants} - ({*labelled} & {*self.variants}):
            lacking = "its settings in variants" if name in labelled else "its name in methods"
            raise ValueError(f"{name}: lacks {lacking}")
        for name, chosen in (("strengths", self.strengths), ("ranges", self.ranges)):
            for method in chosen:
                if method not in self.methods:
                    raise ValueError(f"{name}.{method}: the method is not compared")
                if self.strength(method) is None:
                    raise ValueError(f"{name}.{method}: the method has no strength")
        for method, strengths in self.strengths.items():
            if not strengths:
                raise ValueError(f"strengths.{method}: is empty; leave it out for one cell")
            names = [spelled(value) for value in strengths]
            if twice := [name for name in names if names.count(name) > 1]:
                raise ValueError(f"strengths.{method}: {twice[0]} is there twice")
        for method, (low, high) in self.ranges.items():
            if not low < high or (low <= 0 and not _is_linear(method)):
                raise ValueError(f"ranges.{method}: needs 0 < low < high (got {low:g}, {high:g})")
        return self

    def strength(self, method: str) -> Strength | None:
        """Return what makes a method of the comparison faster; None where nothing does."""
        return METHODS[pruner(method)].strength

    def section(self, method: str) -> TrainingSettings:
        """Return a method's settings, with its variant's; InputError where these are wrong."""
        own = self.run.section(pruner(method))
        return validated(type(own), own.model_dump() | self.variants.get(method, {}), method)

    def own_strength(self, method: str) -> float | None:
        """Return the strength in the method's section; None where it has none."""
        strength = self.strength(method)
        if strength is None:
            return None
        return float(getattr(self.section(method), strength.key))

    def grid(self, method: str) -> list[float | None]:
        """Return the strengths of a method's trials, apart from what a search tries."""
        if method in self.strengths:
            return list(self.strengths[method])
        if self.match is None or self.strength(method) is None:
            return [self.own_strength(method)]
        return []

    def range(self, method: str) -> tuple[float, float]:
        """Return where a search for the method's strength begins and ends."""
        strength, own = self.strength(method), self.own_strength(method)
        assert strength is not None
        assert own is not None
        given = self.ranges.get(method) or self.ranges.get(pruner(method))
        return given or strength.reach or (own / _REACH, own * _REACH)

    def trial(self, method: str, strength: float | None, seed: int) -> RunConfig:
        """Return the configuration of one trial.

        Args:
            method: One of the comparison's.
            strength: Value of the method's strength; None for a method without one.
            seed: One of the comparison's.

        Raises:
            InputError: The method does not take this strength.
        """
        trained = pruner(method)
        values = self.run.model_dump(mode="json") | {"seed": seed, "methods": ["dense", trained]}
        values["name"] = f"{self.name}-{method.replace('@', '-')}-{spelled(strength)}-seed{seed}"
        values[trained] = self.section(method).model_dump(mode="json")
        if strength is not None:
            key = self.strength(method)
            assert key is not None
            values[trained] |= {key.key: strength}
        return parse_config(values, f"{method}, strength {spelled(strength)}")

    def dense(self, seed: int) -> RunConfig:
        """The configuration of a seed's dense run."""
        changes = {"seed": seed, "methods": ["dense"], "name": f"{self.name}-dense-seed{seed}"}
        return self.run.model_copy(update=changes)


def _is_linear(method: str) -> bool:
    strength = METHODS[pruner(method)].strength
    return strength is not None and strength.scale == "linear"


def spelled(strength: float | None) -> str:
    """Write a strength as trial folders and tables write it; `fixed` for a method without one."""
    return "fixed" if strength is None else f"{strength:g}"


def load_comparison(
    path: Path, overrides: list[str] | None = None, match: str | None = None
) -> CompareConfig:
    """Read a comparison's YAML.

    Args:
        path: The file.
        overrides: `a.b=value`, put in place of what the file says.
        match: `flops=2.0` or `drop=1.0`, in place of the file's target.

    Raises:
        InputError: Names file and key, also for a strength or range end that a method does not take, and
            for a run that names no source of texts.
    """
    values = apply_overrides(read_mapping(path), overrides or [])
    load_plugins_of(run if isinstance(run := values.get("run"), dict) else {}, str(path))
    if match is not None:
        values["match"] = _matched(values.get("match"), match)
    config = validated(CompareConfig, values, str(path))
    for method in config.methods:
        searched = config.match is not None and config.strength(method) is not None
        ends = list(config.range(method)) if searched else []
        if ends and ends[0] <= 0 and not _is_linear(method):
            raise InputError(f"{path}: {method} starts at strength 0; give its search a ranges.{method}")
        for strength in (*config.grid(method), *ends):
            config.trial(method, strength, config.seeds[0])
    require_source(values.get("run") or {}, str(path), "run.")
    return config


def dump_comparison(config: CompareConfig) -> str:
    """Return the resolved configuration as YAML that `load_comparison` reads back to an equal object."""
    values = config.model_dump(mode="json", exclude={"run"})
    run = config.run.model_dump(mode="json", exclude=set(OF_THE_COMPARISON))
    return yaml.safe_dump({**values, "run": run}, sort_keys=False, allow_unicode=True)


def _matched(given: Any, match: str) -> dict[str, Any]:
    """The `match` section with the command line's target in the place of its own."""
    kind, equals, value = match.partition("=")
    try:
        target = float(value)
    except ValueError:
        equals = ""
    if not equals or kind not in ("flops", "drop"):
        raise InputError(f"--match {shown(match)}: expected flops=2.0 or drop=1.0")
    kept = dict(given) if isinstance(given, dict) else {}
    other = kept.pop("drop" if kind == "flops" else "flops", None)
    if other is not None:
        kept.pop("tolerance", None)  # It has another unit.
    return {**kept, kind: target}
