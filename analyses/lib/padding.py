"""What part of a published speed-up is padding that the dense model computed and nobody needs."""

import numpy as np
import pandas as pd

from workbench.metrics.efficiency.flops import Shape, dense_flops

COLUMNS = (
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
    """Compute the speed-ups that token lengths and a sparsity target imply, columns of `COLUMNS`.

    `settings` has columns dataset, mean_tokens, padded_tokens and target_sparsity (1 - multiply-adds /
    dense multiply-adds, no padding in either). speedup_unpadded = 1 / (1 - target); speedup_padded =
    that times `padding_factor`. It is what the target asks for: what a model reached may differ.
    """
    frame = settings[["dataset", "mean_tokens", "padded_tokens", "target_sparsity"]].copy()
    frame["speedup_unpadded"] = 1 / (1 - frame["target_sparsity"])
    frame["padding_factor"] = padding_factor(
        frame["mean_tokens"].to_numpy(), frame["padded_tokens"].to_numpy(), BERT_BASE
    )
    frame["speedup_padded"] = frame["speedup_unpadded"] * frame["padding_factor"]
    frame["padding_share"] = padding_share(
        frame["padding_factor"].to_numpy(), frame["speedup_padded"].to_numpy()
    )
    return frame[list(COLUMNS)]
