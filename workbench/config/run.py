"""The configuration of a run: typed, checked, and with every unknown key refused."""

from functools import lru_cache
from typing import Annotated, Any, Literal, Self, cast

from pydantic import (
    AfterValidator,
    Field,
    ModelWrapValidatorHandler,
    create_model,
    field_validator,
    model_validator,
)

from workbench.catalog.methods import METHODS
from workbench.catalog.settings import EachOnce, Seed, Settings, TrainingSettings
from workbench.config.data import DataSettings
from workbench.config.evaluation import EfficiencySettings, EvaluationSettings
from workbench.errors import InputError

Tracker = Literal[
    "tensorboard", "trackio", "wandb", "mlflow", "comet_ml", "dvclive", "swanlab", "aim", "clearml"
]
"""Trackers that Accelerate can log with."""


def folder_name(name: str, longest: int = 200) -> str:
    """Return a name that can be a folder's, in any folder; ValueError says what is wrong with it.

    Args:
        name: What somebody wrote.
        longest: How many bytes it may have; a file system takes 255, with what we add.
    """
    if not name.strip() or name.startswith("."):
        raise ValueError("must be the name of a folder: not empty, no dot in front")
    if "/" in name or "\\" in name or not name.isprintable():
        raise ValueError("must be the name of one folder: no slashes, no control characters")
    if len(name.encode()) > longest:
        raise ValueError(f"longer than {longest} bytes")
    return name


class RunConfig(Settings):
    """Everything that decides a run's numbers; besides these fields it has one section per method.

    An instance is always of a subclass that `run_config_class` makes, since which sections there are
    depends on the catalogue.
    """

    name: Annotated[str, AfterValidator(folder_name)] = "run"
    """What the run is called; without `--out` it lies in a folder of this name in runs/."""
    seed: Seed = 0
    backbone: str = "packaged"
    """`packaged` (the 6-layer BERT of the `offline` extra), a hub name, or a folder: an
    encoder of one of the families of docs/backbones.md."""
    plugins: list[str] = Field([])
    """Python files that register methods, scorers or readers; imported when a run is made from this."""
    methods: list[str] = Field(["dense", "adapler", "top"])
    """Trained in this order; `dense` comes first, because the others learn from it."""
    kernels: Literal["auto", "stock", "onednn"] = "auto"
    """Library behind float32 linear layers on the CPU; `auto`: oneDNN on AMD with AVX-512, else torch's
    choice."""
    report_to: Annotated[list[Tracker], EachOnce] = Field([])
    """Experiment trackers that hear losses, dev quality and final numbers; changes no number itself, so
    nothing is trained again for it. TensorBoard and Trackio are in the extra `tracking`."""
    data: DataSettings = DataSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    efficiency: EfficiencySettings = EfficiencySettings()

    def __new__(cls, *args: Any, **values: Any) -> Self:
        return super().__new__(cast("type[Self]", run_config_class() if cls is RunConfig else cls))

    @model_validator(mode="wrap")
    @classmethod
    def _with_sections(cls, values: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        if cls is RunConfig and not isinstance(values, RunConfig):
            return cast("Self", run_config_class().model_validate(values))
        return validate(values)

    @field_validator("methods")
    @classmethod
    def _known_once(cls, methods: list[str]) -> list[str]:
        for name in methods:
            if name not in METHODS:
                raise ValueError(f"unknown method {name!r} ({METHODS.suggestion(name)})")
        if methods[:1] != ["dense"] or len(set(methods)) != len(methods):
            raise ValueError("must start with dense, each method once")
        return methods

    def section(self, method: str) -> TrainingSettings:
        """Return the settings of a method's training."""
        settings: TrainingSettings = getattr(self, method)
        return settings


def run_config_class() -> type[RunConfig]:
    """Return `RunConfig` with a section for every method that the catalogue knows now."""
    return _with_sections_of(tuple((name, spec.settings) for name, spec in METHODS.items()))


@lru_cache
def _with_sections_of(sections: tuple[tuple[str, type[TrainingSettings]], ...]) -> type[RunConfig]:
    for name, _ in sections:
        if name in RunConfig.model_fields or hasattr(RunConfig, name):
            raise InputError(
                f"{METHODS.place(name)}: a method cannot be called {name}, as a part of the "
                "configuration is"
            )
    fields: dict[str, Any] = {name: (settings, settings()) for name, settings in sections}
    return create_model(
        "RunConfig", __base__=RunConfig, __module__=__name__, __doc__=RunConfig.__doc__, **fields
    )
