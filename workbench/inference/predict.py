"""From windows to texts: one prediction per text, whatever number of windows it was cut into."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.core.documents import Window
from workbench.core.inference import Inference
from workbench.inference.model import Model
from workbench.metrics.classification import primary_metric


def predict(model: Model, windows: Sequence[Window], split: str, batch_size: int = 32) -> pd.DataFrame:
    """Return one row per text, with the columns of predictions.parquet (see `Run.predictions`).

    A text's probabilities, or its value, are the mean over its windows; tokens (per layer, in its
    self-attention) and FLOPs (which also know the tokens in the feed-forward parts) are their sums. Rows
    come in the order in which the texts first appear.

    Args:
        model, windows: A trained classifier, and the windows of the texts.
        split: The name for the column `split`.
        batch_size: Windows in a batch.
    """
    return text_frame(model, windows, model.infer(windows, batch_size), split)


def text_frame(model: Model, windows: Sequence[Window], result: Inference, split: str) -> pd.DataFrame:
    """Return the same as `predict` from what the windows have given already.

    Args:
        model, windows, split: As of `predict`.
        result: What the model gave for each window.
    """
    flops, dense = model.costs.of_windows(windows, result.tokens, result.tokens_ffn)
    texts: dict[str, list[int]] = {}
    for index, window in enumerate(windows):
        texts.setdefault(window.text_id, []).append(index)
    task_type = model.task_type
    answers = task_type.answers(result.logits)
    answers = np.stack([answers[rows].mean(axis=0) for rows in texts.values()])
    columns = {
        "method": model.method,
        "split": split,
        "text_id": list(texts),
        "label": [task_type.truth(windows[rows[0]].label) for rows in texts.values()],
        **task_type.columns(answers),
        **_label_shares(model, [windows[rows[0]] for rows in texts.values()]),
        "tokens": [result.tokens[rows].sum(axis=0).tolist() for rows in texts.values()],
        "flops": [int(flops[rows].sum()) for rows in texts.values()],
        "flops_dense": [int(dense[rows].sum()) for rows in texts.values()],
    }
    return pd.DataFrame(columns)


def _label_shares(model: Model, windows: Sequence[Window]) -> dict[str, np.ndarray]:
    """Return the columns `share_<class>` where several annotators labelled a text; NaN where one did."""
    if all(window.label_shares is None for window in windows):
        return {}
    unknown = np.full(len(model.labels), np.nan, dtype=np.float32)
    shares = np.stack([unknown if w.label_shares is None else w.label_shares for w in windows])
    return {f"share_{name}": shares[:, index] for index, name in enumerate(model.labels)}


def quality(model: Model, windows: Sequence[Window]) -> dict[str, Any]:
    """Return dev metrics of training: primary metric, unpadded FLOPs speed-up, mean tokens per layer."""
    frame = predict(model, windows, "dev")
    tokens = np.stack(frame["tokens"].to_list())
    return {
        "quality": primary_metric(frame["label"].to_numpy(), frame["predicted"].to_numpy())[1],
        "speedup": float(frame["flops_dense"].sum() / frame["flops"].sum()),
        "tokens": tokens.mean(axis=0).round(2).tolist(),
    }
