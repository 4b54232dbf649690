"""Precision, recall and F1 of entities, as conlleval counts them, and accuracy of tags by word.

Source: Tjong Kim Sang and De Meulder 2003: an entity is right if it has the type and the bounds of a
marked one; precision and recall are over all texts together (micro-averaged).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.core.tagging import Entity, entities, spell_entities
from workbench.metrics.stats.micro_f1 import micro_f1, micro_f1_interval
from workbench.metrics.stats.resampling import mean_interval


@dataclass(frozen=True)
class TagValues:
    """What the tags of each text are worth, in the texts' order."""

    by_type: dict[str, np.ndarray]
    """(texts, 3) int64: entities of a type that are right, said and true."""
    accuracy: np.ndarray
    """(texts,) float64: share of words with the right tag."""

    @property
    def counts(self) -> np.ndarray:
        """Return (texts, 3): of all types."""
        return np.sum([*self.by_type.values()], axis=0)


def tag_values(
    true: Sequence[Sequence[str]], said: Sequence[Sequence[str]], tags: Sequence[str]
) -> TagValues:
    """Return the values of predicted tags.

    Where the tags spell no entities, such as parts of speech, each word is one of its tag, so F1 over
    all is accuracy over all words.

    Args:
        true, said: Of every text a tag for each word; ValueError for other numbers of them.
        tags: The set of tags.
    """
    spelled = spell_entities(tags)

    def found(row: Sequence[str]) -> set[Entity]:
        if spelled:
            return set(entities(row))
        return {Entity(tag, at, at + 1) for at, tag in enumerate(row)}

    pairs = [(found(own), found(other)) for own, other in zip(true, said, strict=True)]
    types = sorted({one.type for pair in pairs for side in pair for one in side})
    by_type = {
        kind: np.array(
            [
                [sum(one.type == kind for one in some) for some in (own & other, other, own)]
                for own, other in pairs
            ]
        )
        for kind in types
    }
    right = [
        np.mean([a == b for a, b in zip(own, other, strict=True)])
        for own, other in zip(true, said, strict=True)
    ]
    return TagValues(by_type or {"": np.zeros((len(pairs), 3), dtype=np.int64)}, np.array(right))


def tag_quality(
    values: TagValues, resamples: int, seed: int
) -> Iterator[tuple[str, float, float | None, float | None, int]]:
    """Yield (metric, value, ci_low, ci_high, texts): `f1`, `accuracy`, `precision`, `recall`, `f1_TYPE`.

    `accuracy` is a mean over texts. Precision and recall have no interval.

    Args:
        values, resamples, seed: Of the tags; the others as of `mean_interval`.
    """
    counts, n = values.counts, len(values.accuracy)
    yield "f1", float(micro_f1(counts.sum(0))), *micro_f1_interval(counts, resamples, seed), n
    low, high = mean_interval(values.accuracy, resamples, seed)
    yield "accuracy", float(values.accuracy.mean()), float(low), float(high), n
    right, said, true = counts.sum(0).tolist()
    for name, whole in (("precision", said), ("recall", true)):
        yield name, right / whole if whole else 0.0, None, None, n
    if len(values.by_type) > 1:
        for kind, own in values.by_type.items():
            yield f"f1_{kind}", float(micro_f1(own.sum(0))), *micro_f1_interval(own, resamples, seed), n
