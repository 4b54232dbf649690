"""What a text is, before any tokenizer sees it: words, a label, and marked spans."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from workbench.core.task_type import Target, TaskKind, TaskType, task_type_of


@dataclass(frozen=True)
class Span:
    """A marked stretch of words: `start` inclusive, `end` exclusive, counted from 0."""

    start: int
    end: int


def run_bounds(marks: np.ndarray, follows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and one-past-last flat index of each longest run of True.

    Args:
        marks: (..., n) bool; no run goes on from one row to the next.
        follows: Bools that broadcast to it: False on an item that does not come directly after the one
            before, so that a run ends there. None: all do.
    """
    goes_on = np.zeros(marks.shape, dtype=bool)
    goes_on[..., 1:] = marks[..., 1:] & marks[..., :-1]
    if follows is not None:
        goes_on &= follows
    ends = marks.copy()
    ends[..., :-1] &= ~goes_on[..., 1:]
    return np.flatnonzero(marks & ~goes_on), np.flatnonzero(ends) + 1


def runs(marks: Sequence[bool] | np.ndarray) -> tuple[Span, ...]:
    """Return one span for each run of adjacent marked words."""
    bounds = run_bounds(np.asarray(marks, dtype=bool))
    return tuple(Span(int(start), int(end)) for start, end in zip(*bounds, strict=True))


def second_start(word_index: np.ndarray) -> int | None:
    """Return the index of the second text's first token; None for a single text.

    `word_index` is (n,) int, -1 for special tokens. The first and the last token aside, only those
    between two texts belong to no word.
    """
    inner = np.flatnonzero(word_index[1:-1] == -1)
    return int(inner[-1]) + 2 if len(inner) else None


def mask(spans: Iterable[Span], words: int) -> np.ndarray:
    """Return (words,) bool: True inside a span; none may end after the last word."""
    marked = np.zeros(words, dtype=bool)
    for span in spans:
        marked[span.start : span.end] = True
    return marked


@dataclass(frozen=True)
class Part:
    """One of the documents that a text was joined from: its words are the text's [start, end)."""

    docid: str
    start: int
    end: int
    sentences: int | None = None
    """How many the document has; None where nobody told."""


@dataclass(frozen=True)
class Marked:
    """What one of several annotators marked."""

    annotator: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Document:
    """One labelled text. Rationale spans count the words of `words`, then on through `second`."""

    id: str
    words: tuple[str, ...]
    label: str
    """A class, a number, or any number of labels between `task_type.SEPARATOR`."""
    rationale: tuple[Span, ...] | None = None
    """None: nobody annotated this text. Empty: annotated, and nothing was marked. See `evidence`."""
    second: tuple[str, ...] = ()
    """The second text of a pair; empty for single texts."""
    parts: tuple[Part, ...] = ()
    """The documents it was joined from, without its query; empty where the source knows only texts."""
    shares: tuple[float, ...] | None = None
    """The share of annotators that marked each word, the second text's too; None where one decided."""
    annotations: tuple[Marked, ...] = ()
    """What each of several annotators marked; empty where one did, or only shares are known."""
    annotators: int = 0
    """How many people saw it, where `annotations` are known; who marked nothing need not be there."""
    label_shares: tuple[float, ...] | None = None
    """The share of annotators that gave each class, in the corpus's order; None where one decided."""

    def unmarked(self) -> "Document":
        """Return the text without what anybody marked in it."""
        return replace(self, rationale=None, shares=None, annotations=(), annotators=0)

    @property
    def evidence(self) -> tuple[Span, ...]:
        """The spans that hold a word. ERASER's annotations have others, which only its IoU counts."""
        return tuple(span for span in self.rationale or () if span.start < span.end)


ANNOTATED = "annotated spans"
"""`Corpus.rationales` where people marked the texts."""


@dataclass(frozen=True)
class Corpus:
    """Documents by split, with everything that was decided on the way written in `notes`."""

    name: str
    labels: tuple[str, ...]
    """Names of the classes or labels in the order of the model's outputs, or that of the one value to
    predict; see `task`."""
    splits: dict[str, tuple[Document, ...]]
    """train, dev and test, each possibly empty."""
    rationales: str = "none"
    """Where the spans come from, in words fit for a table: `ANNOTATED`, "valence proxy", "none"."""
    notes: tuple[str, ...] = field(default=())
    """One sentence per thing that was dropped, repaired or skipped, with counts."""
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """What only the source can count: name (mismatching_spans, tied_words, ...) -> split -> number."""
    warnings: tuple[str, ...] = field(default=())
    """One sentence per thing that is probably not what was meant."""
    task: TaskKind | None = None
    """What the labels are; None: what `task_type_of` makes of their number."""

    @property
    def task_type(self) -> TaskType:
        """Return what a model's outputs mean that learns the labels."""
        return task_type_of(self.labels, self.task)

    @property
    def has_values(self) -> bool:
        """Whether labels are values to predict; of a single class, as a test split may have, not."""
        if self.task is not None:
            return self.task == "regression"
        documents = (one for members in self.splits.values() for one in members)
        return len(self.labels) == 1 and any(one.label != self.labels[0] for one in documents)


@dataclass(frozen=True)
class Window:
    """One encoder input: a text, or a part of a long one, with special tokens and without padding."""

    text_id: str
    window: int
    """0-based number within its text."""
    label: Target
    """Index into the corpus's labels; of a regression the value; of several labels a 0 or 1 for each; of
    a question the places of the answer's first and last token."""
    input_ids: np.ndarray
    """(n,) int64."""
    token_type_ids: np.ndarray
    """(n,) int64."""
    word_index: np.ndarray
    """(n,) int64: word of the document (the second text counts on); -1 for special tokens."""
    rationale: np.ndarray | None = None
    """(n,) bool; False on special tokens; None where the text has no annotation."""
    label_shares: np.ndarray | None = None
    """(classes,) float32: the share of annotators that gave each class; None where one decided, and in
    training unless the shares are learnt from (`data.soft_labels`)."""
    shares: np.ndarray | None = None
    """(n,) float32: the share of annotators that marked each token's word, 0 on special tokens; None
    where one person decided."""

    @property
    def of_second(self) -> np.ndarray:
        """Return (n,) bool: the second text's tokens, such as the passage's behind a question; of a
        single text all of its words'."""
        words = self.word_index >= 0
        first = second_start(self.word_index)
        return words if first is None else words & (np.arange(len(words)) >= first)

    def generator(self, *seed: int) -> np.random.Generator:
        """Random numbers that depend on `seed`, the text's id and the window's number alone."""
        return np.random.default_rng((*seed, zlib.crc32(self.text_id.encode()), self.window))
