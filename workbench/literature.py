"""Numbers that papers published, as data, each with its convention and how sure we are of it."""

from importlib.resources import files

import pandas as pd

COLUMNS = (
    "method", "paper", "table", "dataset", "metric", "value", "flops_speedup", "convention",
    "certainty", "note",
)  # fmt: skip
CONVENTIONS = ("unpadded", "padded")
"""What the dense model in a speed-up computes; see `evaluation/flops.py`."""
CERTAINTIES = ("stated", "noted", "derived")
"""`stated`: read in the paper at the place that `table` names. `noted`: taken down from the paper, not
compared with it again. `derived`: computed by us from settings that the authors published."""


def published() -> pd.DataFrame:
    """One row per published number, with the columns of `COLUMNS`; text is "" where nothing is known.

    `value` is the quality in `metric`, in percent, `flops_speedup` a ratio in the named `convention`;
    NaN where the source gives none. `dataset` is a name of `data.source` or of a GLUE task. A speed-up
    of one convention does not compare with one of the other.
    """
    place = files("workbench.data").joinpath("published.csv")
    with place.open(encoding="utf-8") as file:
        frame = pd.read_csv(file, keep_default_na=False, dtype=str)
    for column in ("value", "flops_speedup"):
        frame[column] = pd.to_numeric(frame[column])
    return frame
