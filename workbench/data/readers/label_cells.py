"""What a row's label says: a class, a value, or any number of labels."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.config.data import DataSettings
from workbench.core.counts import listed
from workbench.core.task_type import SEPARATOR
from workbench.data.rows import (
    checked_label,
    checked_number,
    is_missing,
    majority_of,
    require_keys,
)
from workbench.errors import InputError

_MARKS = {"0": False, "1": True, "false": False, "true": True, "0.0": False, "1.0": True}
"""What a column of one label may hold, in any case."""


class Labelled(NamedTuple):
    """What a row's label says."""

    label: str
    """As `Document.label`."""
    given: tuple[str, ...] = ()
    """What each of several annotators called the text; empty: only `label` is known."""


def label_columns(settings: DataSettings) -> tuple[str, ...]:
    """Return the columns that labels stand in; InputError for settings that do not go together."""
    apart = [
        name for name in ("label_columns", "label_separator") if getattr(settings, name) is not None
    ]
    if apart and settings.task != "multi-label":
        raise InputError(f"data.{apart[0]} is for data.task 'multi-label', not {settings.task!r}")
    if len(apart) > 1:
        raise InputError("data.label_columns and data.label_separator: labels stand in one or the other")
    if settings.label_separator == "":
        raise InputError("data.label_separator is empty: name what stands between two labels")
    if settings.task in ("multi-label", "regression") and settings.annotator_column:
        raise InputError(
            f"data.annotator_column: several annotators' labels are joined by majority, which"
            f" data.task {settings.task!r} has none of"
        )
    if settings.label_columns is None:
        return (settings.label_column,)
    if not settings.label_columns or len(set(settings.label_columns)) < len(settings.label_columns):
        raise InputError("data.label_columns names at least one column, and each once")
    for name in settings.label_columns:
        _checked_name(name, "data.label_columns")
    return tuple(settings.label_columns)


def task_of_labels(settings: DataSettings) -> dict[str, Any]:
    """Return what a table of own labels says of them: fields of `Table`."""
    return {
        "value": settings.label_column if settings.task == "regression" else None,
        "labels": None if settings.label_columns is None else tuple(settings.label_columns),
        "multi_label": settings.task == "multi-label",
    }


def read_label(record: Mapping[str, Any], settings: DataSettings, where: str) -> Labelled:
    """Return what a row's label says, as `data.task` reads it.

    Args:
        record: The row by column.
        settings: Names the columns, and says what labels are.
        where: The row's place, for the InputError of a label that is none.
    """
    columns = label_columns(settings)
    require_keys(record, columns, where)
    value, place = record[columns[0]], f"{where}: {columns[0]}"
    if settings.task == "regression":
        return Labelled(checked_number(value, place))
    if settings.label_columns is not None:
        return Labelled(SEPARATOR.join(name for name in columns if _mark(record[name], name, where)))
    if settings.task == "multi-label":
        return Labelled(SEPARATOR.join(_names(value, settings.label_separator, place)))
    if not isinstance(value, list):
        return Labelled(checked_label(value, place))
    given = tuple(checked_label(one, place) for one in value)
    label = majority_of(given)
    if label is None:
        raise InputError(
            f"{place}: no label that most annotators gave: {listed(given)}; data.task=multi-label takes"
            " a list as all labels of its text"
        )
    return Labelled(label, given)


def _mark(value: Any, column: str, where: str) -> bool:
    mark = _MARKS.get(str(value).strip().lower())
    if mark is None:
        raise InputError(f"{where}: {column} is {value!r}, neither 0 nor 1")
    return mark


def _names(value: Any, separator: str | None, place: str) -> tuple[str, ...]:
    """Return the labels in a cell; none for an empty one."""
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        return ()
    if separator is None:
        value = _list(value, place)
    elif isinstance(value, str):
        value = value.split(separator)
    else:
        raise InputError(
            f"{place} is {type(value).__name__}, not text with {separator!r} between labels"
            " (data.label_separator)"
        )
    names = tuple(_checked_name(one, place) for one in value)
    twice = [name for number, name in enumerate(names) if name in names[:number]]
    if twice:
        raise InputError(f"{place}: the label {twice[0]!r} is there twice")
    return names


def _list(value: Any, place: str) -> list[Any]:
    """Return a cell's list, which a table of text holds as JSON."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            raise InputError(f"{place} is {value!r}, no list in JSON's form") from None
    if not isinstance(value, list):
        raise InputError(
            f"{place} is {type(value).__name__}, not a list of labels; of text data.label_separator says"
            " what stands between two"
        )
    return value


def _checked_name(value: Any, place: str) -> str:
    name = checked_label(value, place)
    if SEPARATOR in name:
        raise InputError(
            f"{place}: the label {name!r} holds {SEPARATOR!r}, which stands between labels in tables;"
            " data.label_separator says what stands between them here"
        )
    return name
