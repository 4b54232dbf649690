"""What each method is, without the libraries that run it: a file here, or a plug-in, per method."""

import dataclasses
import importlib
import inspect
import keyword
import pkgutil
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from workbench.catalog.entry_points import load_entry_points
from workbench.catalog.registry import Registry, calling_place, wrong_fields
from workbench.catalog.settings import Cut, TrainingSettings
from workbench.errors import InputError

SPARE_COLOURS = ("#56B4E9", "#E69F00", "#CC79A7", "#009E73")
"""Colours of methods that name none (Okabe and Ito 2008)."""
PLUGIN_ORDER = 1000
"""Plug-ins stand after the built-in methods, in the order in which they were registered."""


@dataclass(frozen=True)
class Strength:
    """The setting that makes a method drop more, or fewer, tokens."""

    key: str
    """Its name in the method's settings."""
    scale: Literal["log", "linear"] = "log"
    """How a search walks: weights on a log scale, shares as they are."""
    faster: Literal["larger", "smaller"] = "larger"
    """Which way the method becomes faster."""
    reach: tuple[float, float] | None = None
    """Where a search begins and ends; None: a tenth to ten times the setting's value."""

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        low, high = self.reach or (1.0, 2.0)
        if not low < high or (self.scale == "log" and low <= 0):
            raise ValueError("reach needs low < high, and 0 < low on a log scale")
        return self


@dataclass(frozen=True)
class Threshold:
    """The score that a token needs to stay, of a method that compares scores with one."""

    parameter: str | None = None
    """Name of the policy's learned tensor with a threshold per layer."""
    value: float | None = None
    """The threshold of every layer where it is not learned."""
    shared_out: bool = False
    """Whether the parameter is divided by the number of tokens that enter the layer."""


@dataclass(frozen=True)
class AimedAt:
    """A setting that asks something of the trained model, which is held against it on the dev split."""

    key: str
    """Its name in the method's settings; one that is null asks for nothing."""
    quantity: Literal["quality_lost", "flops_saved", "tokens_dropped"]
    """Of the dense model's, as shares of 1: quality lost, at most; FLOPs saved or tokens dropped, at
    least."""
    slack: str | None = None
    """The setting that says how far from it still counts as reached; None: no further."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class MethodSpec:
    """An entry of the catalogue."""

    name: str
    """In configurations, commands, files and columns."""
    title: str
    """In tables and figures, as the paper writes it."""
    summary: str
    """What the method does, with its paper: a sentence for the model's card."""
    settings: type[TrainingSettings]
    """Its section of the configuration."""
    policy: str
    """`package.module:Class` of the `Policy`."""
    objective: str
    """`package.module:Class` of the `Objective`."""
    strength: Strength | None = None
    """None: nothing makes it faster."""
    aims: tuple[AimedAt, ...] = ()
    """What its settings ask of the trained model."""
    drops_tokens: bool = True
    cut: Cut | None = None
    """Where its layers drop tokens, if none of its settings is called `cut`."""
    before: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """What settings were that came later, in runs whose configuration lacks them."""
    threshold: Threshold | None = None
    """None: it cuts by rank, or not at all."""
    factor_note: str = ""
    """What multiplying its thresholds means, where it has none."""
    note: Callable[[Mapping[str, Any]], str] | None = None
    """Of a run's settings of the method: a sentence for the report's top."""
    colour: Annotated[str, Field(pattern="^#[0-9A-Fa-f]{6}$")] = "#7F7F7F"
    order: int = PLUGIN_ORDER


def _load() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    load_entry_points("workbench.methods", METHODS)


METHODS: Registry[MethodSpec] = Registry("method", _load)
"""Every method by name, in order of presentation."""


