"""Texts whose tokens drop layer by layer: which ones, their scores, and a picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.core.task_type import answer_text
from workbench.core.token_scores import TokenScores, from_frame, to_frame
from workbench.reporting.figures.chart import CellMap, Cells, short
from workbench.reporting.text.wording import method_name, scorer_name
from workbench.runs.tables import RunData
from workbench.storage.tables import read_table

SHORTEST, LONGEST = 8, 40
"""Tokens of an example, special ones included, so that it fits a page."""
FAINTEST = 0.12
"""Shade of a remaining token with score 0: it must not look dropped."""


@dataclass(frozen=True)
class Example:
    """One window under every scorer of a dropping model."""

    text_id: str
    label: str
    predicted: dict[str, str]
    """What each method predicts, in words."""
    records: tuple[TokenScores, ...]
    title: str = ""
    """Stands above its panels instead of method, scorer, id and prediction; empty: they do."""


def choose_examples(run: RunData, right: int = 4, wrong: int = 2) -> list[Example]:
    """Return the first texts of the score table that the first dropping model gets right and wrong.

    Only first windows of `SHORTEST` to `LONGEST` tokens, with a rationale token where the data have
    rationales. Empty when no score table drops a token.

    Args:
        run: The run.
        right: How many it gets right; where one kind runs short the other fills up.
        wrong: How many it gets wrong.
    """
    tables = _dropping_tables(run)
    if not tables:
        return []
    outcomes = _outcomes(run)
    method = str(tables[0]["method"].iloc[0])
    correct: list[str] = []
    failed: list[str] = []
    for text_id in _suitable(tables[0]):
        label, predicted = outcomes.get(text_id, ("", {}))
        if outcomes and text_id not in outcomes:
            continue
        (correct if predicted.get(method, label) == label else failed).append(text_id)
    chosen = [*correct[:right], *failed[:wrong]]
    spare = [*correct[right:], *failed[wrong:]]
    chosen += spare[: max(0, right + wrong - len(chosen))]
    return [_example(text_id, tables, outcomes) for text_id in chosen]


def _dropping_tables(run: RunData) -> list[pd.DataFrame]:
    """First windows of the score tables that drop tokens; one table per method, so no text repeats."""
    tables: list[pd.DataFrame] = []
    seen: set[str] = set()
    for path in run.score_files():
        if read_table(path, columns=["kept"])["kept"].isna().all():
            continue
        frame = read_table(path, filters=[("window", "==", 0)])
        for method, rows in frame.groupby("method", sort=False, observed=True):
            drops = rows["kept"].notna().all() and not rows["kept"].all()
            if method not in seen and drops:
                seen.add(str(method))
                tables.append(rows)
    return tables


def _suitable(table: pd.DataFrame) -> list[str]:
    first = table[table["layer"] == 0]
    groups = first.groupby("text_id", sort=False, observed=True)
    length, marks = groups.size(), groups["rationale"].sum()
    good = length.between(SHORTEST, LONGEST)
    if first["rationale"].notna().any():
        good &= marks.fillna(0).astype(float) > 0
    return [str(text_id) for text_id in length.index[good.to_numpy(dtype=bool)]]


def _outcomes(run: RunData) -> dict[str, tuple[str, dict[str, str]]]:
    """Label and predictions by text id."""
    if run.predicted is None:
        return {}
    outcomes: dict[str, tuple[str, dict[str, str]]] = {}
    for row in run.predicted[["text_id", "method", "label", "predicted"]].to_dict("records"):
        entry = outcomes.setdefault(str(row["text_id"]), (answer_text(row["label"]), {}))
        entry[1][str(row["method"])] = answer_text(row["predicted"])
    return outcomes


def _example(
    text_id: str, tables: list[pd.DataFrame], outcomes: dict[str, tuple[str, dict[str, str]]]
) -> Example:
    records: list[TokenScores] = []
    for table in tables:
        records += from_frame(table[table["text_id"].astype(str) == text_id])
    label, predicted = outcomes.get(text_id, ("", {}))
    return Example(text_id, label, predicted, tuple(records))


def example_frame(examples: list[Example]) -> pd.DataFrame:
    """Return the examples as a score table, the frame behind the picture."""
    return to_frame(record for example in examples for record in example.records)


def shades(record: TokenScores) -> np.ndarray:
    """Return how dark each cell is: (layers, n) in [FAINTEST, 1] relative to its layer's top.

    NaN where a token is dropped. The top is the highest score of a word: attention to [CLS] would leave
    all words faint. A remaining token without a score has the faintest shade.
    """
    scores = np.nan_to_num(np.asarray(record.scores, dtype=np.float64), nan=0.0)
    kept = np.ones(scores.shape, dtype=bool) if record.kept is None else record.kept
    scores = np.where(kept, np.maximum(scores, 0.0), 0.0)
    top = scores.max(axis=1, keepdims=True, initial=0, where=record.word_index >= 0)
    relative = np.divide(scores, top, out=(scores > 0).astype(float), where=top > 0).clip(max=1)
    return np.where(kept, FAINTEST + (1 - FAINTEST) * relative, np.nan)


def examples_map(examples: Sequence[Example]) -> CellMap:
    """Return one panel per example and dropping model: tokens across, layers downward.

    Dropped cells are blank. Colour is the score relative to the largest of a word in its layer; outlined
    columns are human rationale; a dashed line stands where the second text of a pair begins.
    """
    panels = [_panel(example, record) for example in examples for record in example.records]
    widest = max((len(panel.columns) for panel in panels), default=10)
    return CellMap(panels, row_title="layer", width=widest)


def _panel(example: Example, record: TokenScores) -> Cells:
    verdict = example.predicted.get(record.method)
    outcome = "" if verdict is None else f"; label {short(example.label)}, predicted {short(verdict)}"
    name = f"{method_name(record.method)}, {scorer_name(record.scorer)}"
    return Cells(
        shades(record),
        [str(layer) for layer in range(record.layers)],
        record.tokens,
        example.title or f"{name}: {short(example.text_id, 24)}{outcome}",
        outlined=() if record.rationale is None else record.rationale.tolist(),
        second=record.second_start,
    )
