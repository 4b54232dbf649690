"""Where to start with a method's strength, and how far to move it: what earlier comparisons say."""

from pathlib import Path

import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.config.comparison import CompareConfig, pruner

TABLE = Path(__file__).with_name("strengths.csv")
"""Made from the comparisons of docs/numbers by docs/tools/strengths.py."""
COLUMNS = (
    "comparison", "method", "key", "max_tokens", "steps", "start", "speedup", "move", "trainings",
)  # fmt: skip
WANTED = 2.0
"""The speed-up for which a start is told."""
MEANING = (
    f"start from: the strength whose dev speed-up in unpadded FLOPs came nearest to {WANTED:g}x, median"
    " over seeds; move by: for a tenth more, a least-squares line through all trainings of that row, a"
    " dash where they show none. Other texts, lengths and numbers of steps need other strengths"
)


def known_strengths(config: CompareConfig) -> pd.DataFrame:
    """Return, as text, what is known of the methods of a comparison, those nearest in length first."""
    frame = pd.read_csv(TABLE)
    frame = frame[frame["method"].isin({*config.methods, *map(pruner, config.methods)})]
    far = (frame["max_tokens"] - config.run.data.max_tokens).abs()
    frame = frame.assign(far=far).sort_values(["far", "method", "comparison"], kind="stable")
    return pd.DataFrame(
        {
            "method": frame["method"],
            "strength": frame["key"],
            "tokens": frame["max_tokens"].map("up to {}".format),
            "steps": frame["steps"].astype(str),
            "start from": frame["start"].map("{:g}".format),
            "which gave": frame["speedup"].map("{:.2f}x".format),
            "move by": [_move(*one) for one in zip(frame["method"], frame["move"], strict=True)],
            "of trainings": frame["trainings"].astype(str),
        }
    )


def _move(method: str, move: float) -> str:
    strength = METHODS[pruner(method)].strength
    if strength is None or move != move:
        return "–"
    return f"{move:+.3g}" if strength.scale == "linear" else f"× {move:.3g}"
