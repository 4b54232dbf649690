"""The texts of a run: from their source where it is there, else put together from the score tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.config.data import DataSettings
from workbench.config.loading import load_config
from workbench.core.documents import Corpus, Document, mask, runs
from workbench.core.sub_words import piece_text
from workbench.core.task_type import NO_LABEL, SEPARATOR, TaskKind, names_in
from workbench.data.cards import DataCard, data_card
from workbench.errors import InputError
from workbench.metrics.classification import is_regression
from workbench.metrics.label_sets import is_multi_label
from workbench.runs.folder import CONFIG
from workbench.runs.scores import ScoreTable
from workbench.runs.tables import RunData


@dataclass(frozen=True)
class RunCorpus:
    """A run's documents and what there is to know about them."""

    corpus: Corpus
    origin: str
    """Where the texts come from, in a sentence."""
    card: DataCard
    texts: pd.DataFrame
    """A row per text: split, id, label (of a regression a number), words, marked (words; NaN where
    nobody annotated), share, spans, text."""

    def document(self, split: str, text_id: str) -> Document:
        """Return the document; InputError where there is none."""
        for document in self.corpus.splits.get(split, ()):
            if document.id == text_id:
                return document
        raise InputError(f"there is no text {text_id!r} in split {split!r}")


def read_run_corpus(run: RunData) -> RunCorpus:
    """Read a run's corpus as its configuration describes it, or, where that cannot be, its scored texts.

    Nothing is downloaded. Raises InputError where there are no score tables either.
    """
    try:
        settings = load_config(run.folder / CONFIG, run_plugins=False).data
        corpus, origin = _from_source(settings), "All texts, read from their source."
    except (InputError, OSError, ImportError) as error:
        corpus = scored_corpus(run)
        origin = (
            "Only the scored texts, in the words that the tokenizer left of them: the source cannot be "
            f"read here ({error})."
        )
    return RunCorpus(corpus, origin, data_card(corpus), _texts(corpus))


def refuse_download(settings: DataSettings) -> None:
    """Raise InputError where texts would have to be downloaded."""
    if settings.source == "hub" and not Path(settings.path or "").exists():
        raise InputError(f"the hub set {settings.path!r} would have to be downloaded")


def _from_source(settings: DataSettings) -> Corpus:
    refuse_download(settings)
    from workbench.data.corpus import load_corpus

    return load_corpus(settings)


def scored_corpus(run: RunData) -> Corpus:
    """Return the texts of a run's first score table, their words joined from sub-words.

    Labels and splits are those of its predictions. InputError without a score table, or a damaged one.
    """
    files = run.score_files()
    if not files:
        raise InputError(f"{run.folder.name}: holds no texts (scores/ is empty)")
    columns = ["text_id", "window", "token_index", "word_index", "token", "rationale"]
    rows = ScoreTable(files[0]).layer(0, columns)
    task = _task(run.predictions)
    known: dict[str, tuple[str, str]] = {}
    if run.predictions is not None:
        known = {
            str(name): (SEPARATOR.join(label) if isinstance(label, tuple) else str(label), str(split))
            for name, label, split in zip(
                *(run.predictions[column] for column in ("text_id", "label", "split")), strict=True
            )
        }
    splits: dict[str, list[Document]] = {}
    for text_id, words, marks in _words(rows):
        label, split = known.get(text_id, ("nan" if task == "regression" else "", run.split))
        spans = None if marks is None else runs(marks)
        splits.setdefault(split, []).append(Document(text_id, tuple(words), label, spans))
    names = sorted({name for label, _ in known.values() for name in names_in(label, task)})
    return Corpus(
        name=str(run.config.get("name", run.folder.name)),
        labels=("value",) if task == "regression" else tuple(names),
        splits={split: tuple(documents) for split, documents in splits.items()},
        rationales="as scored",
        task=task,
    )


