"""Spans as people write them: lists of offsets, tags of words, a copy of the text with `*`."""

import re
import reprlib
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from workbench.core.tagging import OUTSIDE, TAG, entities
from workbench.data.rows import Spans
from workbench.errors import InputError


def labelled_spans(
    value: Any, labels: Sequence[str] | None, where: str
) -> tuple[Spans, tuple[str | None, ...]]:
    """Return sorted spans, and what the file says stands at each.

    Args:
        value: A list of `[start, end]`, `[start, end, label]`, or `{start, end}`, which may have `label`
            and `text`.
        labels: Those of the spans that count; None takes every one, without a label too.
        where: Its place; InputError for anything else, and for reversed, empty or negative spans.
    """
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        raise InputError(f"{where}: the rationale is {type(value).__name__}, not a list of spans")
    _refuse_other_form(value, where)
    found: dict[tuple[int, int], str | None] = {}
    for item in value:
        span, label, text = _span(item, where)
        if labels is None or label in labels:
            found.setdefault(span, text)
    spans = tuple(sorted(found))
    texts = tuple(found[span] for span in spans)
    return spans, texts if any(text is not None for text in texts) else ()


def _span(item: Any, where: str) -> tuple[tuple[int, int], str | None, str | None]:
    label = text = None
    if isinstance(item, Mapping):
        label, text = item.get("label"), item.get("text")
        item = (item.get("start"), item.get("end"))
    elif not isinstance(item, str) and isinstance(item, Sequence) and len(item) == 3:
        *item, label = item
    if isinstance(item, str) or not isinstance(item, Sequence) or len(item) != 2:
        raise InputError(f"{where}: rationale span {reprlib.repr(item)} is not a [start, end] pair")
    start, end = map(whole_number, item)
    if start is None or end is None:
        raise InputError(
            f"{where}: rationale span {reprlib.repr(list(item))} is not a pair of whole numbers"
        )
    if start < 0 or end <= start:
        raise InputError(
            f"{where}: rationale span {reprlib.repr([start, end])} is negative, empty or reversed"
        )
    return (start, end), None if label is None else str(label), None if text is None else str(text)


def whole_number(value: Any) -> int | None:
    """Return a whole number, also where a table with gaps has made it 3.0; None for anything else."""
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else None


def _refuse_other_form(value: Sequence[Any], where: str) -> None:
    """InputError, which names the form, where a list is no list of spans but one of the other forms."""
    if not value:
        return
    if all(isinstance(one, str) for one in value):
        tags = all(one in {"O", ""} or TAG.fullmatch(one) for one in value)
        form = "tags" if tags else "quotes"
    elif all(isinstance(one, Real) for one in value):
        whole = all(whole_number(one) is not None for one in value if not isinstance(one, bool))
        form = "mask (or indices, ranks)" if whole else "shares"
    elif all(isinstance(one, Sequence) and not isinstance(one, str) for one in value) and any(
        isinstance(part, Sequence | Mapping) and not isinstance(part, str)
        for one in value
        for part in one
    ):
        raise InputError(
            f"{where}: a list of lists of spans; one per annotator: data.rationale_lists: true"
        )
    else:
        return
    raise InputError(
        f"{where}: rationale span {reprlib.repr(value[0])} is not a [start, end] pair; if these are no"
        f" spans, data.rationale_form: {form}"
    )


def tag_spans(tags: Sequence[Any], labels: Sequence[str] | None, where: str) -> Spans:
    """Return the spans of BIO, BIOES or BILOU tags, one per word; `I` after another label begins one.

    Args:
        tags: `O` (or 0, null, `_`), `B-label`, `I-label`, ...; without a label too.
        labels: Those that count; None: all.
        where: Their place; InputError for a tag of another form.
    """
    said = [tag_name(tag) for tag in tags]
    for tag in said:
        if tag != OUTSIDE and TAG.fullmatch(tag) is None:
            raise InputError(f"{where}: {reprlib.repr(tag)} is no tag: O, B-label or I-label")
    return tuple((one.start, one.end) for one in entities(said) if labels is None or one.type in labels)


def tag_name(tag: Any) -> str:
    """Return a cell's tag as text; what people write for outside (o, nothing, _, null, 0) is `O`."""
    return OUTSIDE if tag in ("o", "", "_", None, 0, "0") else str(tag)


def starred(marked: str, text: str) -> list[bool] | None:
    """Return which characters of a text stand between `*` in a marked copy; None where it is no copy.

    White space may be folded in either. Of a text that has `*` itself, those beside a mark belong to it.
    `**` around what is marked, as in Markdown, is the same where the text has no `*`.
    """
    if "*" not in text:
        bold = re.sub(r"\*\*(.+?)\*\*", r"*\1*", marked, flags=re.DOTALL)
        marked = bold if marked.count("*") == 2 * bold.count("*") else marked
    marks, inside, at, opened = [], False, 0, -1
    for place, sign in enumerate(marked):
        while sign != "*" and not sign.isspace() and text[at : at + 1].isspace():
            marks.append(inside)
            at += 1
        opens = sign == "*" and not inside and _stars(marked, place) > _stars(text, at)
        if at < len(text) and sign == text[at] and not opens:
            marks.append(inside)
            at += 1
        elif sign == "*":
            if inside and opened == at:
                return None  # A mark around nothing: the stars mean something else.
            inside, opened = not inside, at
        elif not sign.isspace():
            return None
    rest = text[at:]
    return None if rest.strip() or inside else [*marks, *[False] * len(rest)]


def _stars(text: str, at: int) -> int:
    """Return how many `*` stand in a row from a place on."""
    end = at
    while text[end : end + 1] == "*":
        end += 1
    return end - at
