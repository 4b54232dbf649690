"""doccano's JSONL: a text per line, with spans, classes or both."""

from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.data.readers.exports import Export, ExportForm, Record, are_spans, marked, one_name
from workbench.data.rows import Annotation, Table, checked_label
from workbench.errors import InputError

FORM = ExportForm((".jsonl", ".ndjson", ".json"), nested=("meta", "metadata"), texts=("text", "data"))
SPANS = ("entities", "labels", "label")
"""Columns that may hold spans, the surest first."""
CLASSES = "cats"
"""Column of classes where `label` holds spans, in projects that ask for both."""


def is_doccano(record: Any) -> bool:
    """Return whether a record is a line that doccano wrote."""
    if not isinstance(record, dict) or not any(isinstance(record.get(one), str) for one in FORM.texts):
        return False
    if isinstance(record.get("cats"), dict):
        return False
    spans = [record[name] for name in SPANS if are_spans(record.get(name)) and record[name]]
    labels = record.get("label", record.get("labels"))
    return any(map(_are_labelled, spans)) or (isinstance(labels, list) and "Comments" in record)


def _are_labelled(spans: list[Any]) -> bool:
    return all(
        "start_offset" in one if isinstance(one, dict) else len(one) == 3 and isinstance(one[2], str)
        for one in spans
    )


@register_reader(
    name="doccano",
    description="doccano's export (JSONL)",
    rationales="annotated",
    usage=", data.path",
    any_texts=True,
    endings=FORM.endings,
    recognises=is_doccano,
)
def load_doccano(settings: DataSettings) -> Table:
    """Return one row per line.

    Rationale are the spans in `entities`, `labels` or `label` (or in `rationale_column`), with their
    labels in `rationale_labels`. The class is what the column `label_column` names: itself, or as the
    only item of a list. Where that column holds spans, as `label` does after sequence labelling, it is
    the only item of `cats`; else name a column of the texts' metadata in `label_column`. Lines without a
    class are left out and counted. With `annotator_column` lines of one id are one text.

    Raises:
        InputError: Names file and line: no text, several classes, wrong spans.
    """
    export = Export(settings, FORM)
    for record in export.records():
        label, column = _class(record, settings)
        export.add(record, label, _annotations(record, settings, column))
    if settings.annotator_column:
        export.join()
    return export.table(
        "the one item of label or cats, or a column of metadata that data.label_column names"
    )


def _class(record: Record, settings: DataSettings) -> tuple[str | None, str]:
    """Return the class, and the column that it stands in."""
    for column in dict.fromkeys((settings.label_column, "label", "labels", CLASSES)):
        value = record.get(column)
        # Another column is looked at only where nobody named one.
        if column != settings.label_column and settings.label_column != "label":
            break
        if isinstance(value, dict) or (value and are_spans(value)):
            continue
        if (label := one_name(value, f"{record.where}: {column}")) is not None:
            return label, column
    return None, ""


def _annotations(record: Record, settings: DataSettings, taken: str) -> tuple[Annotation, ...]:
    named = settings.rationale_column
    for column in (named,) if named else SPANS:
        value = record.get(column)
        if value is None or column == taken:
            continue
        place = f"{record.where}: {column}"
        if not are_spans(value):
            if not named and (not isinstance(value, list) or all(isinstance(one, str) for one in value)):
                continue
            raise InputError(f"{place} is no list of spans")
        who = ""
        if settings.annotator_column:
            at = f"{record.where}: {settings.annotator_column}"
            who = checked_label(record.get(settings.annotator_column), at)
        return (marked(value, settings, place, who),)
    return ()
