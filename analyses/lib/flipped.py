"""Tables of texts whose prediction flipped against the dense model."""

import pandas as pd
from pandas.api.types import is_float_dtype

from workbench.core.score_grid import ScoreGrid
from workbench.data.rationales.valence import THRESHOLD, load_ratings
from workbench.errors import InputError
from workbench.metrics.outcomes import Rate, outcomes
from workbench.reporting.tables.table import Table
from workbench.reporting.text.wording import interval, method_name, percent
from workbench.runs.many import RunFolder

GROUPS = {"all": "all tokens", "rationale": "rationale", "valence": "valence words"}
_VALUE = ["value", "ci_low", "ci_high"]
_KEYS = ["run", "method", "outcome", "text_id", "label", "reference", "predicted"]


def valence_rate() -> tuple[Rate | None, list[str]]:
    """Return a word's valence, or None and a note where the lexicon is not installed."""
    try:
        ratings = load_ratings()
    except InputError as error:
        return None, [f"No valence words: {error}."]
    return (lambda word: ratings.get(word.lower(), 0.0)), []


def compared(run: RunFolder) -> list[tuple[ScoreGrid, pd.DataFrame]]:
    """Return every dropping model and its outcomes against dense; none of values, or without dense."""
    if is_float_dtype(run.predictions["label"]):
        return []
    predicted = set(run.predictions["method"].astype(str)) if len(run.predictions) else set()
    grids = [grid for grid in run.dropping() if {"dense", grid.method} <= predicted]
    return [(grid, outcomes(run.predictions, grid.method)) for grid in grids]


def outcome_table(frame: pd.DataFrame) -> Table:
    """Build texts and shares dropped by outcome, from rows of `dropped_by_outcome` with a run."""
    dropped = frame[frame["measure"] == "dropped"]
    several = frame["run"].nunique() > 1
    shown = []
    for (run, method, outcome), rows in dropped.groupby(["run", "method", "outcome"], sort=False):
        row = {"run": str(run)} if several else {}
        row |= {"method": method_name(method), "outcome": str(outcome)}
        cells = rows.set_index("tokens")[_VALUE].reindex(list(GROUPS)).T.to_dict("list")
        row["texts"] = str(int(rows["n"].max()))
        for group, heading in GROUPS.items():
            value, low, high = cells[group]
            row[f"{heading} %"] = interval(value, low, high, percent)
        shown.append(row)
    caption = (
        "Tokens that do not reach the last layer, in percent, by outcome (lost: the dense model "
        "is right and the method wrong; gained: the other way round). Means over texts that have "
        "such tokens, 95 % bootstrap intervals over texts. Valence words: mean rating of "
        f"{THRESHOLD:g} or more in size."
    )
    return Table("error_analysis", caption, dropped, pd.DataFrame(shown), ("run", "method", "outcome"))


def flipped_table(words: pd.DataFrame, each: int) -> Table:
    """Build the first `each` lost and gained texts of every model, from rows of `flipped_words`.

    Telling words are rationale words and valence words, dropped ones with the layer before which
    they were dropped.
    """
    marked = words["rationale"].fillna(False).astype(bool)
    telling = marked | (words["rating"].abs() >= THRESHOLD)
    lines = []
    for values, rows in words.groupby(_KEYS, sort=False):
        line = dict(zip(_KEYS, values, strict=True))
        mine = rows[telling[rows.index]]
        gone = mine["left_layer"].notna()
        line["dropped"] = ", ".join(
            f"{word} ({layer})" for word, layer in mine.loc[gone, ["word", "left_layer"]].to_numpy()
        )
        line["kept"] = ", ".join(mine.loc[~gone, "word"])
        lines.append(line | {"words": len(rows), "words_dropped": int(rows["left_layer"].notna().sum())})
    frame = pd.DataFrame(lines, columns=[*_KEYS, "dropped", "kept", "words", "words_dropped"])
    first = frame.groupby(["run", "method", "outcome"], sort=False).head(each)
    shown = pd.DataFrame(
        {
            "method": first["method"].map(method_name),
            "outcome": first["outcome"],
            "text": first["text_id"],
            "label": first["label"],
            "dense, method": first["reference"] + ", " + first["predicted"],
            "telling words dropped (before layer)": first["dropped"].replace("", "–"),
            "kept": first["kept"].replace("", "–"),
        }
    )
    caption = (
        f"Texts whose prediction flipped, the first {each} of each kind. Telling words: rationale "
        "words and words with a strong valence; in brackets the layer at whose entry a word was "
        "dropped."
    )
    return Table("flipped_texts", caption, frame, shown, tuple(shown.columns))
