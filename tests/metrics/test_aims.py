"""What settings asked for, held against predictions on dev whose values are worked by hand."""

import numpy as np
import pandas as pd
import pytest

from workbench.metrics.aims import Aim, held_aims


def predictions(label: list, dense: list, own: list) -> pd.DataFrame:
    """A dense model and `own`, which saves 60 % of the FLOPs and drops half of its tokens."""
    parts = []
    for method, predicted, flops, tokens in (("dense", dense, 100, [8, 8]), ("own", own, 40, [6, 2])):
        dev = {"label": label, "predicted": predicted}
        rest = {"method": method, "flops": flops, "flops_dense": 100}
        frame = pd.DataFrame(dev | rest | {"text_id": range(len(label)), "split": "dev"})
        frame["tokens"] = [np.array(tokens)] * len(frame)
        parts += [frame, frame.assign(split="test", predicted=label, flops=1)]
    return pd.concat(parts, ignore_index=True)


CLASSES = predictions(["a"] * 100, ["a"] * 85 + ["b"] * 15, ["a"] * 82 + ["b"] * 18)
VALUES = predictions([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 3.0, 2.0])


@pytest.mark.parametrize(
    ("frame", "quantity", "wanted", "slack", "name", "got", "reached"),
    [
        (CLASSES, "quality_lost", 0.01, 0.0, "accuracy_lost", 0.03, False),
        # 0.85 - 0.82 is a little more than 0.03 in binary.
        (CLASSES, "quality_lost", 0.03, 0.0, "accuracy_lost", 0.03, True),
        (CLASSES, "quality_lost", 0.0, 0.03, "accuracy_lost", 0.03, True),
        (VALUES, "quality_lost", 0.4, 0.0, "pearson_lost", 0.5, False),
        (CLASSES, "flops_saved", 0.6, 0.0, "flops_saved", 0.6, True),
        (CLASSES, "flops_saved", 0.62, 0.02, "flops_saved", 0.6, True),
        (CLASSES, "flops_saved", 0.65, 0.02, "flops_saved", 0.6, False),
        (CLASSES, "flops_saved", 0.1, 0.0, "flops_saved", 0.6, True),
        (CLASSES, "tokens_dropped", 0.5, 0.0, "tokens_dropped", 0.5, True),
        (CLASSES, "tokens_dropped", 0.6, 0.0, "tokens_dropped", 0.5, False),
    ],
)
def test_an_aim_is_reached_or_not(frame, quantity, wanted, slack, name, got, reached) -> None:
    held = held_aims(frame, [Aim("own", "limit", quantity, wanted, slack)])
    (row,) = held.to_dict("records")
    assert row == {
        "method": "own", "split": "dev", "setting": "limit", "quantity": name, "wanted": wanted,
        "slack": slack, "got": pytest.approx(got), "reached": reached,
    }  # fmt: skip


def test_a_correlation_that_is_none_reaches_nothing() -> None:
    frame = predictions([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [2.0, 2.0, 2.0])
    assert held_aims(frame, [Aim("own", "limit", "quality_lost", 0.9)])["reached"].tolist() == [False]
