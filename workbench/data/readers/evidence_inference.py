"""Evidence Inference 2.0: what a medical article says of an intervention, with the evidence for it."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import SHOWN, counted_notes
from workbench.data.rationales.forms import labelled_spans
from workbench.data.readers.evidence_inference_files import (
    ANNOTATIONS,
    PROMPTS,
    ArticleFiles,
    article_number,
    cell,
)
from workbench.data.rows import (
    NO_MAJORITY,
    Annotation,
    Row,
    Table,
    checked_text,
    corpus_name,
    data_path,
    majority_of,
    require_keys,
)
from workbench.errors import InputError
from workbench.storage.archives import open_tree

_BODY = re.compile(r"^\s*BODY\b", re.MULTILINE)
"""What begins the first section behind the abstract."""
_TRUE, _FALSE = {"true", "1"}, {"false", "0"}
_PROMPT = ("Outcome", "Intervention", "Comparator")


def is_evidence_inference(sample: Any) -> bool:
    """Return whether the names of a folder or archive are those of the corpus."""
    names = {PurePosixPath(name).name for name in sample} if isinstance(sample, list) else set()
    return PROMPTS in names and any(map(ANNOTATIONS.fullmatch, names))


@register_reader(
    name="evidence-inference",
    description="Evidence Inference 2.0: articles and questions; data.subset: abstract for less text",
    rationales="annotated",
    usage=", data.path",
    recognises=is_evidence_inference,
)
def load_evidence_inference(settings: DataSettings) -> Table:
    """Return the questions of the folder or archive `data.path`, a row each.

    The first text is the article (`txt_files/PMC1.txt`), with `data.subset: abstract` what stands before
    its first section called BODY; the second asks for the outcome of an intervention and a comparator.
    The class is what most annotators say; each one's rationale is the evidence that they marked. Splits
    are those of `train_article_ids.txt` and so on; without these files, articles are never torn apart.
    Counted in the notes: annotations whose label or reasoning was judged invalid, annotations without
    evidence (nothing is marked) or with evidence outside the abstract (left out), and questions without
    a class that most gave. Raises InputError, naming file and row, for missing columns, unknown prompts
    and articles, and evidence that does not stand at its offsets (unless `data.mismatches` is `keep`).
    """
    if settings.subset not in (None, "abstract"):
        raise InputError(f"data.subset {settings.subset!r}: abstract, or null for whole articles")
    corpus = ArticleFiles(open_tree(data_path(settings, "the folder of the corpus")), settings)
    reader = _Reader(corpus, settings.subset == "abstract")
    for split, where, record in corpus.annotations():
        reader.add(split, where, record)
    rows = reader.rows()
    if not rows:
        raise InputError(f"{corpus.tree.origin}: no annotation that counts")
    notes = [*corpus.notes, *reader.notes()]
    return Table(corpus_name(settings), rows, annotated=True, notes=notes)


@dataclass
class _Question:
    """One prompt with what its annotators say."""

    split: str
    where: str
    text: str
    second: str
    group: str
    votes: set[tuple[str, str]] = field(default_factory=set)
    """Annotator and label."""
    marked: dict[str, dict[tuple[int, int], str | None]] = field(default_factory=dict)


@dataclass
class _Reader:
    files: ArticleFiles
    abstract: bool
    questions: dict[str, _Question] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, split: str, where: str, record: dict[str, Any]) -> None:
        """Take over one row of annotations, or count why not."""
        if not all(_is_valid(record, column, where) for column in ("Valid Label", "Valid Reasoning")):
            self.counts["invalid"] += 1
            return
        label = cell(record, "Label", where)
        if label.lower().startswith("invalid"):
            self.counts["unanswerable"] += 1
            return
        prompt = cell(record, "PromptID", where)
        question = self.questions.get(prompt) or self._question(prompt, split, where)
        if question is None:
            self.counts["no split"] += 1
            return
        start, end = (_offset(record, f"Evidence {side}", where) for side in ("Start", "End"))
        has_evidence = start >= 0 and end > start
        if has_evidence and self.abstract and end > len(question.text):
            self.counts["outside"] += 1
            return
        self.questions[prompt] = question
        person = cell(record, "UserID", where)
        question.votes.add((person, label))
        marked = question.marked.setdefault(person, {})
        if not has_evidence:
            self.counts["unmarked"] += 1
            return
        span = {"start": start, "end": end, "text": record.get("Annotations") or None}
        spans, texts = labelled_spans([span], None, where)
        marked.update(zip(spans, texts or (None,), strict=True))

    def rows(self) -> dict[str, list[Row]]:
        """Return a row for each prompt that most annotators gave one class."""
        rows: dict[str, list[Row]] = {}
        for prompt, one in self.questions.items():
            labels = tuple(label for _, label in sorted(one.votes))
            label = majority_of(labels)
            if label is None:
                self.counts["undecided"] += 1
                continue
            annotations = tuple(
                Annotation(tuple(sorted(found)), tuple(found[span] for span in sorted(found)), person)
                for person, found in one.marked.items()
            )
            row = Row(
                prompt, one.text, label, one.where, one.second, annotations, labels=labels,
                group=one.group,
            )  # fmt: skip
            rows.setdefault(one.split, []).append(row)
        return rows

    def notes(self) -> list[str]:
        counts = self.counts
        return counted_notes(
            (counts["invalid"], "annotation", " with an invalid label or reasoning left out."),
            (counts["unanswerable"], "annotation", " that calls its question invalid left out."),
            (counts["no split"], "annotation", " of articles in no split left out."),
            (counts["outside"], "annotation", " with evidence outside the abstract left out."),
            (counts["unmarked"], "annotation", " without evidence: nothing is marked."),
            (counts["undecided"], "question", f" {NO_MAJORITY} left out."),
        )

    def _question(self, prompt: str, split: str, where: str) -> _Question | None:
        files = self.files
        if prompt not in files.prompts:
            raise InputError(f"{where}: no prompt {prompt!r} in {PROMPTS}")
        place, record = files.prompts[prompt]
        article = article_number(cell(record, "PMCID", place))
        if files.splits:
            found = files.splits.get(article)
            if found is None:
                return None
            split = found
        text = files.article(article, where)
        if self.abstract and (body := _BODY.search(text)):
            text = checked_text(text[: body.start()], f"{where}: the abstract of PMC{article}")
        outcome, intervention, comparator = (cell(record, column, place) for column in _PROMPT)
        second = f"What does {intervention}, compared with {comparator}, do to {outcome}?"
        return _Question(split, where, text, second, f"PMC{article}")


def _is_valid(record: dict[str, Any], column: str, where: str) -> bool:
    written = cell(record, column, where).lower()
    if written not in _TRUE | _FALSE:
        raise InputError(f"{where}: {column} {written!r} is neither True nor False")
    return written in _TRUE


def _offset(record: dict[str, Any], column: str, where: str) -> int:
    """Return a place in the text; -1 where nothing is marked."""
    require_keys(record, [column], where)
    written = str(record[column]).strip()
    if written in ("", "None"):
        return -1
    if not re.fullmatch(r"-?\d{1,15}(\.0)?", written):
        raise InputError(f"{where}: {column} {written[:SHOWN]!r} is no whole number")
    return int(float(written))
