"""Rows of one annotator each, joined to one row per text."""

from collections.abc import Callable, Hashable
from dataclasses import replace

from workbench.core.counts import counted_notes
from workbench.data.readers.rows import Row, majority_of
from workbench.errors import InputError


def joined(
    rows: dict[str, list[Row]], key: Callable[[Row], Hashable]
) -> tuple[dict[str, list[Row]], list[str]]:
    """Return one row per text from rows of one annotator each, and what was left out on the way.

    A text has the label that more than half of its rows have; without one it is left out and counted.

    Args:
        rows: By split.
        key: What two rows of one text share, such as the id.

    Raises:
        InputError: Names the row of another text under the same key, and of a second annotation by the
            same person.
    """
    left_out = 0
    result: dict[str, list[Row]] = {}
    for split, members in rows.items():
        groups: dict[Hashable, list[Row]] = {}
        for row in members:
            groups.setdefault(key(row), []).append(row)
        result[split] = []
        for group in groups.values():
            label = majority_of([row.label for row in group])
            if label is None:
                left_out += 1
            else:
                result[split].append(_one_text(group, label))
    notes = counted_notes((left_out, "text", " without a class that most annotators gave left out."))
    return result, notes


def _one_text(group: list[Row], label: str) -> Row:
    first = group[0]
    seen: dict[str, str] = {}
    for row in group:
        if (row.text, row.second) != (first.text, first.second):
            raise InputError(f"{row.where}: {row.id!r} has another text than at {first.where}")
        for one in row.annotations:
            if one.annotator in seen:
                raise InputError(
                    f"{row.where}: {one.annotator!r} annotated this text already, at"
                    f" {seen[one.annotator]}"
                )
            seen[one.annotator] = row.where
    marked = tuple(one for row in group for one in row.annotations)
    labels = tuple(row.label for row in group)
    people = sum(max(1, row.annotators) for row in group)
    return replace(first, label=label, labels=labels, annotations=marked, annotators=people)
