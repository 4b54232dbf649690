"""spaCy's training data as JSON: pairs of a text and its annotations, or documents."""

import reprlib
from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import listed
from workbench.data.files.records import PAIR
from workbench.data.readers.exports import Export, ExportForm, Record, are_spans, marked, one_name
from workbench.data.rows import Annotation, Table
from workbench.errors import InputError

FORM = ExportForm((".json", ".jsonl", ".ndjson"), nested=("annotations",), fields=PAIR)
ENTITIES = ("entities", "ents")
SURE = 0.5
"""A class has more than this of `cats`."""


def is_spacy(record: Any) -> bool:
    """Return whether a record is a text with `cats`, in a pair or a document."""
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        return False
    inner = record.get("annotations", record)
    return isinstance(inner, dict) and isinstance(inner.get("cats"), dict)


@register_reader(
    name="spacy",
    description="spaCy's training data (JSON)",
    rationales="annotated",
    usage=", data.path",
    any_texts=True,
    endings=FORM.endings,
    recognises=is_spacy,
)
def load_spacy(settings: DataSettings) -> Table:
    """Return one row per document; spans count Unicode's characters unless `data.offsets` says else.

    The class is the one of `cats` with the highest value, which must be more than 0.5, or the column
    `label_column` where there is one. Rationale are the entities and every group of `spans`, or those
    alone that `rationale_column` names (`entities`, or a group), with their labels in
    `rationale_labels`. A document with neither key is not annotated.

    Raises:
        InputError: Names file and item: no class above 0.5, or two of one value, and wrong spans.
    """
    export = Export(settings, FORM)
    for record in export.records():
        export.add(record, _class(record, settings), _annotations(record, settings))
    hint = "the class of highest value in cats, or a column that data.label_column names"
    return export.table(hint, in_characters=settings.offsets == "auto")


def _class(record: Record, settings: DataSettings) -> str:
    column = settings.label_column
    if (named := one_name(record.get(column), f"{record.where}: {column}")) is not None:
        return named
    cats, where = record.get("cats"), f"{record.where}: cats"
    if not isinstance(cats, dict):
        raise InputError(f"{where} is missing, and so is the column {column} (data.label_column)")
    if not all(isinstance(value, int | float) for value in cats.values()):
        raise InputError(f"{where} holds other values than numbers")
    best = max(cats.values(), default=0)
    classes = [name for name, value in cats.items() if value == best]
    if best <= SURE or len(classes) != 1:
        found = f"{listed(classes)} with {reprlib.repr(best)}" if cats else "none"
        raise InputError(f"{where} has no one class above {SURE:g}, the highest is {found}")
    return classes[0]


def _annotations(record: Record, settings: DataSettings) -> tuple[Annotation, ...]:
    groups: dict[str, Any] = {name: record.get(name) for name in ENTITIES}
    spans = record.get("spans")
    groups |= spans if isinstance(spans, dict) else {"spans": spans}
    named = settings.rationale_column
    chosen = list(groups) if named is None else list(ENTITIES) if named in ENTITIES else [named]
    found = {name: groups[name] for name in chosen if groups.get(name) is not None}
    for name, value in found.items():
        if not are_spans(value):
            raise InputError(f"{record.where}: {name} is no list of spans (start, end, label)")
    every = [span for value in found.values() for span in value]
    return (marked(every, settings, record.where),) if found or spans == {} else ()
