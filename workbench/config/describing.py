"""What a configuration may say, for people and for editors: every key, its type, default and meaning."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from workbench.catalog.settings import Settings
from workbench.config.comparison import OF_THE_COMPARISON, CompareConfig
from workbench.config.questions import QuestionsConfig
from workbench.config.run import RunConfig, run_config_class
from workbench.config.systems import NOT_TOLD
from workbench.config.tagging import TaggingConfig

Kind = Literal["run", "compare", "answer", "tag"]
A_RUNS = "a run's own"
"""The default of a key that holds a whole run."""
_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


@dataclass(frozen=True)
class Key:
    """A key of a section."""

    name: str
    """With the sections above it: `data.source`."""
    takes: str
    default: str
    meaning: str
    """Its docstring in one line; empty where the name says it all."""


@dataclass(frozen=True)
class Section:
    """A section of a configuration."""

    name: str
    """With the sections above it; empty for the configuration itself."""
    about: str
    keys: tuple[Key, ...]


def configuration_class(kind: Kind) -> type[Settings]:
    """Return what checks the configurations of `workbench run`, `compare`, `answer` or `tag`."""
    kinds: dict[Kind, type[Settings]] = {
        "run": run_config_class(), "compare": CompareConfig, "answer": QuestionsConfig,
        "tag": TaggingConfig,
    }  # fmt: skip
    return kinds[kind]


def sections_of(kind: type[BaseModel], name: str = "") -> Iterator[Section]:
    """Yield a section, then those in it; the `run` of a comparison is described as a run's own.

    Args:
        kind: The class of the section.
        name: Of the section, with those above it.
    """
    prefix = f"{name}." if name else ""
    keys: list[Key] = []
    inner: list[tuple[str, type[BaseModel]]] = []
    for key, field in kind.model_fields.items():
        section = _section(field)
        if section is None or issubclass(section, RunConfig):
            a_run = section is not None
            default = A_RUNS if a_run else _shown(field.get_default(call_default_factory=True))
            takes = "as of `workbench run`" if a_run else _takes(field)
            keys.append(Key(f"{prefix}{key}", takes, default, one_line(field.description)))
        else:
            inner.append((f"{prefix}{key}", section))
    yield Section(name, one_line(kind.__doc__), tuple(keys))
    for place, section in inner:
        yield from sections_of(section, place)


def json_schema(kind: Kind) -> dict[str, Any]:
    """Return the JSON schema of a configuration, by which editors complete and check it."""
    schema = configuration_class(kind).model_json_schema()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    if kind != "run":
        # The field is annotated with the class that has no method's section.
        run = run_config_class().model_json_schema()
        schema["$defs"] |= run.pop("$defs")
        refused = OF_THE_COMPARISON if kind == "compare" else NOT_TOLD
        run["properties"] = {k: v for k, v in run["properties"].items() if k not in refused}
        schema["$defs"]["RunConfig"] = run
    return schema


def one_line(text: str | None) -> str:
    """Return a docstring in one line."""
    return " ".join((text or "").split())


def _section(field: FieldInfo) -> type[BaseModel] | None:
    for part in (field.annotation, *get_args(field.annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def _takes(field: FieldInfo) -> str:
    bounds = [
        f"{sign} {getattr(rule, name):g}"
        for rule in field.metadata
        for name, sign in _SIGNS.items()
        if getattr(rule, name, None) is not None
    ]
    return _type(field.annotation) + (f", {' and '.join(bounds)}" if bounds else "")


def _type(annotation: Any) -> str:
    """A type as a reader of YAML knows it."""
    inner, origin = get_args(annotation), get_origin(annotation)
    if annotation is type(None):
        return "null"
    if annotation is Any:
        return "anything"
    if origin is Literal:
        return ", ".join(f"`{choice}`" for choice in inner)
    if origin in (list, tuple):
        return f"list of {_type(inner[0])}"
    if origin is dict:
        return f"{_type(inner[0])}: {_type(inner[1])}"
    if origin is UnionType:
        return " or ".join(map(_type, inner))
    if hasattr(annotation, "__metadata__"):
        return _type(inner[0])
    return {"str": "text", "int": "whole number", "float": "number", "bool": "true or false"}.get(
        annotation.__name__, annotation.__name__
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value).replace("'", "")
