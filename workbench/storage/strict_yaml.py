"""Reading YAML that somebody else wrote: small, plain, every key once, or refused by file and line."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from workbench.errors import InputError, shown

LONGEST = 256 * 1024
"""Bytes of the longest file that is read; the parser takes a second for a megabyte."""
DEEPEST = 20
"""Levels of nesting."""
MOST = 20_000
"""Values; what an alias stands for counts each time."""
_LONGEST_NUMBER = 60
"""Characters; longer ones take quadratic time, or cannot be printed."""
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_MERGE = "tag:yaml.org,2002:merge"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
if TYPE_CHECKING:
    from yaml import SafeLoader as _Safe
else:
    # libyaml is ten times as fast, where PyYAML was built with it.
    _Safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Strict(_Safe):
    """Makes no object of the text's choice, and says where a value is wrong."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                raise _wrong("a key must be one word", key.start_mark)
            value = self.construct_object(key)
            if value in keys:
                problem = f"the key {shown(key.value)} is there twice"
                raise _wrong(problem, key.start_mark)
            keys.add(value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if node.tag in _NUMBERS and len(node.value) > _LONGEST_NUMBER:
            problem = f"a number of {len(node.value)} characters"
            raise _wrong(problem, node.start_mark)
        try:
            return super().construct_object(node, deep)
        except (ValueError, TypeError, ArithmeticError, AttributeError, LookupError) as error:
            problem = f"{shown(node.value)} cannot be read: {error}"
            raise _wrong(problem, node.start_mark) from None


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the keys of a YAML file; an empty one has none.

    Raises FileNotFoundError, and InputError that names file and line for anything else that is wrong.
    """
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(LONGEST + 1)
        if len(content) > LONGEST:
            raise InputError(f"{path}: longer than {LONGEST:,} bytes; is it a configuration?")
        text = content.decode("utf-8")
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        byte = f"byte 0x{content[error.start]:02x}"
        raise InputError(f"{path}:{line}: cannot be read: not UTF-8 ({byte})") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    value = yaml_value(text, str(path))
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError(f"{path}: the top level must be a mapping of keys")
    return value


def yaml_value(text: str, name: str) -> Any:
    """Return what a YAML text says; `name` stands in the InputError for one that is wrong.

    Refused are keys that are there twice, deep nesting, too many values, and values that cannot be read.
    """
    try:
        _check_events(text)
        return yaml.load(text, Loader=_Strict)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}" if mark is not None else name
        problem = ": ".join(filter(None, (error.context, error.problem)))
        raise InputError(f"{place}: not valid YAML: {problem}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{name}: not valid YAML: {' '.join(str(error).split())}") from None


@dataclass
class _Part:
    """A list or mapping, as far as it has been read."""

    anchor: str | None = None
    values: int = 0
    levels: int = 0
    """How deep it is below itself."""


def _check_events(text: str) -> None:
    """Refuse, before anything is built, what grows without bound when it is, aliases written out."""
    anchored: dict[str, _Part] = {}
    parts = [_Part()]
    for event in yaml.parse(text, Loader=_Safe):
        match event:
            case yaml.CollectionStartEvent():
                parts.append(_Part(event.anchor, values=1))
                done = _Part()
            case yaml.CollectionEndEvent():
                done = parts.pop()
                done.levels += 1
            case yaml.ScalarEvent():
                if _NO_TEXT.search(event.value):
                    raise _wrong("a text with a NUL or half a character", event.start_mark)
                done = _Part(event.anchor, values=1)
            case yaml.AliasEvent():
                if event.anchor not in anchored:
                    raise _wrong(f"*{event.anchor} is not known here", event.start_mark)
                done = replace(anchored[event.anchor], anchor=None)
            case _:
                continue
        if done.anchor is not None:
            anchored[done.anchor] = done
        parts[-1].values += done.values
        parts[-1].levels = max(parts[-1].levels, done.levels)
        if len(parts) - 1 + done.levels > DEEPEST:
            raise _wrong(f"nested deeper than {DEEPEST} levels", event.start_mark)
        if parts[-1].values > MOST:
            raise _wrong(f"more than {MOST:,} values, aliases written out", event.start_mark)


def _wrong(problem: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
