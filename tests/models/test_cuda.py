"""On a GPU: the same results as on the CPU, one wait per layer, and streaming; skipped without one."""

import copy
import warnings

import pytest
import torch

from tests.helpers.toys import METHODS, RAGGED, texts, toy_tokenizer
from workbench.inference.classify import classify
from workbench.models.kernels.varlen import suits
from workbench.models.layouts import Packed

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

CLOSE = {"atol": 1e-5, "rtol": 0}


@pytest.mark.parametrize("execution", ["packed", "masked"])
@pytest.mark.parametrize("method", METHODS)
def test_results_equal_those_of_the_cpu(make_model, method: str, execution: str) -> None:
    model, windows = make_model(method), texts(RAGGED)
    with torch.no_grad():
        here = model(windows)
        there = model.to("cuda")(windows, execution=execution)
    torch.testing.assert_close(there.logits.cpu(), here.logits, **CLOSE)
    assert there.tokens.cpu().equal(here.tokens)
    assert there.tokens_ffn.cpu().equal(here.tokens_ffn)


@pytest.mark.parametrize("method", METHODS)
def test_a_layer_waits_for_the_device_once(make_model, method: str) -> None:
    model, windows = make_model(method).to("cuda"), texts(RAGGED)
    with torch.inference_mode():
        model(windows)
        hidden, layout = model.embed(windows, "packed")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            try:
                model.classify(hidden, layout)
            finally:
                torch.cuda.set_sync_debug_mode("default")
    waits = [str(one.message) for one in caught if "synchroniz" in str(one.message)]
    assert len(waits) <= model.layers, waits


def test_gradients_equal_those_of_the_cpu(make_model) -> None:
    here, windows = make_model(), texts(RAGGED)
    there = copy.deepcopy(here).to("cuda")
    for model in (here, there):
        model(windows).logits.square().sum().backward()
    for one, other in zip(here.stock.parameters(), there.stock.parameters(), strict=True):
        if one.grad is not None:
            torch.testing.assert_close(other.grad.cpu(), one.grad, atol=1e-4, rtol=1e-4)


def test_attention_of_these_models_is_the_fused_one(make_model) -> None:
    layout, _ = Packed.from_windows(texts(RAGGED), "cuda")
    assert suits(torch.zeros(1, 2, len(layout.positions), 8, device="cuda"))
    assert layout.bounds.tolist()[-1] == sum(RAGGED)


def test_without_the_fused_operator_attention_runs_in_buckets(make_model, monkeypatch) -> None:
    model, windows = make_model("adapler").to("cuda"), texts(RAGGED)
    with torch.no_grad():
        fused = model(windows)
        monkeypatch.setattr("workbench.models.layouts.packed.suits", lambda query: False)
        bucketed = model(windows)
    torch.testing.assert_close(bucketed.logits, fused.logits, **CLOSE)
    assert bucketed.tokens.equal(fused.tokens)


def test_half_precision_puts_texts_into_the_same_classes(make_model) -> None:
    model, windows = make_model().to("cuda"), texts(RAGGED)
    with torch.inference_mode():
        whole = model(windows).logits
        half = copy.deepcopy(model).to(torch.bfloat16)(windows).logits
    clear = (whole[:, 0] - whole[:, 1]).abs() > 0.2
    assert clear.any()
    assert whole.argmax(1)[clear].equal(half.argmax(1)[clear])


@pytest.mark.parametrize("method", METHODS)
def test_streaming_gives_what_the_cpu_gives(make_model, method: str) -> None:
    model = make_model(method)
    sentences = ["a b c d", "e", "f g h i j k l m", "n o p"]
    here = list(classify(model, toy_tokenizer(), sentences, batch_size=2))
    there = list(classify(model.to("cuda"), toy_tokenizer(), sentences, batch_size=2))
    for one, other in zip(here, there, strict=True):
        assert (one.text_id, one.predicted, one.flops) == (other.text_id, other.predicted, other.flops)
        assert other.probabilities == pytest.approx(one.probabilities, abs=1e-5)
