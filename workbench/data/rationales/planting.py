"""Planted ground truth: tokens that alone decide a text's label, so that the right rationale is known.

The three kinds and relabelling by them are those of Bastings et al. 2022; shares, decoys and places are
options of ours.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Literal
from zlib import crc32

import numpy as np

from workbench.core.counts import counted
from workbench.core.documents import Corpus, Document, Span
from workbench.data.writers.jsonl import text_line, text_section
from workbench.data.writers.written import configuration, json_lines_of
from workbench.errors import InputError
from workbench.storage.atomic import write_text
from workbench.storage.locks import one_writer

TEXTS, RECORD, CONFIG = "planted.jsonl", "planted.json", "planted.yaml"
Kind = Literal["token", "context", "pair"]
Role = Literal["planted", "decoy", "plain"]


@dataclass(frozen=True)
class Plan:
    """What is planted; equal plans and corpora give equal results."""

    kind: Kind
    """`token`: a class's token decides. `context`: it decides only if the context token is in the text
    too. `pair`: two tokens, whose order decides between two classes."""
    tokens: tuple[str, ...]
    """One per class, in the classes' order; a pair's first class is `tokens[0]` before `tokens[1]`."""
    context: str = ""
    """The context token of kind `context`."""
    share: float = 0.5
    """Share of the texts that get a shortcut and its label; the others keep their label."""
    decoys: float = 0.0
    """Share of those others that get a part of a shortcut, which decides nothing; 0 for kind `token`."""
    first_words: int | None = None
    """Plant among this many first words, so that all of it lies in a long text's first window."""
    seed: int = 0

    @property
    def inserted(self) -> tuple[str, ...]:
        """Return every token that may be planted."""
        return (*self.tokens, self.context) if self.kind == "context" else self.tokens


@dataclass(frozen=True)
class Planted:
    """One text after planting."""

    document: Document
    """With its new label; the rationale is the shortcut's words, None for a text without shortcut."""
    role: Role
    original: str
    """The label before."""
    places: tuple[int, ...]
    """Word numbers of everything inserted, ascending."""


def plant(corpus: Corpus, plan: Plan) -> dict[str, list[Planted]]:
    """Return every text of a corpus with the plan carried out, by split.

    Whether a text gets a shortcut, of which class and where, depends on the seed and the text's id
    alone. The corpus's own rationales are dropped: they belong to other labels. Raises InputError for a
    plan that does not fit the classes, and for tokens that the corpus holds already (upper case aside).
    """
    corpus.task_type.require_classes("shortcuts decide between classes")
    _check_plan(plan, corpus.labels)
    texts = {split: [*map(_plain, members)] for split, members in corpus.splits.items()}
    _check_unused(plan, corpus.name, chain.from_iterable(texts.values()))
    return {
        split: [_planted(document, plan, corpus.labels) for document in members]
        for split, members in texts.items()
    }


def default_tokens(kind: Kind, labels: Sequence[str]) -> tuple[str, ...]:
    """Return qqa, qqb, ...: one per class, two for a pair."""
    return tuple(f"qq{chr(97 + number)}" for number in range(2 if kind == "pair" else len(labels)))


def rule(plan: Plan, labels: Sequence[str]) -> list[str]:
    """Return one sentence per class: what makes a text this class."""
    if plan.kind == "pair":
        (a, b), (first, second) = plan.tokens, labels
        return [f"{a!r} before {b!r}: {first}", f"{b!r} before {a!r}: {second}"]
    context = f" together with {plan.context!r}" if plan.kind == "context" else ""
    return [f"{token!r}{context}: {label}" for token, label in zip(plan.tokens, labels, strict=True)]


def _plain(document: Document) -> Document:
    """Return words that a single space separates and joins again without loss; no rationale."""
    first, second = (tuple(" ".join(part).split()) for part in (document.words, document.second))
    return replace(document.unmarked(), words=first, second=second)


def _planted(document: Document, plan: Plan, labels: Sequence[str]) -> Planted:
    rng = np.random.default_rng((plan.seed, crc32(document.id.encode())))
    shortcut, decoy = rng.random() < plan.share, rng.random() < plan.decoys
    target = int(rng.integers(len(labels)))
    if shortcut:
        words, places = _insert(document.words, _shortcut(plan, target, rng), plan.first_words, rng)
        spans = tuple(Span(place, place + 1) for place in places)
        changed = replace(document, words=words, label=labels[target], rationale=spans)
        return Planted(changed, "planted", document.label, places)
    if not decoy:
        return Planted(document, "plain", document.label, ())
    part = (plan.inserted[int(rng.integers(len(plan.inserted)))],)
    words, places = _insert(document.words, part, plan.first_words, rng)
    return Planted(replace(document, words=words), "decoy", document.label, places)