def register_method(
    *, name: str, title: str, settings: type[TrainingSettings], policy: str, objective: str, **more: Any
) -> MethodSpec:
    """Add a method to the catalogue; call it at the top level of a module.

    Args:
        name: Lower-case letters, digits and underscores.
        title: As the paper writes it.
        settings: The section of the configuration, a subclass of `TrainingSettings`.
        policy: `package.module:Class`; a module's own `f"{__name__}:Class"`.
        objective: The same for the objective.
        more: The other fields of `MethodSpec`; `summary` is needed.

    Raises:
        InputError: A taken name, or a declaration that contradicts itself; names file and line.
    """
    place = calling_place()
    if "order" not in more:
        number = sum(spec.order >= PLUGIN_ORDER for spec in METHODS.values())
        more = {"order": PLUGIN_ORDER + number, "colour": SPARE_COLOURS[number % 4]} | more
    try:
        spec = MethodSpec(
            name=name, title=title, settings=settings, policy=policy, objective=objective,
            **more,
        )  # fmt: skip
    except ValidationError as error:
        fields = ", ".join(field.name for field in dataclasses.fields(MethodSpec))
        raise InputError(f"{place}: method {name!r}: {wrong_fields(error)} (fields: {fields})") from None
    _check(spec, place)
    METHODS.add(spec, place)
    return spec


def _check(spec: MethodSpec, place: str) -> None:
    where = f"{place}: method {spec.name!r}"
    if not re.fullmatch("[a-z][a-z0-9_]{0,59}", spec.name) or keyword.iskeyword(spec.name):
        raise InputError(
            f"{where}: a name has up to 60 lower-case letters, digits, _ and is no word of Python"
        )
    needed = [key for key, field in spec.settings.model_fields.items() if field.is_required()]
    if needed:
        raise InputError(f"{where}: its settings need a default for {', '.join(needed)}")
    for path in (spec.policy, spec.objective):
        if path.count(":") != 1 or not all(path.split(":")):
            raise InputError(f"{where}: {path!r} is not of the form package.module:Class")
    named = [("strength", spec.strength.key)] if spec.strength else []
    named += [("aim", key) for aim in spec.aims for key in (aim.key, aim.slack) if key]
    named += [("before", key) for key in spec.before]
    for part, key in named:
        if key not in spec.settings.model_fields:
            known = ", ".join(spec.settings.model_fields)
            raise InputError(f"{where}: its {part} {key!r} is none of its settings ({known})")


def method_spec(name: str) -> MethodSpec:
    """Return a method's entry; InputError names the nearest known one."""
    return METHODS.find(name)


def settings_as_run(method: str, section: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's settings of a method, and what those were that came after the run.

    Args:
        method: Its name; one that is not in the catalogue has no more to tell.
        section: The method's section of the run's configuration.
    """
    return {**(METHODS[method].before if method in METHODS else {}), **section}


def where_cut(method: str, config: Mapping[str, Any]) -> Cut | None:
    """Return where a run's model of a method drops tokens; None for nowhere, or for not known.

    Args:
        method: Its name.
        config: The run's configuration.
    """
    section = config.get(method)
    if method not in METHODS or not isinstance(section, Mapping):
        return None
    cut: Cut | None = settings_as_run(method, section).get("cut", METHODS[method].cut)
    return cut


def method_title(name: str) -> str:
    """Return a method's title; an unknown name stays as it is."""
    return METHODS[name].title if name in METHODS else name


def method_colour(name: str) -> str:
    """Return a method's colour, `#RRGGBB`; grey for an unknown one."""
    return METHODS[name].colour if name in METHODS else "#7F7F7F"


def implementation(path: str, kind: type, place: str) -> Any:
    """Import what a spec names.

    Args:
        path: `package.module:Class`.
        kind: What the class must be a subclass of.
        place: `file:line` of the declaration, for messages.

    Raises:
        InputError: Nothing of this name, or something else; names the declaration.
    """
    module_name, _, attribute = path.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(f"{place}: {path} cannot be imported: {error}") from error
    if not (inspect.isclass(found) and issubclass(found, kind)):
        raise InputError(f"{place}: {path} is no subclass of {kind.__module__}.{kind.__name__}")
    return found
