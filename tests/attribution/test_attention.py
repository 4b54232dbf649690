"""Attention and rollout scores against the stock model's own attentions."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.helpers.bert_blocks import rollout
from tests.helpers.toys import RAGGED, texts, toy_tokenizer
from workbench.attribution.run import score_windows

WINDOWS = texts(RAGGED)


def attention_scores(model, windows) -> dict[str, list]:
    """Records by scorer, in the order of the windows."""
    found: dict[str, dict] = {"attention": {}, "rollout": {}}
    for record in score_windows(list(found), model, toy_tokenizer(), windows):
        found[record.scorer][record.text_id] = record
    return {name: [by_id[w.text_id] for w in windows] for name, by_id in found.items()}


def stock_attentions(stock, window) -> tuple[torch.Tensor, ...]:
    """Per layer (1, heads, n, n) of one text without padding."""
    with torch.no_grad():
        return stock(
            input_ids=torch.from_numpy(window.input_ids)[None],
            token_type_ids=torch.from_numpy(window.token_type_ids)[None],
            output_attentions=True,
        ).attentions


def test_attention_is_the_mean_over_heads_and_queries(make_model, stock) -> None:
    scores = attention_scores(make_model(), WINDOWS)["attention"]
    for window, scored in zip(WINDOWS, scores, strict=True):
        expected = torch.stack([a[0].mean((0, 1)) for a in stock_attentions(stock, window)])
        np.testing.assert_allclose(scored.scores, expected, atol=1e-6)
        np.testing.assert_allclose(scored.scores.sum(1), 1, atol=1e-5)
        assert scored.kept is None


def test_rollout_is_the_cls_row_of_the_product(make_model, stock) -> None:
    scores = attention_scores(make_model(), WINDOWS)["rollout"]
    for window, scored in zip(WINDOWS, scores, strict=True):
        expected = rollout(stock_attentions(stock, window))[:, 0, 0]
        np.testing.assert_allclose(scored.scores, expected, atol=1e-6)
        np.testing.assert_allclose(scored.scores.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("name", ["attention", "rollout"])
def test_padding_changes_nothing(make_model, name: str) -> None:
    model = make_model()
    together = attention_scores(model, WINDOWS)[name]
    longer = attention_scores(model, [*WINDOWS, replace(texts([40], seed=8)[0], text_id="long")])[name]
    for row, window in enumerate(WINDOWS):
        alone = attention_scores(model, [window])[name][0]
        assert alone.scores.shape == (4, len(window.input_ids))
        assert alone.scores.dtype == np.float32
        np.testing.assert_allclose(together[row].scores, alone.scores, atol=1e-6)
        np.testing.assert_allclose(longer[row].scores, alone.scores, atol=1e-6)


def test_layers_differ(make_model) -> None:
    scores = attention_scores(make_model(), texts([12]))["attention"][0].scores
    assert min(np.abs(np.diff(scores, axis=0)).max(axis=1)) > 1e-3


def test_probabilities_asked_of_the_packed_run_are_an_error(make_model) -> None:
    with pytest.raises(ValueError, match="masked"):
        make_model()(WINDOWS, execution="packed", show="probabilities")
