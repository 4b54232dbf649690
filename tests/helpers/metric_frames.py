"""Small metric tables written out by hand."""

import numpy as np
import pandas as pd

from workbench.metrics import schemas

CLASSIFICATION = pd.DataFrame(
    [
        ("top", "test", "accuracy", 0.75, 0.5, 1.0, 4),
        ("dense", "test", "accuracy", 0.8, 0.6, 0.9, 4),
        ("dense", "test", "macro_f1", 0.7, np.nan, np.nan, 4),
    ],
    columns=list(schemas.CLASSIFICATION.columns),
)
EFFICIENCY = pd.DataFrame(
    [
        ("top", "test", "flops_speedup_unpadded", pd.NA, 2.5),
        ("top", "test", "tokens_kept_share", pd.NA, 0.4),
        ("hf", "test", "seconds_median", 8, 3.0),
        ("top", "test", "seconds_median", 8, 1.5),
        ("top", "test", "speedup_vs_hf", 8, 2.0),
        ("top", "test", "realised_share", 8, 0.8),
    ],
    columns=list(schemas.EFFICIENCY.columns),
).astype({"batch_size": "Int64"})
AIMS = schemas.AIMS.frame(
    [
        ("adapler", "dev", "tolerance", "accuracy_lost", 0.01, 0.0, 0.032, False),
        ("top", "dev", "target_sparsity", "flops_saved", 0.45, 0.02, 0.4, False),
        ("top", "dev", "limit", "accuracy_lost", 0.01, 0.0, 0.0, True),
    ]
)
"""Of the aims of ToP one is reached."""


def plausibility_rows(rows: list[tuple[str, str, int, str, str, float]]) -> pd.DataFrame:
    columns = ["scorer", "method", "layer", "selection", "metric", "value"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(split="test", unit="token", universe="with-evidence", ci_low=0, ci_high=1, n=9)
