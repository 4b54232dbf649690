"""Numbers that papers published, as data, each with its convention and how sure we are of it."""

from importlib.resources import files

import pandas as pd

COLUMNS = (
    "method", "paper", "table", "dataset", "metric", "value", "flops_speedup", "convention",
    "certainty", "note",
)  # fmt: skip
CONVENTIONS = ("unpadded", "padded")
"""What the dense model in a speed-up computes; see `metrics/efficiency/flops.py`."""
CERTAINTIES = ("stated", "noted", "derived")
"""`stated`: read in the paper at the place that `table` names. `noted`: taken down from the paper, not
compared with it again. `derived`: computed by us from settings that the authors published."""


def published() -> pd.DataFrame:
    """Return a row per published number, columns of `COLUMNS`; text is "" where nothing is known.

    `value` is the quality in `metric`, in percent, `flops_speedup` a ratio in the named `convention`;
    NaN where the source gives none. `dataset` is a name of `data.source` or of a GLUE task. A speed-up
    of one convention does not compare with one of the other.

    Example:
        >>> import workbench
        >>> numbers = workbench.published()
        >>> unpadded = numbers[numbers["convention"] == "unpadded"]
    """
    place = files("workbench.data").joinpath("published.csv")
    with place.open(encoding="utf-8") as file:
        frame = pd.read_csv(file, keep_default_na=False, dtype=str)
    for column in ("value", "flops_speedup"):
        frame[column] = pd.to_numeric(frame[column])
    return frame


def top_settings() -> pd.DataFrame:
    """Return what ToP's authors set and report for each GLUE task with BERT-base, a row per task.

    `mean_tokens` and `padded_tokens` are the lengths that their code takes for a text and for the dense
    model it divides by, `target_sparsity` the share of multiply-adds to be saved, padding left out;
    `speedup_padded` and `value` (in `metric`, percent) are what they report. Source: the released code,
    github.com/microsoft/Moonlit, ToP/models/l0_module.py (lengths) and ToP/README.md (the rest). The
    README gives RTE the speed-up of MRPC, 7.71, which its own lengths do not give.
    """
    place = files("workbench.data").joinpath("top_settings.csv")
    with place.open(encoding="utf-8") as file:
        return pd.read_csv(file)
