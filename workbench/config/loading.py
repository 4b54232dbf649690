"""Reading configurations: YAML, overrides, and what is wrong with them in a line."""

import difflib
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from workbench.catalog.methods import METHODS
from workbench.catalog.plugins import load_plugins, loaded_plugins
from workbench.catalog.readers import READERS
from workbench.catalog.scorers import SCORERS
from workbench.catalog.settings import Settings
from workbench.config.run import RunConfig, run_config_class
from workbench.errors import InputError, shown
from workbench.storage.strict_yaml import read_yaml, yaml_value

_Kind = TypeVar("_Kind", bound=BaseModel)
_TOLD = 10
"""How many problems one message names."""


def load_config(
    path: str | Path, overrides: list[str] | None = None, *, run_plugins: bool = True
) -> RunConfig:
    """Read a run's configuration.

    Args:
        path: A YAML file.
        overrides: `a.b=value`, put in place of what the file says.
        run_plugins: Import the plug-in files that it names; not for a file that somebody else made.

    Raises:
        InputError: Names the file and every key that is wrong, and one that names no source of texts.

    Example:
        >>> import workbench
        >>> config = workbench.load_config("runs/demo/config.yaml", ["adapler.phi=0.002"])
        >>> config.methods, config.section("adapler").phi
        (['dense', 'adapler', 'top'], 0.002)
    """
    path = Path(path)
    values = apply_overrides(read_mapping(path), overrides or [])
    if run_plugins:
        load_plugins_of(values, str(path))
    if values.get("data") is None:  # An empty section says as little as none.
        values.pop("data", None)
    config = parse_config(values, str(path))
    require_source(values, str(path))
    return config


def require_source(values: dict[str, Any], origin: str, prefix: str = "") -> None:
    """Raise InputError where a file's mapping leaves the texts to a default.

    Args:
        values: What the file says of a run.
        origin: The file, for the message.
        prefix: The sections above the run's, such as `run.`.
    """
    if "source" not in (values.get("data") or {}):
        raise InputError(
            f"{origin}: names no texts: set {prefix}data.source to one that `workbench data list` shows"
        )


def load_plugins_of(values: dict[str, Any], origin: str) -> None:
    """Import the plug-in files that the mapping of a configuration names; InputError for a wrong one."""
    files = values.get("plugins") or []
    if not isinstance(files, list) or not all(isinstance(file, str) for file in files):
        raise InputError(f"{origin}: plugins: expected a list of Python files")
    load_plugins(files)


