"""From predictions to our records: each pair of an instance and a document is a text of its own."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workbench.core.documents import Document, Part, Span, mask
from workbench.core.foreign_scores import EXTERNAL, word_record
from workbench.core.token_scores import TokenScores
from workbench.eraser.pairs import pairs_of, parts_of
from workbench.eraser.prediction import DocumentRationale, Prediction
from workbench.errors import InputError
from workbench.metrics.plausibility.signs import Signs, without_signs


class Group(NamedTuple):
    """The records of one scorer and method at one layer."""

    scorer: str
    method: str
    layer: int
    members: list[Prediction]
    texts: list[Document]
    """Those of `members`, in their order."""
    records: list[TokenScores]
    """One per pair of an instance and a document, whose `kept` are the hard predictions."""
    has_soft: bool
    """Whether the records have scores; else only what is selected."""
    missing: tuple[str, ...]
    """Ids of texts without a prediction."""

    @property
    def pairs(self) -> list[Document]:
        """The texts' pairs, in the order of the records."""
        return [pair for text in self.texts for pair in pairs_of(text)]

    @property
    def owners(self) -> dict[str, str]:
        """The instance of each pair; empty where every instance is one document."""
        owners = {pair.id: text.id for text in self.texts for pair in pairs_of(text)}
        return owners if len(owners) > len(self.texts) else {}

    @property
    def listed(self) -> dict[str, tuple[Span, ...]]:
        """The hard predictions of each pair as the file has them; empty where it has none."""
        listed = {}
        for prediction, text in zip(self.members, self.texts, strict=True):
            entries = {entry.docid: entry.hard for entry in prediction.rationales}
            for part, pair in zip(parts_of(text), pairs_of(text), strict=True):
                hard = entries[part.docid]
                if hard is not None:
                    listed[pair.id] = hard
        return listed


class Matched(NamedTuple):
    """What a prediction file and some texts have in common."""

    groups: list[Group]
    unknown: tuple[str, ...]
    """Ids of predictions without a text."""


def match(
    predictions: Sequence[Prediction],
    documents: Sequence[Document],
    name: str,
    *,
    partial: bool = False,
    signs: Signs = "refused",
) -> Matched:
    """Return the records of each scorer, method and layer, in order of first appearance.

    Args:
        predictions: What the file holds; a prediction without a layer is one of layer 0.
        documents: The texts.
        name: The scorer of predictions that do not name one.
        partial: Allow texts without a prediction and predictions without a text.
        signs: What becomes of negative scores.

    Raises:
        InputError: Names line and id: a document that the text does not have, scores of another number
            than its tokens or sentences, spans past its end, documents without an entry, soft scores or
            spans in some entries only, negative scores, no text in common.
    """
    by_id = {document.id: document for document in documents}
    groups: dict[tuple[str, str, int], list[Prediction]] = {}
    unknown = []
    for one in predictions:
        if one.annotation_id in by_id:
            key = (one.scorer or name, one.method or EXTERNAL, one.layer or 0)
            groups.setdefault(key, []).append(one)
        else:
            unknown.append(one)
    if unknown and not (partial and groups):
        raise InputError(f"{unknown[0].where}: no text of that id in the split")
    result = []
    for (scorer, method, layer), members in groups.items():
        have = {one.annotation_id for one in members}
        missing = tuple(text_id for text_id in by_id if text_id not in have)
        if missing and not partial:
            raise InputError(
                f"{Path(name)}: {len(missing):,} of {len(by_id):,} texts have no prediction by {scorer}"
                f" at layer {layer} (the first is {missing[0]!r}); --partial evaluates the others"
            )
        has_soft = _same_kind(members)
        texts = [by_id[one.annotation_id] for one in members]
        records = [
            record
            for one, text in zip(members, texts, strict=True)
            for record in _records(one, text, (scorer, method), signs)
        ]
        result.append(Group(scorer, method, layer, members, texts, records, has_soft, missing))
    return Matched(result, tuple(dict.fromkeys(one.annotation_id for one in unknown)))


def _same_kind(members: Iterable[Prediction]) -> bool:
    """Whether all entries have soft scores; InputError where only some have, or hard ones."""
    entries = [(one, entry) for one in members for entry in one.rationales]
    kinds = [(entry.soft is not None, entry.hard is not None) for _, entry in entries]
    for (one, entry), kind in zip(entries, kinds, strict=True):
        where = f"{one.where}: document {entry.docid!r}"
        if not any(kind):
            raise InputError(f"{where}: neither soft nor hard rationale predictions")
        if kind != kinds[0]:
            raise InputError(f"{where}: soft or hard predictions in some entries of the file only")
    return bool(kinds) and kinds[0][0]


def _records(
    prediction: Prediction, document: Document, source: tuple[str, str], signs: Signs
) -> list[TokenScores]:
    """One record per pair; its text is the pair's."""
    parts = {part.docid: part for part in parts_of(document)}
    entries = {entry.docid: entry for entry in prediction.rationales}
    for docid in entries.keys() - parts.keys():
        raise InputError(f"{prediction.where}: the text has no document {docid!r}")
    for docid in parts.keys() - entries.keys():
        raise InputError(f"{prediction.where}: no entry for document {docid!r}")
    scorer, method = source
    records = []
    for part, pair in zip(parts.values(), pairs_of(document), strict=True):
        entry = entries[part.docid]
        where = f"{prediction.where}: document {part.docid!r}"
        n = len(pair.words)
        for span in entry.hard or ():
            if span.end > n:
                raise InputError(
                    f"{where}: the span [{span.start}, {span.end}] ends after its {n} tokens"
                )
        records.append(
            word_record(
                scorer,
                method,
                pair,
                _scores(entry, part, signs, where)[None],
                None if entry.hard is None else mask(entry.hard, n)[None],
            )
        )
    return records


def _scores(entry: DocumentRationale, part: Part, signs: Signs, where: str) -> np.ndarray:
    tokens = part.end - part.start
    given = (("token", entry.soft, tokens), ("sentence", entry.sentences, part.sentences))
    for name, values, n in given:
        if values is not None and n is not None and len(values) != n:
            raise InputError(f"{where}: {len(values)} {name} scores for {n} {name}s")
    if entry.soft is None:
        return np.full(tokens, np.nan)
    return without_signs(entry.soft, signs, where)
