"""Asking a model about texts altered by somebody's scores: from windows and scores to probabilities."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from workbench.config.evaluation import FaithfulnessSettings
from workbench.core.documents import Window
from workbench.metrics.faithfulness.table import Probed, Selections
from workbench.metrics.faithfulness.values import (
    hard_rationale,
    has_level,
    importance,
    probability_drop,
    rank_agreement,
    top_units,
)
from workbench.metrics.plausibility.units import unit_index, unit_scores
from workbench.metrics.stats.shares import share
from workbench.models.classifier import PruningClassifier
from workbench.models.interventions.perturb import infer_deletions, infer_soft_perturbed

Scores = Mapping[str, Sequence[np.ndarray]]
"""Scorer -> one (L, n) array of scores per window; L may differ between scorers."""
Named = dict[tuple[str, str], np.ndarray]
"""(what, scorer) -> variants of one window (..., n), or what the model said of them (..., classes)."""


def probe(
    model: PruningClassifier,
    windows: Sequence[Window],
    scores: Scores,
    settings: FaithfulnessSettings,
    *,
    mask_id: int | None = None,
    batch_size: int = 32,
    seed: int = 0,
) -> dict[str, Probed]:
    """Return what a model says of texts when each scorer's selections are taken away.

    The selections of all scorers and layers of a window, and those of several windows, run together,
    equal ones once. Texts come in the order of their first window; a text's probabilities are the mean
    over its windows.

    Args:
        model, windows, scores: The model that was scored, the texts, and what each scorer said.
        settings: What is taken away, and how.
        mask_id: The id of [MASK]; ValueError where removal by `mask` lacks it.
        batch_size: Windows in a batch.
        seed: Of what is faded out.
    """
    masked = settings.removal == "mask"
    if masked and mask_id is None:
        raise ValueError("removal by mask needs the id of [MASK]")
    questions = _Questions(windows, scores, settings)
    pool = settings.pool

    def delete(kept: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        mask = mask_id if masked else None
        return infer_deletions(model, windows, kept, mask_id=mask, batch_size=batch_size, pool=pool)

    def perturb(shares: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        draws = settings.soft_draws
        return infer_soft_perturbed(
            model, windows, shares, seed=seed, draws=draws, batch_size=batch_size, pool=pool
        )

    erased = _ask(questions.erasures(), delete)
    faded = _ask(questions.fadings(), perturb) if settings.soft_draws else []
    return {scorer: questions.answered(scorer, erased, faded) for scorer in scores}


def _ask(
    variants: Iterable[Named], infer: Callable[[Iterator[np.ndarray]], Iterator[np.ndarray]]
) -> list[Named]:
    """What the model says of every window's variants, under their names."""
    shapes: list[dict[tuple[str, str], tuple[int, ...]]] = []

    def flat() -> Iterator[np.ndarray]:
        for named in variants:
            shapes.append({name: part.shape[:-1] for name, part in named.items()})
            yield np.concatenate([part.reshape(-1, part.shape[-1]) for part in named.values()])

    answers: list[Named] = []
    for number, answer in enumerate(infer(flat())):
        ends = np.cumsum([math.prod(shape) for shape in shapes[number].values()])
        parts = zip(shapes[number].items(), np.split(answer, ends[:-1]), strict=True)
        answers.append({name: part.reshape(*shape, -1) for (name, shape), part in parts})
    return answers


class _Questions:
    """The variants of every window that are asked about, and what the answers amount to."""

    def __init__(
        self, windows: Sequence[Window], scores: Scores, settings: FaithfulnessSettings
    ) -> None:
        self.leave_one_out = settings.leave_one_out
        self.shares = Selections.of(settings.bins, settings.curve_steps).shares
        self.texts = [window.text_id for window in windows]
        self.index = [unit_index(window.word_index, settings.unit) for window in windows]
        self.units = {
            scorer: [unit_scores(*pair) for pair in zip(by_window, self.index, strict=True)]
            for scorer, by_window in scores.items()
        }
        self.undefined = {
            scorer: np.stack([np.isnan(rows).all(axis=1) for rows in by_window])
            for scorer, by_window in scores.items()
        }
        """Scorer -> (windows, L): whether it says nothing about the layer."""

    def erasures(self) -> Iterator[Named]:
        """The tokens that stay: all, all but a unit, all but a selection, nothing but a selection."""
        for number, index in enumerate(self.index):
            units = np.eye(int(index.max()) + 1, dtype=bool)
            named: Named = {("full", ""): np.ones(len(units), dtype=bool)}
            if self.leave_one_out:
                named["left out", ""] = ~units
            for scorer, by_window in self.units.items():
                scores = by_window[number]
                hard = hard_rationale(scores)[:, None]
                chosen = np.concatenate([top_units(scores, self.shares), hard], axis=1)
                named["without", scorer], named["only", scorer] = ~chosen, chosen
            yield {name: part[..., index] for name, part in named.items()}

    def fadings(self) -> Iterator[Named]:
        """The share of each token's embedding that stays: none, 1 - its importance, its importance."""
        for number, index in enumerate(self.index):
            named: Named = {("blank", ""): np.zeros(len(index))}
            for scorer, by_window in self.units.items():
                weights = importance(by_window[number])[:, index]
                named["faded out", scorer], named["faded in", scorer] = 1 - weights, weights
            yield named

    def answered(self, scorer: str, erased: Sequence[Named], faded: Sequence[Named]) -> Probed:
        """One scorer's answers by text."""
        full = self._by_text([answer["full", ""] for answer in erased])
        without, only = (self._spoken(scorer, what, erased) for what in ("without", "only"))
        level = np.stack([has_level(units) for units in self.units[scorer]])
        without[:, :, -1][~level] = only[:, :, -1][~level] = np.nan
        without, only = self._by_text(without), self._by_text(only)
        agreement = self._agreement(scorer, full, erased) if self.leave_one_out else None
        if not faded:
            return Probed(full, without, only, agreement)
        blank = self._by_text([answer["blank", ""] for answer in faded])
        soft = (self._spoken(scorer, what, faded) for what in ("faded out", "faded in"))
        return Probed(full, without, only, agreement, blank, *map(self._by_text, soft))

    def _spoken(self, scorer: str, what: str, answers: Sequence[Named]) -> np.ndarray:
        """(windows, L, ..., classes), NaN where the scorer is silent."""
        stacked = np.stack([answer[what, scorer] for answer in answers])
        stacked[self.undefined[scorer]] = np.nan
        return stacked

    def _agreement(self, scorer: str, full: np.ndarray, erased: Sequence[Named]) -> np.ndarray:
        """(T, L): Kendall's tau-b with leave-one-out, mean over a text's windows that have one."""
        predicted = dict(zip(dict.fromkeys(self.texts), full.argmax(axis=-1), strict=True))
        rows = []
        for text, units, answer in zip(self.texts, self.units[scorer], erased, strict=True):
            effects = probability_drop(answer["full", ""], answer["left out", ""], predicted[text])
            rows.append(rank_agreement(units, effects))
        correlations = np.where(self.undefined[scorer], np.nan, np.stack(rows))
        known = ~np.isnan(correlations)
        total, count = (self._by_text(part) for part in (np.where(known, correlations, 0.0), known))
        return share(total, count)

    def _by_text(self, values: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """(windows, ...) -> (T, ...): the mean over each text's windows."""
        stacked = np.stack(list(values)).astype(np.float64)
        places = pd.factorize(np.array(self.texts, dtype=object))[0]
        return np.stack([stacked[places == text].mean(axis=0) for text in range(places.max() + 1)])
