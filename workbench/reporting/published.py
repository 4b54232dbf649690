"""Numbers that papers published, with convention and certainty, and what part of them is padding."""

from importlib.resources import files

import numpy as np
import pandas as pd

from workbench.metrics.efficiency.flops import Shape, dense_flops

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


PADDING_COLUMNS = (
    "dataset", "mean_tokens", "padded_tokens", "target_sparsity", "speedup_unpadded", "padding_factor",
    "speedup_padded", "padding_share",
)  # fmt: skip
BERT_BASE = Shape(layers=12, hidden=768, intermediate=3072, classes=2)


def padding_factor(mean_tokens: np.ndarray, padded_tokens: np.ndarray, shape: Shape) -> np.ndarray:
    """Return dense FLOPs at the padded length / those at the mean length, at least 1.

    One length stands for all texts of a set, so it is a little too high: FLOPs grow faster than lengths,
    and the mean over texts of different lengths costs more than the text of mean length.

    Args:
        mean_tokens: (texts,).
        padded_tokens: (texts,).
        shape: Sizes of the model.
    """
    return dense_flops(padded_tokens, shape) / dense_flops(mean_tokens, shape)


def padding_share(factor: np.ndarray, speedup: np.ndarray) -> np.ndarray:
    """Return log(factor) / log(speedup), the part of a speed-up that padding makes; NaN for 1."""
    factor, speedup = np.asarray(factor, dtype=np.float64), np.asarray(speedup, dtype=np.float64)
    whole = np.log(speedup)
    return np.divide(np.log(factor), whole, out=np.full(factor.shape, np.nan), where=whole > 0)


def recomputed(settings: pd.DataFrame) -> pd.DataFrame:
    """Compute the speed-ups that token lengths and a sparsity target imply: `PADDING_COLUMNS`.

    `settings` has columns dataset, mean_tokens, padded_tokens and target_sparsity (1 - multiply-adds /
    dense multiply-adds, no padding in either). speedup_unpadded = 1 / (1 - target); speedup_padded =
    that times `padding_factor`. It is what the target asks for: what a model reached may differ.
    """
    frame = settings[list(PADDING_COLUMNS[:4])]
    mean, padded = (frame[name].to_numpy() for name in ("mean_tokens", "padded_tokens"))
    unpadded, factor = 1 / (1 - frame["target_sparsity"]), padding_factor(mean, padded, BERT_BASE)
    whole = unpadded * factor
    shares = padding_share(factor, whole)
    return frame.assign(
        speedup_unpadded=unpadded, padding_factor=factor, speedup_padded=whole, padding_share=shares
    )
