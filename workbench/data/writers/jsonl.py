"""Our own form: a line of JSON per text, words between spaces, spans in words."""

from collections.abc import Iterable, Sequence
from typing import Any

from workbench.core.counts import counted_notes
from workbench.core.documents import Corpus, Document, Span, mask
from workbench.core.task_type import TaskKind, names_in
from workbench.data.writers.written import Written, everyone, json_lines_of, rule_of
from workbench.errors import InputError

TEXTS = "texts.jsonl"
Pairs = list[list[int]]


def write_jsonl(corpus: Corpus, annotators: str) -> Written:
    """Return one file of all texts: id, split, text, second, label, rationale.

    Where several people marked a text, `annotators` names them and `rationales` has what each marked,
    null for one who marked nothing; where only shares are known, they are in `shares`.

    Args:
        corpus: InputError where only some of its texts have a second one.
        annotators: As `data.annotators`: how several people's marks become the rationale.
    """
    documents = [document for _, document in everyone(corpus)]
    pairs = _are_pairs(documents)
    by_shares = any(one.shares is not None and not one.annotations for one in documents)
    by_people = not by_shares and any(one.annotations for one in documents)
    lines = []
    for split, document in everyone(corpus):
        line = text_line(split, document, pairs, corpus.task_type.kind)
        if by_shares:
            line["shares"] = _shares(document)
        if by_people:
            line |= _people(document)
        lines.append(line)
    section = text_section(pairs, corpus.task_type.kind)
    if by_shares:
        section |= {"rationale_column": "shares", "rationale_form": "shares"}
    if by_people:
        section |= {"rationale_column": "rationales", "rationale_lists": True,
                    "annotator_column": "annotators"}  # fmt: skip
    if by_shares or by_people:
        section |= rule_of(annotators)
    empty = sum(len(one.rationale or ()) - len(one.evidence) for one in documents)
    notes = counted_notes(
        (empty, "span", " of no words left out."),
        (sum(len(one.parts) > 1 + pairs for one in documents), "text",
         " joined from several documents written as one."),
        (sum(by_shares and bool(one.annotations) for one in documents), "text",
         " of which the share of each word is written, not what each annotator marked."),
    )  # fmt: skip
    return Written({TEXTS: json_lines_of(lines)}, section, TEXTS, notes)


def text_line(
    split: str, document: Document, pairs: bool, task: TaskKind = "classification"
) -> dict[str, Any]:
    """Return a text as its line has it; the rationale is null where nobody annotated it.

    Args:
        split, document: Its split, and the text; no word holds white space.
        pairs: Whether the texts have a second one.
        task: What the labels are.
    """
    return {
        "id": document.id,
        "split": split,
        "text": " ".join(document.words),
        **({"second": " ".join(document.second)} if pairs else {}),
        "label": label_value(document.label, task),
        "rationale": None if document.rationale is None else _spans(document.evidence),
    }


def text_section(pairs: bool, task: TaskKind = "classification") -> dict[str, Any]:
    """Return the `data` section, without the path, that reads such lines.

    Args:
        pairs: Whether the texts have a second one.
        task: What the labels are.
    """
    return {
        "source": "file",
        "id_column": "id",
        "split_column": "split",
        "rationale_column": "rationale",
        "rationale_offsets": "word",
        "rationales": "annotated",
        **({"second_column": "second"} if pairs else {}),
        **({"task": task} if task != "classification" else {}),
    }


def label_value(label: str, task: TaskKind) -> str | float | list[str]:
    """Return a document's label as JSON has it: a class, a number, or a list of labels.

    Args:
        label, task: As of `Document`, and what it is.
    """
    if task == "regression":
        return float(label)
    return names_in(label, task) if task == "multi-label" else label


def _are_pairs(documents: Sequence[Document]) -> bool:
    """Return whether texts have a second one; InputError where only some have."""
    pairs = any(one.second for one in documents)
    single = next((one.id for one in documents if pairs and not one.second), None)
    if single is not None:
        raise InputError(f"{single!r} has no second text, but others have: a table has pairs or none")
    return pairs


def _people(document: Document) -> dict[str, Any]:
    """Return `annotators` and `rationales`; null and nobody where the text is not annotated."""
    if document.rationale is None:
        return {"annotators": [], "rationales": None}
    if not document.annotations:
        return {"annotators": ["1"], "rationales": [_spans(document.evidence)]}
    names = [one.annotator for one in document.annotations]
    if len(set(names)) < len(names) or not all(names):
        names = [str(n) for n in range(1, len(names) + 1)]
    marked = [_spans(span for span in one.spans if span.start < span.end)
              for one in document.annotations]  # fmt: skip
    silent = max(0, document.annotators - len(names))
    more = [f"without-marks-{n}" for n in range(1, silent + 1)]
    return {"annotators": names + more, "rationales": [*marked, *[None] * silent]}


def _shares(document: Document) -> list[float] | None:
    if document.shares is not None or document.rationale is None:
        return None if document.shares is None else list(document.shares)
    words = len(document.words) + len(document.second)
    return mask(document.evidence, words).astype(float).tolist()


def _spans(spans: Iterable[Span]) -> Pairs:
    return [[span.start, span.end] for span in spans]
