"""Masked = packed, batch of N = one by one, keep-all = the stock Hugging Face classifier."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import BertForSequenceClassification

from tests.helpers.toys import KEEP_ALL, METHODS, MOVED, RAGGED, texts
from workbench.models.classifier import PruningClassifier
from workbench.models.inference import Output
from workbench.models.layouts import Padded

CLOSE = {"atol": 1e-5, "rtol": 0}


@pytest.fixture(scope="module", params=METHODS + MOVED)
def maker(request, make_model):
    """Models of one method, by seed."""
    models: dict[int, PruningClassifier] = {}

    def get(seed: int = 0) -> PruningClassifier:
        if seed not in models:
            models[seed] = make_model(request.param, seed)
        return models[seed]

    return get


@torch.no_grad()
def run(model: PruningClassifier, windows, execution: str = "packed") -> Output:
    return model(windows, execution=execution)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.integers(2, 24), min_size=1, max_size=7), st.integers(0, 10_000), st.integers(0, 4))
def test_masked_equals_packed(maker, lengths, seed, policy) -> None:
    model, windows = maker(policy), texts(lengths, seed)
    packed, masked = run(model, windows), run(model, windows, "masked")
    torch.testing.assert_close(packed.logits, masked.logits, **CLOSE)
    assert packed.tokens.equal(masked.tokens)
    if model.policy.method in KEEP_ALL:
        assert (packed.tokens == torch.tensor(lengths)[:, None]).all()
    assert packed.tokens.min() >= 1


def test_a_batch_of_short_and_equal_texts_loses_many_tokens_and_stays_equal(maker) -> None:
    model, windows = maker(), texts(RAGGED)
    packed, masked = run(model, windows), run(model, windows, "masked")
    torch.testing.assert_close(packed.logits, masked.logits, **CLOSE)
    assert packed.tokens.equal(masked.tokens)
    assert packed.tokens_ffn.equal(masked.tokens_ffn)
    left = packed.tokens[:, -1].sum().item() / sum(RAGGED)
    assert left == 1 if model.policy.method in KEEP_ALL else left < 0.7
    assert (packed.tokens.diff(dim=1) <= 0).all()


@pytest.mark.parametrize("execution", ["packed", "masked"])
def test_a_batch_equals_each_text_alone(maker, execution: str) -> None:
    model, windows = maker(), texts(RAGGED)
    together = run(model, windows, execution)
    for row, window in enumerate(windows):
        alone = run(model, [window], execution)
        torch.testing.assert_close(together.logits[row], alone.logits[0], **CLOSE)
        assert together.tokens[row].equal(alone.tokens[0])


@pytest.mark.parametrize("execution", ["packed", "masked"])
def test_order_and_company_do_not_matter(maker, execution: str) -> None:
    model, windows = maker(), texts(RAGGED)
    order = [5, 0, 7, 3]
    before = run(model, windows, execution)
    after = run(model, [windows[index] for index in order] + texts([24, 4], seed=9), execution)
    torch.testing.assert_close(after.logits[:4], before.logits[order], **CLOSE)
    assert after.tokens[:4].equal(before.tokens[order])


@pytest.mark.parametrize("execution", ["packed", "masked"])
def test_a_last_layer_for_cls_alone_gives_the_same(maker, execution: str) -> None:
    model, windows = maker(), texts(RAGGED)
    with torch.no_grad():
        hidden, layout = model.embed(windows, execution)
        whole, alone = model.encode(hidden, layout), model.encode(hidden, layout, cls_only=True)
        torch.testing.assert_close(model.head(alone), model.head(whole), **CLOSE)
    assert alone.hidden.shape[:2].numel() == len(windows)
    assert alone.tokens.equal(whole.tokens)
    assert alone.tokens_ffn.equal(whole.tokens_ffn)


def test_a_classifier_that_is_asked_for_more_runs_the_whole_last_layer(maker) -> None:
    model, windows = maker(), texts(RAGGED)
    shown: list[int] = []
    with torch.no_grad():
        tokens = model(windows, observe=lambda state: shown.append(state.left.shape[1])).tokens_ffn
    assert shown == tokens.sum(0).tolist()


def test_texts_of_a_batch_differ_from_each_other(maker) -> None:
    logits = run(maker(), texts(RAGGED)).logits
    assert torch.pdist(logits).min() > 1e-3


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("execution", ["packed", "masked"])
def test_keep_all_equals_the_stock_classifier(make_model, tiny_folder, attention, execution) -> None:
    windows = texts(RAGGED)
    layout, inputs = Padded.from_windows(windows)
    stock = BertForSequenceClassification.from_pretrained(
        tiny_folder, attn_implementation=attention
    ).eval()
    with torch.no_grad():
        expected = stock(
            input_ids=inputs.input_ids,
            token_type_ids=inputs.token_type_ids,
            attention_mask=layout.alive.long(),
        ).logits
    torch.testing.assert_close(run(make_model(), windows, execution).logits, expected, **CLOSE)


@pytest.mark.parametrize("execution", ["packed", "masked"])
def test_recording_attention_changes_no_logit(maker, execution: str) -> None:
    model, windows = maker(), texts(RAGGED)
    with torch.no_grad():
        shown = model(windows, execution=execution, show="received")
    torch.testing.assert_close(shown.logits, run(model, windows, execution).logits, **CLOSE)
    assert all(trace.received is not None for trace in shown.traces)


def test_soft_adapler_with_an_endless_slope_is_the_hard_rule(make_model) -> None:
    model, windows = make_model("adapler"), texts(RAGGED)
    model.policy.slope = 1e12
    with torch.no_grad():
        soft = model(windows, execution="masked", soft=True)
    hard = run(model, windows, "masked")
    torch.testing.assert_close(soft.logits, hard.logits, **CLOSE)
    left = torch.stack([trace.passed.soft.sum(1) for trace in soft.traces], dim=1)
    torch.testing.assert_close(left, hard.tokens.float(), atol=1e-4, rtol=0)


def test_soft_top_with_open_gates_is_the_dense_model(make_model) -> None:
    model, windows = make_model("top"), texts(RAGGED)
    with torch.no_grad():
        model.policy.fine.fill_(30.0)
        soft = model(windows, execution="masked", soft=True)
    torch.testing.assert_close(soft.logits, run(make_model(), windows).logits, **CLOSE)


def test_the_feed_forward_part_in_blocks_equals_the_whole(maker, monkeypatch) -> None:
    model, windows = maker(), texts(RAGGED)
    whole = run(model, windows)
    monkeypatch.setattr("workbench.models.encoder.FEED_FORWARD_TOKENS", 7)
    sizes = []
    inner = model.backbone.layers[0].inner
    hook = inner.register_forward_pre_hook(lambda module, given: sizes.append(given[0].shape[1]))
    blocks = run(model, windows)
    hook.remove()
    assert len(sizes) > 1
    assert max(sizes) == 7
    torch.testing.assert_close(blocks.logits, whole.logits, **CLOSE)
    assert blocks.tokens.equal(whole.tokens)