def _shortcut(plan: Plan, target: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Return the tokens of a class in the order in which they will stand."""
    if plan.kind == "token":
        return (plan.tokens[target],)
    if plan.kind == "pair":
        return plan.tokens if target == 0 else plan.tokens[::-1]
    both = (plan.tokens[target], plan.context)
    return both if rng.random() < 0.5 else both[::-1]


def _insert(
    words: tuple[str, ...], new: tuple[str, ...], first_words: int | None, rng: np.random.Generator
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return `words` with `new` at random places, in that order, and where the new ones stand."""
    room = len(words) if first_words is None else min(len(words), first_words)
    gaps = np.sort(rng.integers(0, room + 1, size=len(new)))
    places = tuple(int(gap) + number for number, gap in enumerate(gaps))
    result = list(words)
    for place, word in zip(places, new, strict=True):
        result.insert(place, word)
    return tuple(result), places


def _check_plan(plan: Plan, labels: Sequence[str]) -> None:
    needed = 2 if plan.kind == "pair" else len(labels)
    if plan.kind == "pair" and len(labels) != 2:
        raise InputError(f"a pair decides between two classes, these data have {len(labels)}")
    if len(plan.tokens) != needed:
        raise InputError(f"{needed} tokens are needed, one per class, not {len(plan.tokens)}")
    if (plan.kind == "context") != bool(plan.context):
        raise InputError("a token in context needs a context token, and no other kind has one")
    for token in plan.inserted:
        if len(token.split()) != 1 or token != token.strip():
            raise InputError(f"the token {token!r} is not one word")
    if len({token.casefold() for token in plan.inserted}) < len(plan.inserted):
        raise InputError(f"the tokens {', '.join(plan.inserted)} are not all different")
    if not 0 < plan.share <= 1 or not 0 <= plan.decoys <= 1:
        raise InputError(f"share {plan.share:g} and decoys {plan.decoys:g} must lie between 0 and 1")
    if plan.kind == "token" and plan.decoys:
        raise InputError("a single token decides wherever it stands: no decoys")
    if plan.seed < 0:
        raise InputError(f"seed {plan.seed}: at least 0")
    if plan.first_words is not None and plan.first_words < 1:
        raise InputError(f"first words {plan.first_words}: at least 1")


def _check_unused(plan: Plan, name: str, documents: Iterable[Document]) -> None:
    uses, texts = Counter[str](), Counter[str]()
    planned = {token.casefold() for token in plan.inserted}
    for document in documents:
        words = map(str.casefold, (*document.words, *document.second))
        here = Counter(word for word in words if word in planned)
        uses += here
        texts.update(here.keys())
    if uses:
        listed = "; ".join(
            f"{word!r} {counted(n, 'time')} in {counted(texts[word], 'text')}"
            for word, n in sorted(uses.items())
        )
        raise InputError(f"{name} holds tokens that were to be planted: {listed}; choose others")


def write_planted(
    folder: Path, corpus: Corpus, plan: Plan, planted: Mapping[str, Sequence[Planted]]
) -> dict[str, Any]:
    """Write the planted texts, a record and a configuration's `data` section, and return the record.

    In a folder of an earlier call these three files are replaced and others stay. The texts carry id,
    split, text, second (where the corpus has pairs), label, rationale ([start, end) in words; null
    without a shortcut), role, original_label and places.

    Args:
        folder, plan: Where to write, and what was planted.
        corpus, planted: The corpus before planting, and its texts afterwards by split.
    """
    pairs = any(item.document.second for items in planted.values() for item in items)
    lines = [_line(split, item, pairs) for split, items in planted.items() for item in items]
    record = {
        "corpus": corpus.name,
        "labels": list(corpus.labels),
        "rule": rule(plan, corpus.labels),
        "plan": asdict(plan) | {"tokens": list(plan.tokens)},
        "splits": {split: _counts(items) for split, items in planted.items()},
        "notes": list(corpus.notes),
    }
    files = {
        # First, since it is what makes the folder one of planted texts.
        RECORD: json.dumps(record, indent=2, ensure_ascii=False) + "\n",
        TEXTS: json_lines_of(lines),
        CONFIG: configuration(folder, text_section(pairs), TEXTS, "planted"),
    }
    with one_writer(folder, "data plant"):
        for name, text in files.items():
            write_text(folder / name, text)
    return record


def _line(split: str, item: Planted, pairs: bool) -> dict[str, Any]:
    own = {"role": item.role, "original_label": item.original, "places": list(item.places)}
    return text_line(split, item.document, pairs) | own


def _counts(items: Sequence[Planted]) -> dict[str, Any]:
    roles = Counter(item.role for item in items)
    return {
        "texts": len(items),
        **{role: roles[role] for role in ("planted", "decoy", "plain")},
        "relabelled": sum(item.document.label != item.original for item in items),
        "labels": dict(sorted(Counter(item.document.label for item in items).items())),
    }
