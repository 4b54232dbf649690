"""The configuration of tasks whose methods are trained side by side: strengths of each, one seed."""

from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import Field, ValidationError, field_validator, model_validator

from workbench.catalog.methods import METHODS
from workbench.catalog.settings import Settings, TrainingSettings
from workbench.config.comparison import spelled
from workbench.config.loading import (
    apply_overrides,
    load_plugins_of,
    read_mapping,
    validated,
    with_absolute_paths,
)
from workbench.config.run import RunConfig

NOT_TOLD = ("report_to",)
"""Keys of a run that these tasks refuse: only runs and comparisons are told to trackers."""


class SystemsConfig(Settings):
    """Methods trained on one task, each at one or several strengths."""

    run: RunConfig
    """Name, seed, backbone, methods with their sections, and `data`: the files; not `report_to`."""
    strengths: dict[str, list[float]] = Field({})
    """By method the values of its strength, such as ToP's `target_sparsity`; one that is absent is
    trained once, with its section's."""

    rejoin: Literal["last", "detached", "gated"] | None = None
    """With which state dropped tokens rejoin after the last layer in training, whatever the method.
    `last`: that with which it entered the layer that drops it; `detached`: the same without a gradient;
    `gated`: mixed by a soft mask, where the method has one. null: as each method's authors do."""

    @field_validator("strengths")
    @classmethod
    def _not_empty(cls, strengths: dict[str, list[float]]) -> dict[str, list[float]]:
        for method, values in strengths.items():
            if method not in METHODS or METHODS[method].strength is None:
                raise ValueError(f"{method}: no method with a strength")
            if not values or len({*map(spelled, values)}) < len(values):
                raise ValueError(f"{method}: needs different values, at least one")
        return strengths

    @field_validator("run")
    @classmethod
    def _untracked(cls, run: RunConfig) -> RunConfig:
        if run.report_to:
            raise ValueError("report_to: only runs and comparisons are told to trackers; leave it out")
        return run

    @model_validator(mode="after")
    def _of_methods(self) -> Self:
        for method in self.strengths:
            if method not in self.run.methods:
                raise ValueError(f"strengths.{method}: the method is not in run.methods")
            for value in self.strengths[method]:
                try:
                    self.section(method, value)
                except ValidationError as error:
                    said = error.errors()[0]["msg"]
                    raise ValueError(f"strengths.{method}: {value:g}: {said}") from None
        return self

    def section(self, method: str, strength: float | None) -> TrainingSettings:
        """Return a method's settings, at a strength where one is given."""
        settings, knob = self.run.section(method), METHODS[method].strength
        if strength is None or knob is None:
            return settings
        values = settings.model_dump() | {knob.key: strength}
        return type(settings).model_validate(values)


_C = TypeVar("_C", bound=SystemsConfig)


def load_systems_config(
    kind: type[_C], path: Path, overrides: list[str] | None = None, *, run_plugins: bool = True
) -> _C:
    """Read a configuration, its paths made absolute.

    Args:
        kind: Of which kind.
        path: A YAML file.
        overrides: `a.b=value`, put in place of what the file says.
        run_plugins: Whether the Python files that it names are run; not those of somebody else's folder.

    Raises:
        InputError: Names the file and every key that is wrong.
    """
    values: dict[str, Any] = apply_overrides(read_mapping(path), overrides or [])
    run = values.get("run")
    if run_plugins and isinstance(run, dict):
        load_plugins_of(run, str(path))
    read = validated(kind, values, str(path))
    return read.model_copy(update={"run": with_absolute_paths(read.run)})
