"""CoS-E: questions of common sense with the words of the question that explain the answer."""

import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import counted_notes
from workbench.data.files.records import records_of
from workbench.data.rationales.cells import CellReader
from workbench.data.readers.files import file_options, quote_notes
from workbench.data.readers.split_files import named_files
from workbench.data.rows import Row, Table, checked_label, checked_text, is_missing
from workbench.data.splits import text_key
from workbench.errors import InputError

ENDINGS = (".jsonl", ".json", ".parquet")
RIGHT, WRONG = "true", "false"
Record = dict[str, Any]


def is_cose(sample: Any) -> bool:
    """Return whether a record, or the names of a folder, are those of CoS-E."""
    if isinstance(sample, Mapping):
        explanation = sample.get("explanation")
        selected = isinstance(explanation, Mapping) and "selected" in explanation
        return selected or {"choices", "extractive_explanation"} <= set(sample)
    return isinstance(sample, list) and any(name.startswith("cose_") for name in sample)


@register_reader(
    name="cose",
    description="CoS-E's JSON lines: answers to questions, true or false, with the words that say why",
    rationales="annotated",
    usage=", data.path",
    endings=ENDINGS,
    recognises=is_cose,
)
def load_cose(settings: DataSettings) -> Table:
    """Return the questions of `data.path`, a file or folder of train and dev, a row per possible answer.

    The question is the first text, a possible answer the second, and the class whether it is the right
    one: so answers are compared as texts, in any number, which five classes called A to E would not
    allow. Someone marked why the right answer is right, and nothing of the wrong ones: these have no
    rationale, which is not an empty one. All answers to a question stay in one split. Explanations and
    questions may lie in files of their own, joined by id. Raises InputError, naming file, line and
    question, for missing keys, an answer that is none of the choices, and a passage that is not in the
    question (unless `data.mismatches` is `keep`).
    """
    chosen = {"rationale_form": "quotes", "rationale_offsets": "char", "rationale_lists": False}
    reader = _Reader(CellReader(settings.model_copy(update=chosen)))
    notes: list[str] = []
    questions: dict[str, dict[str, tuple[str, Record]]] = {}
    for split, path in named_files(settings, ENDINGS):
        joined = questions.setdefault(split or "train", {})
        with records_of(path, file_options(settings)) as records:
            for where, record in records:
                _join(joined, record, where)
        notes += records.notes
    rows = {
        split: [
            row
            for name, (where, record) in joined.items()
            for row in reader.rows(name, record, f"{where}: {name}")
        ]
        for split, joined in questions.items()
    }
    notes += counted_notes((reader.unanswered, "question", " without the right answer left out."))
    return Table(
        "cose",
        rows,
        annotated=True,
        labels=(WRONG, RIGHT),
        positive_label=RIGHT,
        notes=[*notes, *quote_notes(reader.cells.counts)],
        in_characters=True,
    )


def _join(joined: dict[str, tuple[str, Record]], record: Record, where: str) -> None:
    """Add a record to those of the same question; InputError where both say the same thing."""
    name = checked_label(record.get("id"), f"{where}: id")
    place, known = joined.get(name, (where, {}))
    again = set(known) & set(record) - {"id"}
    if again:
        raise InputError(f"{where}: {name!r} has {', '.join(sorted(again))} already, at {place}")
    joined[name] = (place, known | record)


@dataclass
class _Reader:
    cells: CellReader
    unanswered: int = 0

    def rows(self, name: str, record: Record, where: str) -> Iterator[Row]:
        """Yield a row per possible answer."""
        question, choices, answer = _question(record, where)
        if answer is None:
            self.unanswered += 1
            return
        explanation = record.get("explanation")
        if isinstance(explanation, Mapping):
            selected = explanation.get("selected")
        else:
            selected = record.get("extractive_explanation")
        reading = self.cells.read(selected, question, "", where)
        group = text_key(question)
        for key, choice in choices.items():
            right = key == answer
            annotations = reading.annotations if right else ()
            yield Row(
                f"{name}-{key}",
                question,
                RIGHT if right else WRONG,
                where,
                choice,
                annotations,
                group=group,
            )


def _question(record: Record, where: str) -> tuple[str, dict[str, str], str | None]:
    """Return the question, its choices by key, and the key of the right one (None: not told)."""
    asked, choices, answer = record.get("question"), record.get("choices"), record.get("answerKey")
    if asked is None:
        raise InputError(
            f"{where}: no question; CoS-E's explanations need CommonsenseQA's file of the same split"
            " beside them"
        )
    if isinstance(asked, Mapping):
        choices, asked = asked.get("choices"), asked.get("stem")
    if not isinstance(choices, list) or not choices:
        raise InputError(f"{where}: no list of choices")
    named: dict[str, str] = {}
    for number, choice in enumerate(choices, start=1):
        key, text = str(number), choice
        if isinstance(choice, Mapping):
            key, text = str(choice.get("label", number)), choice.get("text")
        named[key] = checked_text(text, f"{where}: choice {key}")
    if answer is None and not is_missing(record.get("answer")):
        right = [key for key, text in named.items() if text == record["answer"]]
        answer = right[0] if right else record["answer"]
    if answer not in (None, "", *named):
        raise InputError(f"{where}: the answer {reprlib.repr(answer)} is none of the choices")
    return checked_text(asked, f"{where}: question"), named, answer or None
