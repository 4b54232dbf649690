"""What of a corpus is probably not what was meant: said before anything is trained."""

import math
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from workbench.core.counts import counted, listed
from workbench.core.documents import ANNOTATED, Corpus, Document, mask
from workbench.core.task_type import names_in

MANY_CLASSES = 50
CLASS_SHARE = 0.1
"""Classes per training text from which on labels are more likely ids, or numbers to predict."""
FEW_TEXTS = 5
"""Texts of a class below which nothing can be learnt or judged of it."""
SMALL_TEST = 30
"""Texts of a test split below which an interval spans nearly everything."""
LARGE_RATIONALE = 0.9
"""Mean share of marked words from which on a ranking has nothing to tell apart."""
MISSING = frozenset({"na", "n/a", "<na>", "null", "nan", "-", "?", "missing"})
"""What programs write for a missing value, in any case; Python's None counts as it is written."""
_BETWEEN = ("|", ";", ",")
"""What people write between the labels of a text."""
MANY_NUMBERS = 20
"""Whole numbers that are classes, and no codes from 0 or 1 on, are at most this many."""


def warnings_of(corpus: Corpus, *, training: bool = True) -> tuple[str, ...]:
    """Return a sentence per thing that is probably not what was meant.

    Of the classes: many, equal but for how they are written, called like a missing value, numbers, rare
    or absent from a split. Of the texts: a small test split, control characters, rationales that mark
    nearly everything.

    Args:
        corpus: With all its splits.
        training: Whether it is to be trained on; else only what is judged matters.
    """
    found: list[str] = []
    if training and not corpus.has_values:
        found += _classes(corpus)
    test = len(corpus.splits.get("test", ()))
    if 0 < test < SMALL_TEST:
        found.append(f"test has {counted(test, 'text')}: intervals will span nearly everything.")
    documents = [one for members in corpus.splits.values() for one in members]
    words = {word for one in documents for part in (one.words, one.second) for word in part}
    controlled = {word for word in words if _has_control(word)}
    controls = 0
    if controlled:
        controls = sum(not controlled.isdisjoint(one.words + one.second) for one in documents)
    if controls:
        # U+0080 to U+009F stand in no text: cp1252 has dashes and quotes at these bytes.
        windows = any("\x80" <= sign < "\xa0" for word in controlled for sign in word)
        hint = (
            "; quotes and dashes of another encoding, such as data.encoding: cp1252?" if windows else "."
        )
        found.append(
            f"{counted(controls, 'text')} with control characters (such as NUL), which most tokenizers"
            f" drop{hint}"
        )
    if corpus.rationales == ANNOTATED:
        found += _rationales(documents)
    return tuple(found)


def _classes(corpus: Corpus) -> Iterator[str]:
    kind = corpus.task_type.kind
    noun, nouns = ("label", "labels") if kind == "multi-label" else ("class", "classes")
    train = Counter(name for one in corpus.splits["train"] for name in names_in(one.label, kind))
    total = len(corpus.splits["train"])
    labels = corpus.labels
    if len(labels) > max(2, min(MANY_CLASSES, CLASS_SHARE * total)):
        yield (
            f"{len(labels):,} {nouns} for {counted(total, 'training text')}: is the label column an id,"
            " or a number to predict?"
        )
    if (
        kind == "classification"
        and len(labels) > 2
        and all(map(_is_number, labels))
        and not _are_codes(labels)
    ):
        more = ", ..." * (len(labels) > 5)
        yield (
            f"all {len(labels):,} classes are numbers ({listed(labels[:5])}{more}): each is a class of"
            " its own here, not a value to predict (data.task=regression)."
        )
    if kind == "classification":
        yield from _joined(labels)
    yield from _spellings(labels, noun, nouns)
    rare = [label for label in labels if train[label] < FEW_TEXTS]
    if rare:
        few = ", ".join(f"{listed([label])} {train[label]}" for label in rare[:10])
        yield f"{nouns} with fewer than {FEW_TEXTS} training texts: {few}{', ...' * (len(rare) > 10)}."
    for split in ("dev", "test"):
        there = {name for one in corpus.splits[split] for name in names_in(one.label, kind)}
        absent = [label for label in labels if there and label not in there]
        if absent:
            yield f"{split} has no text of the {noun} {listed(absent)}."


def _rationales(documents: Sequence[Document]) -> Iterator[str]:
    shares = []
    for one in documents:
        n = len(one.words) + len(one.second)
        if one.rationale is not None and n:
            shares.append(mask(one.evidence, n).mean())
    if shares and np.mean(shares) > LARGE_RATIONALE:
        yield f"rationales mark {np.mean(shares):.0%} of the words: any ranking agrees with them."
    if shares and max(shares) == 0:
        yield "no word of any annotated text is marked."


def _spellings(labels: Sequence[str], noun: str, nouns: str) -> Iterator[str]:
    """Warn of names that differ in how they are written only, or mean the same, or nothing."""
    folded: dict[str, list[str]] = {}
    for label in labels:
        folded.setdefault(_folded(label), []).append(label)
    for names in folded.values():
        if len(names) > 1:
            yield f"{nouns} that are the same but for how they are written: {listed(names)}."
    for truth in ({"true", "1"}, {"false", "0"}):
        if truth <= folded.keys():
            yield f"{nouns} that mean the same: {listed(n for t in sorted(truth) for n in folded[t])}."
    missing = [label for label in labels if label.casefold() in MISSING or label == "None"]
    if missing:
        yield f"a {noun} that is called like a missing value: {listed(missing)}."


def _joined(labels: Sequence[str]) -> Iterator[str]:
    """Warn of classes that are others with a sign between them: probably several labels of a text."""
    for sign in _BETWEEN:
        parts = {label: [part.strip() for part in label.split(sign)] for label in labels}
        joined = [label for label in labels if len(parts[label]) > 1]
        uses = Counter(part for some in parts.values() for part in some)
        if joined and all(uses[part] > 1 for label in joined for part in parts[label]):
            yield (
                f"classes that look like several labels of a text ({listed(joined[:3])}):"
                f" data.task=multi-label with data.label_separator={sign!r} reads them as such."
            )


def _folded(label: str) -> str:
    """Return what is left of a name without case, white space, and the ways to write a number."""
    if _is_number(label):
        return f"{float(label):g}"
    return "".join(unicodedata.normalize("NFKC", label).split()).casefold()


def _are_codes(labels: Sequence[str]) -> bool:
    """Whether numbers are codes of classes: few whole ones, or 0 or 1 and on without a gap."""
    numbers = sorted(map(float, labels))
    first = numbers[0]
    gapless = first in (0, 1) and numbers == [first + n for n in range(len(numbers))]
    return gapless or (len(numbers) <= MANY_NUMBERS and all(map(float.is_integer, numbers)))


def _is_number(label: str) -> bool:
    try:
        return math.isfinite(float(label))
    except ValueError:
        return False


def _has_control(word: str) -> bool:
    return not word.isprintable() and any(sign < " " or "\x7f" <= sign < "\xa0" for sign in word)