def _task(predictions: pd.DataFrame | None) -> TaskKind:
    """Return what the labels of predictions are."""
    label = np.empty(0) if predictions is None else predictions["label"].to_numpy()
    if label.size and is_regression(label):
        return "regression"
    return "multi-label" if is_multi_label(label) else "classification"


def with_label(texts: pd.DataFrame, label: str) -> pd.DataFrame:
    """Return the texts that have a label, alone or among others.

    Args:
        texts: Rows with `label`, as `answer_text` writes it.
        label: The label, or `NO_LABEL`.
    """
    return texts[[label in given.split(SEPARATOR) for given in texts["label"]]]


def _words(rows: pd.DataFrame) -> Iterator[tuple[str, list[str], list[bool] | None]]:
    """Text by text, in the order of the file; a word that stands in several windows counts once."""
    text, names = pd.factorize(rows["text_id"])
    rows = rows.assign(text=text)[rows["word_index"] >= 0]
    if rows["window"].any():
        rows = rows[rows["window"] == rows.groupby(["text", "word_index"])["window"].transform("min")]
    rows = rows.sort_values(["text", "word_index", "token_index"])
    text = rows["text"].to_numpy()
    starts = np.diff(text, prepend=-1) != 0
    begins = starts | (np.diff(rows["word_index"].to_numpy(), prepend=-1) != 0)
    tokens = rows["token"].astype(object).to_numpy()
    words, word = tokens[begins].tolist(), np.cumsum(begins) - 1
    for later in np.flatnonzero(~begins).tolist():
        words[word[later]] += piece_text(tokens[later])
    known = rows["rationale"].astype("boolean")
    marked = _any(known.fillna(False).to_numpy(dtype=bool), begins)
    unknown = _any(known.isna().to_numpy(), begins)
    firsts = [*word[starts].tolist(), len(words)]
    for code, (first, last) in zip(text[starts].tolist(), pairwise(firsts), strict=True):
        marks = None if unknown[first:last].any() else marked[first:last].tolist()
        yield str(names[code]), words[first:last], marks


def _any(flags: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """Return whether any flag is set, stretch by stretch: `begins` is true where one begins."""
    return np.logical_or.reduceat(flags, np.flatnonzero(begins)) if len(flags) else flags


def _texts(corpus: Corpus) -> pd.DataFrame:
    rows = []
    for split, documents in corpus.splits.items():
        for document in documents:
            words = (*document.words, *document.second)
            marked = spans = np.nan
            if document.rationale is not None:
                marked = float(mask(document.rationale, len(words)).sum())
                spans = len(document.evidence)
            share = marked / len(words) if words else np.nan
            label: float | str = document.label
            if corpus.has_values:
                label = float(document.label)
            elif corpus.task == "multi-label":
                label = document.label or NO_LABEL
            rows.append((split, document.id, label, len(words), marked, share, spans, " ".join(words)))
    columns = ["split", "id", "label", "words", "marked", "share", "spans", "text"]
    return pd.DataFrame(rows, columns=columns)


def histogram(texts: pd.DataFrame, column: str, bins: int = 20) -> pd.DataFrame:
    """Count the texts of each split that lie in [low, high) of a column, the last bin's end included.

    Args:
        texts: Columns `split` and `column`; texts without a value are left out.
        column: A share reaches up to 1, anything else up to its largest value.
        bins: Their number.

    Returns:
        Columns `split`, `low`, `high`, `texts`.
    """
    values = texts.dropna(subset=[column])
    top = float(values[column].max()) if len(values) else 1.0
    edges = np.linspace(0, 1.0 if column == "share" else max(top, 1.0), bins + 1)
    parts = [pd.DataFrame({"split": [], "low": [], "high": [], "texts": []})]
    for split, rows in values.groupby("split", sort=False):
        counts, _ = np.histogram(rows[column], edges)
        parts.append(
            pd.DataFrame({"split": split, "low": edges[:-1], "high": edges[1:], "texts": counts})
        )
    return pd.concat(parts[1:] or parts, ignore_index=True)
