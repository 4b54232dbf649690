"""Rows of one annotator each, joined to one row per text."""

from collections.abc import Callable, Hashable
from dataclasses import replace

from workbench.core.counts import counted_notes
from workbench.data.rows import NO_MAJORITY, Row, majority_of
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
        InputError: Names the row of another text under the same key, of a second annotation by the same
            person, and of shares, which are several people's already.
    """
    left_out = more = 0
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
                more += len(group) - 1
    return result, counted_notes(
        (left_out, "text", f" {NO_MAJORITY} left out."),
        (more, "row", " joined with others of the same text."),
    )


def _one_text(group: list[Row], label: str) -> Row:
    first = group[0]
    seen: dict[str, str] = {}
    for row in group:
        if (row.text, row.second) != (first.text, first.second):
            raise InputError(f"{row.where}: {row.id!r} has another text than at {first.where}")
        if row.shares is not None and len(group) > 1:
            raise InputError(
                f"{row.where}: shares or ranks in one of several rows of a text: give marks"
            )
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
