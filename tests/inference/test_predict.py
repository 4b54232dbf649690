"""One prediction per text: mean probability, sums of tokens and FLOPs over its windows."""

from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.toys import LABELS, texts
from workbench.inference.predict import predict, quality
from workbench.models.inference import infer

PARTS = texts((9, 12, 5, 7, 9))
WINDOWS = [
    replace(PARTS[0], text_id="long", window=0, label=1),
    replace(PARTS[1], text_id="short", window=0, label=0),
    replace(PARTS[2], text_id="long", window=1, label=1),
    replace(PARTS[3], text_id="other", window=0, label=1),
    replace(PARTS[4], text_id="long", window=2, label=1),
]
ROWS = {"long": [0, 2, 4], "short": [1], "other": [3]}
METHODS = ["dense", "distilbert", "adapler", "top", "powerbert", "trbert"]


@pytest.mark.parametrize("method", METHODS)
def test_windows_become_texts(make_model, method: str) -> None:
    model = make_model(method)
    frame = predict(model, WINDOWS, "test", batch_size=2)
    result = infer(model, WINDOWS)
    flops, dense = model.costs.of_windows(WINDOWS, result.tokens, result.tokens_ffn)
    assert frame["text_id"].tolist() == list(ROWS)
    for (_, rows), (_, row) in zip(ROWS.items(), frame.iterrows(), strict=True):
        mean = model.task_type.answers(result.logits)[rows].mean(axis=0)
        assert [row["prob_neg"], row["prob_pos"]] == pytest.approx(mean.tolist(), abs=1e-5)
        assert row["predicted"] == LABELS[mean.argmax()]
        assert row["label"] == LABELS[WINDOWS[rows[0]].label]
        assert row["tokens"] == result.tokens[rows].sum(axis=0).tolist()
        assert row["flops"] == flops[rows].sum()
        assert row["flops_dense"] == dense[rows].sum()
        assert (row["flops"] == row["flops_dense"]) == (method == "dense")


def test_the_table_has_the_columns_of_the_contract(make_model) -> None:
    frame = predict(make_model("top"), WINDOWS, "dev")
    assert list(frame.columns) == [
        "method", "split", "text_id", "label", "predicted", "prob_neg", "prob_pos",
        "tokens", "flops", "flops_dense",
    ]  # fmt: skip
    assert set(frame["method"]) == {"top"}
    assert set(frame["split"]) == {"dev"}


def test_probabilities_are_averaged_not_votes(make_model, monkeypatch) -> None:
    from workbench.core.inference import Inference

    # Two windows lean to neg, one is sure of pos: mean (0.37, 0.63).
    pos = np.array([0.45, 0.5, 0.45, 0.5, 0.99])
    fake = Inference(np.log(np.stack([1 - pos, pos], axis=1)), np.full((5, 4), 3), np.full((5, 4), 3))
    model = make_model()
    monkeypatch.setattr(type(model), "infer", lambda *_: fake)
    frame = predict(model, WINDOWS, "test")
    assert frame.loc[0, "prob_pos"] == pytest.approx(0.63)
    assert frame.loc[0, "predicted"] == "pos"
    assert frame.loc[0, "tokens"] == [9, 9, 9, 9]


@pytest.mark.parametrize("method", METHODS)
def test_quality_is_over_texts(make_model, method: str) -> None:
    model = make_model(method)
    frame, facts = predict(model, WINDOWS, "dev"), quality(model, WINDOWS)
    hits = sum(frame["label"] == frame["predicted"])
    assert facts["quality"] == pytest.approx(hits / 3)
    assert facts["speedup"] == pytest.approx(frame["flops_dense"].sum() / frame["flops"].sum())
    assert (facts["speedup"] > 1) == (method != "dense")
    tokens = np.array(frame["tokens"].to_list())
    np.testing.assert_allclose(facts["tokens"], tokens.mean(axis=0), atol=0.01)
