"""Prodigy's JSONL: a line per text, question and annotator."""

import reprlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.data.readers.exports import Export, ExportForm, Record, marked, one_name
from workbench.data.rows import Annotation, Table
from workbench.errors import InputError

FORM = ExportForm(
    (".jsonl", ".ndjson", ".json"), nested=("meta",), id="_input_hash", texts=("text", "html")
)
ANSWERS = ("accept", "reject", "ignore")
_SPAN_VIEWS = ("ner", "ner_manual", "spans", "spans_manual")
"""Views in which a text without spans is one in which nothing was marked."""


def is_prodigy(record: Any) -> bool:
    """Return whether a record is a line that Prodigy wrote."""
    return (
        isinstance(record, dict)
        and "text" in record
        and ("_input_hash" in record or "_task_hash" in record or record.get("answer") in ANSWERS)
    )


@register_reader(
    name="prodigy",
    description="Prodigy's annotations (JSONL)",
    rationales="annotated",
    usage=", data.path",
    any_texts=True,
    endings=FORM.endings,
    recognises=is_prodigy,
)
def load_prodigy(settings: DataSettings) -> Table:
    """Return one row per text; lines with one `_input_hash` (or `id_column`, else text) are one text.

    The class is what was accepted of the options, else the column `label_column`, of the line or of its
    `meta`. Rationale are the `spans` (or the column `rationale_column`), with their labels in
    `rationale_labels`; a line without that key is annotated where its view marks spans. Lines that were
    rejected or ignored are left out and counted: with a single label, a rejection says only what the
    class is not. Annotators are named by `_annotator_id`, else by `_session_id`, or by
    `annotator_column`.

    Raises:
        InputError: Names file and line: no text, several accepted options, an unknown answer, wrong
            spans, one annotator twice for a text.
    """
    export = Export(settings, FORM)
    by_text: dict[tuple[str | None, str], int] = {}
    for record in export.records():
        answer = record.get("answer") or "accept"
        if answer not in ANSWERS:
            raise InputError(
                f"{record.where}: the answer {reprlib.repr(answer)} is none of {', '.join(ANSWERS)}"
            )
        if answer != "accept":
            export.left_out[f"answered with {answer}"] += 1
            continue
        if "_input_hash" not in record.values:
            text = (record.split, str(record.get(settings.text_column)))
            first = by_text.setdefault(text, record.number)
            record.columns["_input_hash"] = f"{record.split or 'row'}-{first}"
        export.add(record, _class(record, settings), _annotations(record, settings))
    export.join()
    return export.table("what was accepted of the options, or a column that data.label_column names")


def _class(record: Record, settings: DataSettings) -> str | None:
    if settings.label_column in ("label", "accept") and isinstance(record.get("accept"), list):
        return one_name(record.get("accept"), f"{record.where}: accept")
    return one_name(record.get(settings.label_column), f"{record.where}: {settings.label_column}")


def _annotations(record: Record, settings: DataSettings) -> tuple[Annotation, ...]:
    column = settings.rationale_column or "spans"
    spans = record.get(column)
    if spans is None and record.get("_view_id") not in _SPAN_VIEWS:
        return ()
    named = (
        [settings.annotator_column] if settings.annotator_column else ["_annotator_id", "_session_id"]
    )
    who = next((str(record.get(one)) for one in named if record.get(one) is not None), "")
    if not isinstance(spans, list | None):
        raise InputError(f"{record.where}: {column} is {type(spans).__name__}, not a list of spans")
    tokens = record.get("tokens")
    told = [_with_text(one, tokens if isinstance(tokens, list) else []) for one in spans or []]
    return (marked(told, settings, f"{record.where}: {column}", who),)


def _with_text(span: Any, tokens: Sequence[Any]) -> Any:
    """Return a span with the text of its tokens, which tells what its offsets count."""
    match span:
        case {"token_start": int(first), "token_end": int(last)} if "text" not in span:
            inside = tokens[first : last + 1] if 0 <= first <= last < len(tokens) else []
            parts = [
                one for one in inside if isinstance(one, dict) and {"text", "start", "end"} <= {*one}
            ]
            if inside and len(parts) == len(inside):
                return span | {"text": _joined_text(parts)}
    return span


def _joined_text(tokens: Sequence[dict[str, Any]]) -> str:
    text = str(tokens[0]["text"])
    for before, token in pairwise(tokens):
        text += " " * (before["end"] != token["start"]) + str(token["text"])
    return text
