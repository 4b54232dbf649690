"""Scores of any program against the rationales of any corpus, as tables that show themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd

from workbench.catalog.options import Pooling
from workbench.core.counts import counted, first_few
from workbench.core.foreign_scores import word_record
from workbench.core.token_scores import TokenScores
from workbench.errors import InputError
from workbench.external.frames import Scores
from workbench.external.records import Matched, Scored, Texts, match
from workbench.metrics.plausibility.chance import random_control
from workbench.metrics.plausibility.signs import Signs, without_signs, without_sizes
from workbench.metrics.plausibility.table import plausibility

SHOWN = {
    ("none", "ap"): "AP",
    ("none", "roc_auc"): "ROC AUC",
    ("none", "precision_at_5"): "P@5",
    ("uniform", "fpr"): "FPR",
    ("uniform", "tpr"): "TPR",
    ("uniform", "token_f1"): "token F1",
}
"""(selection, metric) -> column of a summary."""


@dataclass(frozen=True)
class JudgedScores:
    """What scores that were computed elsewhere are worth."""

    plausibility: pd.DataFrame
    """As `schemas.PLAUSIBILITY`, unit `word`, with the random control's rows."""
    counts: pd.DataFrame
    """As `schemas.PLAUSIBILITY_COUNTS`."""
    notes: tuple[str, ...]
    """One sentence for each thing that was left out or decided."""

    @property
    def summary(self) -> pd.DataFrame:
        """A row per scorer, method and layer with `SHOWN` over texts that have evidence, and n texts."""
        frame = self.plausibility[self.plausibility["universe"] == "with-evidence"]
        keys = ["scorer", "method", "layer"]
        parts = []
        for (selection, metric), title in SHOWN.items():
            rows = frame[(frame["selection"] == selection) & (frame["metric"] == metric)]
            parts.append(rows.set_index(keys)["value"].rename(title))
        texts = frame[frame["metric"] == "ap"].set_index(keys)["n"].rename("texts")
        return pd.concat([*parts, texts], axis=1).dropna(axis=1, how="all").reset_index()

    def show(self) -> None:
        """Print the summary and the notes."""
        table = self.summary.to_string(index=False, float_format="{:.3f}".format)
        print(table, *self.notes, sep="\n")  # noqa: T201 - what the caller asks for

    def to_html(self) -> str:
        """Return the summary as an HTML table, the notes below it."""
        table: str = self.summary.to_html(index=False, float_format="{:.3f}".format, border=0)
        notes = pd.DataFrame({"notes": self.notes})
        return table + (notes.to_html(index=False, border=0) if self.notes else "")

    def _repr_html_(self) -> str:
        return self.to_html()


def evaluate_scores(
    scores: Scores,
    data: Texts,
    *,
    split: str = "test",
    pooling: Pooling = "max",
    signs: Signs = "refused",
    uncovered: bool = False,
    partial: bool = False,
    bootstrap: int = 1000,
    seed: int = 0,
) -> JudgedScores:
    """Compare scores of words or tokens, from any program, with the rationales of texts.

    Args:
        scores: A frame or a file with text_id, score and `word` (from 0), or `start` and `end`
            (characters of the text's words joined by one space, as a fast tokenizer's offsets), and
            perhaps scorer, method and layer; or text_id and `scores`, a list per text, of words or of
            these for each layer; or such lists by text id; or a list for each text of the split.
        data: Texts with rationales.
        split: Which of them, unless documents are given.
        pooling: What a word of several tokens gets; before that `absolute` takes the tokens' sizes.
        signs: What becomes of negative scores.
        uncovered: Give 0 to words without a score, as behind the end of a text that was cut; else they
            are refused.
        partial: Leave out texts that are not there, and judge each scorer and layer on those it has.
        bootstrap, seed: As of `mean_interval`.

    Raises:
        InputError: Names the text, row or column that does not fit; no text has a rationale.

    Example:
        >>> import workbench
        >>> from workbench.core.documents import Document, Span
        >>> text = Document("a", ("a", "warm", "film"), "pos", (Span(1, 2),))
        >>> judged = workbench.evaluate_scores([[0.1, 0.7, 0.2]], [text])
        >>> judged.summary.loc[0, "AP"].item()
        1.0
    """
    for name, value, values in (("pooling", pooling, Pooling), ("signs", signs, Signs)):
        if value not in get_args(values):
            raise InputError(f"{name} {value!r}: one of {', '.join(get_args(values))}")
    matched = match(scores, data, split)
    if not partial:
        matched.refuse_partial()
    scored = list(matched.scored(pooling, sizes=signs == "absolute"))
    zeros = sum(int(one.uncovered.sum()) for one in scored)
    records = [_record(one, signs, uncovered=uncovered) for one in scored]
    if all(record.rationale is None for record in records):
        raise InputError("no scored text has a rationale, so that there is nothing to compare with")
    found = plausibility(records, split, bootstrap=bootstrap, seed=seed)
    control = random_control(records, split, seed=seed, bootstrap=bootstrap).result
    both = [_of_words(one) for one in (found.frame, control.frame)]
    if signs == "signed":
        both = [without_sizes(one) for one in both]
    return JudgedScores(
        plausibility=pd.concat(both, ignore_index=True),
        counts=_of_words(pd.concat([found.counts, control.counts], ignore_index=True)),
        notes=tuple(_notes(matched, zeros, pooling, signs)),
    )


def _record(scored: Scored, signs: Signs, *, uncovered: bool) -> TokenScores:
    scorer, method, document, matrix = scored
    words, empty = document.words + document.second, scored.uncovered
    if empty.any() and not uncovered:
        layer, word = np.argwhere(empty)[0]
        raise InputError(
            f"{scored.where}: word {word} ({words[word]!r}) has no score in layer {layer}; --uncovered "
            "(uncovered=True) gives 0"
        )
    filled = without_signs(np.where(empty, 0.0, matrix), signs, scored.where)
    return word_record(scorer, method, document, filled)


def _of_words(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["unit"] == "word"]


def _notes(matched: Matched, zeros: int, pooling: Pooling, signs: Signs) -> Iterator[str]:
    if matched.unknown:
        texts = counted(len(matched.unknown), "scored text")
        yield f"{texts} that the split does not have left out ({first_few(matched.unknown)})."
    if matched.missing:
        texts = counted(len(matched.missing), "text")
        first = first_few(matched.missing)
        yield f"{texts} without scores of some scorer or layer left out there ({first})."
    if zeros:
        yield f"{counted(zeros, 'score')} of words that nothing was said of are 0."
    if matched.of_tokens:
        yield f"A word of several tokens: {pooling}."
    if signs == "absolute":
        yield "Scores are the sizes of those given."
    if signs == "signed":
        yield "Scores are ranked as they are; what needs their sizes is left out."