def read_mapping(path: Path) -> dict[str, Any]:
    """The keys of a YAML file; InputError names the file if it is none, or holds something else."""
    try:
        return read_yaml(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such configuration file") from None


def parse_config(values: dict[str, Any], origin: str) -> RunConfig:
    """Validate a run's mapping; `origin` is named in the InputError."""
    return validated(RunConfig, values, origin)


def validated(kind: type[_Kind], values: dict[str, Any], origin: str) -> _Kind:
    """Check a mapping and return it as settings.

    Args:
        kind: The class of the settings.
        values: What a file says.
        origin: The file, for messages.

    Raises:
        InputError: Names `origin` and every key that is wrong.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        files = values.get("plugins")
        hint = f"; it was made with plug-ins: add --plugin {' --plugin '.join(files)}" if files else ""
        raise InputError(f"{origin}: {_explain(error, kind)}{hint}") from None


def with_absolute_paths(config: RunConfig) -> RunConfig:
    """Return the configuration with existing relative paths made absolute, and its plug-ins named.

    A run can then be evaluated from any folder; hub names stay as they are.
    """
    changes: dict[str, Any] = {"plugins": plugin_files(config)}
    changes["data"] = config.data.model_copy(
        update={
            "path": config.data.path and _absolute(config.data.path),
            "paths": config.data.paths and {k: _absolute(v) for k, v in config.data.paths.items()},
        }
    )
    if config.backbone != "packaged" and Path(config.backbone).is_dir():
        changes["backbone"] = str(Path(config.backbone).resolve())
    for method in config.methods:
        section = config.section(method)
        checkpoint = getattr(section, "checkpoint", None)
        if checkpoint is not None and Path(checkpoint).is_dir():
            path = str(Path(checkpoint).resolve())
            changes[method] = section.model_copy(update={"checkpoint": path})
    return config.model_copy(update=changes)


def _absolute(path: str) -> str:
    return str(Path(path).resolve()) if Path(path).exists() else path


def plugin_files(config: RunConfig) -> list[str]:
    """Return the plug-in files that a run needs: those it names, and those its methods, scorers and
    reader are from."""
    named = [str(Path(file).resolve()) for file in config.plugins]
    scorers = (scorer.partition("@")[0] for scorer in config.evaluation.scorers)
    files = [*(METHODS.file(name) for name in config.methods), *map(SCORERS.file, scorers)]
    if loaded_plugins() and config.data.source in READERS:
        files.append(READERS.file(config.data.source))
    return list(dict.fromkeys([*named, *(str(file) for file in files if file in loaded_plugins())]))


def dump_config(config: Settings) -> str:
    """The resolved configuration as YAML that `load_config` reads back to an equal object.

    A run's file has no section of a plug-in's method that it does not train, so that it can be read
    without that plug-in.
    """
    values = config.model_dump(mode="json")
    if isinstance(config, RunConfig):
        others = (name for name in METHODS if name not in config.methods)
        for name in [name for name in others if not METHODS.is_built_in(name)]:
            values.pop(name, None)
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def apply_overrides(values: dict[str, Any], overrides: list[str]) -> dict[str, Any]:
    """A copy of `values` with every `a.b=value` put in place; InputError for anything else."""
    values = _unshared(values)
    for override in overrides:
        _apply(values, override)
    return values


def _unshared(value: Any) -> Any:
    """Return a copy in which no two sections are one object, as those behind a YAML alias are."""
    if isinstance(value, dict):
        return {key: _unshared(inner) for key, inner in value.items()}
    return [_unshared(inner) for inner in value] if isinstance(value, list) else value


def _apply(values: dict[str, Any], override: str) -> None:
    key, equals, raw = override.partition("=")
    parts = key.split(".")
    if not equals or not all(parts):
        raise InputError(f"--set {shown(override)}: expected a.b=value")
    value = yaml_value(raw, f"--set {shown(override)}")
    for part in parts[:-1]:
        if values.get(part) is None:  # Also a section that is there, but empty.
            values[part] = {}
        section = values[part]
        if not isinstance(section, dict):
            raise InputError(f"--set {shown(override)}: {_word(part)} is not a section")
        values = section
    values[parts[-1]] = value


RENAMED = {"settle": "hard_mask_share"}
"""Keys of earlier versions and what they are called now."""


def renamed_keys(values: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Return the keys of earlier versions in nested `values`, dotted, and what they are called now."""
    renamed: dict[str, str] = {}
    for key, value in values.items():
        if key in RENAMED:
            renamed[f"{prefix}{key}"] = RENAMED[key]
        if isinstance(value, dict):
            renamed |= renamed_keys(value, f"{prefix}{key}.")
    return renamed


def _explain(error: ValidationError, kind: type[BaseModel]) -> str:
    """One line for the first problems; an unknown key is answered with the nearest known one."""
    lines = []
    for problem in error.errors()[:_TOLD]:
        path = [_word(part) for part in problem["loc"]]
        said = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            known = list(_section(kind, path[:-1]).model_fields)
            if RENAMED.get(path[-1]) in known:
                lines.append(f"unknown key {'.'.join(path)}: it is called {RENAMED[path[-1]]} now")
                continue
            near = _inside(kind, path[0]) if len(path) == 1 else []
            near = near or difflib.get_close_matches(path[-1], known, n=1, cutoff=0.4)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            lines.append(f"unknown key {'.'.join(path)} ({hint})")
        elif path:
            lines.append(f"{'.'.join(path)}: {said} (got {shown(problem['input'])})")
        else:
            lines.append(said)
    left = error.error_count() - len(lines)
    return "; ".join([*lines, f"and {left:,} more"] if left else lines)


def _inside(kind: type[BaseModel], key: str) -> list[str]:
    """Return `section.key` for each section of the configuration that has the key."""
    whole = _section(kind, [])
    sections = {name: _section(whole, [name]) for name in whole.model_fields}
    return [
        f"{name}.{key}" for name, one in sections.items() if one is not whole and key in one.model_fields
    ]


def _word(part: object) -> str:
    """Return a key as a message names it, without quotes."""
    return shown(part)[1:-1] if isinstance(part, str) else shown(part)


def _section(section: type[BaseModel], path: list[str]) -> type[BaseModel]:
    """Return the section in which a key stands, `path` being the sections above it."""
    section = run_config_class() if section is RunConfig else section
    if not path:
        return section
    annotation = section.model_fields[path[0]].annotation
    choices = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    inner = [kind for kind in choices if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return _section(inner[0], path[1:]) if inner else section
