"""Label Studio's JSON: tasks with spans and a class, and the labelling interface that shows them."""

import json
from itertools import accumulate
from typing import Any
from xml.sax.saxutils import quoteattr

from workbench.core.counts import counted_notes
from workbench.core.documents import Corpus, Document, Span
from workbench.data.rationales.offsets import size_in
from workbench.data.words import Segmenter, split_words
from workbench.data.writers.written import Written, everyone, rule_of, unannotated
from workbench.errors import InputError

TASKS, INTERFACE = "tasks.json", "interface.xml"
MARK = "rationale"
"""What the spans are labelled, and the control that they are of."""


def write_label_studio(corpus: Corpus, annotators: str, segmenter: Segmenter = "unicode") -> Written:
    """Return the tasks, and an interface to import them under; spans count UTF-16 units, as browsers do.

    Each task has one annotation per person who saw the text.

    Args:
        corpus: Of single texts; InputError for pairs, and for any number of labels.
        annotators: As `data.annotators`: how several people's marks become the rationale.
        segmenter: As `data.segmenter`: what will cut the texts into words again.
    """
    corpus.task_type.require_one_label("the interface asks for one class, jsonl holds several labels")
    documents = [document for _, document in everyone(corpus)]
    if any(one.second for one in documents):
        raise InputError(
            f"{corpus.name}: these texts are pairs, and Label Studio's form holds single texts; take"
            " jsonl or eraser"
        )
    tasks = [_task(n, split, one) for n, (split, one) in enumerate(everyone(corpus), start=1)]
    section = {
        "source": "label-studio",
        "id_column": "id",
        "split_column": "split",
        "rationale_column": MARK,
        "offsets": "utf-16",
        "rationales": "annotated",
        **({"segmenter": segmenter} if segmenter != "unicode" else {}),
        **(rule_of(annotators) if any(one.annotations for one in documents) else {}),
    }
    files = {
        TASKS: "[\n" + ",\n".join(json.dumps(task, ensure_ascii=False) for task in tasks) + "\n]\n",
        INTERFACE: _interface(corpus.labels),
    }
    return Written(files, section, TASKS, _notes(corpus, segmenter))


def _task(number: int, split: str, document: Document) -> dict[str, Any]:
    marked = [one.spans for one in document.annotations] or [document.rationale or ()]
    marked += [()] * (document.annotators - len(marked))
    data: dict[str, Any] = {
        "id": document.id,
        "text": " ".join(document.words),
        "label": document.label,
        "split": split,
    }
    if document.annotations:
        data |= {"annotators": [one.annotator for one in document.annotations]}
    return {
        "id": number,
        "data": data,
        "annotations": [{"result": _results(document, spans)} for spans in marked],
    }


def _results(document: Document, spans: tuple[Span, ...]) -> list[dict[str, Any]]:
    # Where each word begins: one space stands between two of them.
    begins = [0, *accumulate(size_in(word, "utf-16") + 1 for word in document.words)]
    results: list[dict[str, Any]] = [
        {
            "id": f"span-{n}",
            "from_name": MARK,
            "to_name": "text",
            "type": "labels",
            "value": {
                "start": begins[span.start],
                "end": begins[span.end] - 1,
                "text": " ".join(document.words[span.start : span.end]),
                "labels": [MARK],
            },
        }
        for n, span in enumerate((one for one in spans if one.start < one.end), start=1)
    ]
    choice = {"choices": [document.label]}
    return [
        {"id": "label", "from_name": "label", "to_name": "text", "type": "choices", "value": choice},
        *results,
    ]


def _interface(labels: tuple[str, ...]) -> str:
    choices = "".join(f"    <Choice value={quoteattr(label)}/>\n" for label in labels)
    return (
        "<View>\n"
        f'  <Labels name="{MARK}" toName="text">\n    <Label value="{MARK}"/>\n  </Labels>\n'
        '  <Text name="text" value="$text"/>\n'
        f'  <Choices name="label" toName="text">\n{choices}  </Choices>\n'
        "</View>\n"
    )


def _notes(corpus: Corpus, segmenter: Segmenter) -> list[str]:
    documents = [document for _, document in everyone(corpus)]
    otherwise = sum(split_words(" ".join(one.words), segmenter) != [*one.words] for one in documents)
    spans = [span for one in documents for span in one.rationale or ()]
    spans += [span for one in documents for marked in one.annotations for span in marked.spans]
    shares = sum(one.shares is not None and not one.annotations for one in documents)
    return counted_notes(
        (unannotated(corpus), "text", " that nobody annotated: the task has an annotation with the class"
         " alone, as if somebody had marked nothing."),
        (shares, "text", " with shares of annotators: only the rationale that they make is written."),
        (otherwise, "text", " whose words are cut otherwise when read: spans count characters there."),
        (sum(span.start == span.end for span in spans), "span", " of no words left out."),
        (sum(len(one.parts) > 1 for one in documents), "text",
         " joined from several documents written as one."),
    )  # fmt: skip
