"""How much of each scorer's mass lies on [CLS], [SEP] and punctuation, and when these are dropped.

No paper has this figure; AdapLeR (arXiv 2203.08991) learns a factor on [CLS]'s share of the target
and may drop [SEP], ToP (arXiv 2306.14393) leaves [CLS] out of its ranking: this shows what comes of
it. Shares of mass stand beside shares of tokens, which equal scores would have.

    python analyses/studies/special_tokens.py --runs runs/demo --out out
"""

import unicodedata

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analyses.lib.by_layer import draw_by_layer
from analyses.lib.study import Analysis, by_run, over_runs, run_analysis, stacked
from workbench.core.score_grid import ScoreGrid
from workbench.errors import InputError
from workbench.metrics.stats.shares import share
from workbench.metrics.stats.text_means import text_means
from workbench.reporting.tables.by_layer import layer_table
from workbench.reporting.text.wording import method_name, scorers_with_models
from workbench.runs.many import RunFolder, Runs

NAMES = {"cls": "[CLS]", "separator": "[SEP]", "punctuation": "punctuation", "word": "words"}
QUANTITIES = {"tokens": "share of living tokens", "kept": "goes on into the layer"}
MASS = {"run": "run", "tokens": "tokens", "label": "scorer"}
MODEL = {"run": "run", "what": "quantity", "tokens": "tokens", "model": "model"}
MASS_CAPTION = "Share of each layer's score mass on special tokens, punctuation and words. n: texts."
MODEL_CAPTION = (
    "Share of the living tokens (the mass that equal scores would have), and of the text's tokens "
    "of a kind the share that the model passes on into the layer. n: texts that have the kind."
)


def build(runs: Runs) -> Analysis:
    """Draw mass by scorer and tokens kept by model per run, and put the same into tables."""
    frame, notes = over_runs(runs, compute, "scores of any scorer")
    shown = frame.assign(tokens=frame["kind"].map(NAMES), what=frame["measure"].map(QUANTITIES))
    mass, rest = shown[shown["measure"] == "mass"], shown[shown["measure"] != "mass"]
    # Tokens and kept belong to the model: its first scorer with scores stands for it.
    keys = ["run", "method", "measure", "kind", "layer"]
    rest = rest.drop_duplicates(keys)
    rest = rest.assign(model=rest["method"].map(method_name), series=rest["method"])
    rest["label"] = rest["model"]
    figures = {}
    for name, part in (("mass", mass), ("kept", rest[rest["measure"] == "kept"])):
        for suffix, rows in by_run(part).items() if len(part) else ():
            figures["_".join(filter(None, (suffix, name)))] = draw(rows, name)
    tables = (
        layer_table("special_tokens_mass", MASS_CAPTION, mass, MASS),
        layer_table("special_tokens_kept", MODEL_CAPTION, rest.sort_values("measure"), MODEL),
    )
    return Analysis("special_tokens", frame, tables, figures, notes)


def draw(rows: pd.DataFrame, name: str) -> Figure:
    """Draw a panel per kind of token."""
    title = {"mass": "share of score mass", "kept": "share kept"}[name]
    panels = [(kind, f"{NAMES[kind]}: {title}") for kind in rows["kind"].unique()]
    limits = None if name == "mass" else (0.0, 1.0)
    return draw_by_layer(rows, panels, by="kind", limits=limits, from_zero=True)


def compute(scores: RunFolder) -> pd.DataFrame:
    """Compute the shares of every scorer that is no control."""
    frame = stacked(kind_shares(grid, scores.split) for grid in scores.all_grids())
    if frame.empty:
        return frame
    return frame.assign(series=frame["scorer"], label=scorers_with_models(frame))


COLUMNS = (
    "scorer", "method", "layer", "kind", "measure", "split", "value", "ci_low", "ci_high", "n",
)  # fmt: skip
KINDS = ("cls", "separator", "punctuation", "word")
MEASURES = ("mass", "tokens", "kept")


def is_punctuation(token: str) -> bool:
    """Tell whether a sub-word token holds punctuation and symbols only (Unicode categories P and S)."""
    letters = token.removeprefix("##") if len(token) > 2 else token
    return bool(letters) and all(unicodedata.category(letter)[0] in "PS" for letter in letters)


def token_kinds(grid: ScoreGrid) -> np.ndarray:
    """Return each token's place in `KINDS`, (W, n) int, -1 on padding.

    The first token of a window is its [CLS]; other tokens without a word are separators.
    """
    names, which = np.unique(grid.tokens.astype(str), return_inverse=True)
    marks = np.array([is_punctuation(name) for name in names.tolist()], dtype=bool)
    kinds = np.where(marks[which].reshape(grid.tokens.shape), KINDS.index("punctuation"), 3)
    kinds[grid.word_index < 0] = KINDS.index("separator")
    if kinds.shape[1]:
        kinds[:, 0] = np.where(grid.word_index[:, 0] < 0, KINDS.index("cls"), kinds[:, 0])
    return np.where(grid.valid, kinds, -1)


def kind_shares(grid: ScoreGrid, split: str, *, bootstrap: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Compute what falls to each of `KINDS` in every layer, columns of `COLUMNS`.

    Measures: `mass`, the share of the layer's scores; `tokens`, the share of the tokens that have one
    (what equal scores would give); `kept`, of the text's own tokens of the kind the share that goes on
    into the layer (only where the model drops tokens and the text has the kind). A text's value is the
    mean over its windows, intervals are 95 % over texts. Layers without scores have no mass and no
    tokens.

    Args:
        grid: The scores; InputError for negative ones.
        split: Name of the texts' split.
        bootstrap: Resamples of the intervals; 0: none.
        seed: Of the resamples.
    """
    if (grid.scores < 0).any():
        raise InputError(f"{grid.scorer} on {grid.method}: negative scores have no shares")
    kinds = token_kinds(grid)
    alive = ~np.isnan(grid.scores)
    values = np.full((*grid.scores.shape[:2], len(KINDS), len(MEASURES)), np.nan)
    for number in range(len(KINDS)):
        of_kind = (kinds == number)[:, None]
        parts = [
            share(
                np.where(of_kind, np.nan_to_num(grid.scores), 0.0).sum(-1), np.nansum(grid.scores, -1)
            ),
            share((of_kind & alive).sum(-1), alive.sum(-1)),
        ]
        if grid.kept is not None:
            parts.append(share((of_kind & grid.kept).sum(-1), (kinds == number).sum(-1)[:, None]))
        values[:, :, number, : len(parts)] = np.stack(parts, axis=-1)
    rows = [
        (grid.scorer, grid.method, layer, KINDS[kind], MEASURES[measure], split, *value)
        for (layer, kind, measure), value in text_means(values, grid.text_ids, bootstrap, seed)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


if __name__ == "__main__":
    run_analysis(build, __doc__)
