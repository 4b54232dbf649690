"""Attention over texts that lie end to end: tried before it is used, and done in buckets without it."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from tests.helpers.toys import RAGGED, texts
from workbench.models.kernels import varlen
from workbench.models.layouts import Packed, packed

CPU = torch.device("cpu")


def one_by_one(query, key, value, bounds, longest, scaling, dropout, query_bounds=None) -> torch.Tensor:
    """What the fused operator computes, text by text."""
    assert longest == bounds.diff().max()
    sizes = bounds.diff().tolist()
    queries = sizes if query_bounds is None else query_bounds.diff().tolist()
    split = (query.split(queries, dim=2), *(part.split(sizes, dim=2) for part in (key, value)))
    parts = zip(*split, strict=True)
    outputs = [scaled_dot_product_attention(*part, scale=scaling, dropout_p=dropout) for part in parts]
    return torch.cat(outputs, dim=2).transpose(1, 2)


def wrong(*arguments) -> torch.Tensor:
    return one_by_one(*arguments) + 1


@pytest.fixture(autouse=True)
def tried_anew():
    varlen.varlen_available.cache_clear()
    yield
    varlen.varlen_available.cache_clear()


def test_where_the_operator_does_not_run_one_warning_says_so() -> None:
    with pytest.warns(
        UserWarning, match="no packed attention on cpu, slower operators stand in"
    ) as seen:
        assert [varlen.varlen_available(CPU) for _ in range(3)] == [False] * 3
    assert len(seen) == 1


def test_an_operator_that_computes_something_else_is_not_used(monkeypatch) -> None:
    monkeypatch.setattr(varlen, "attend_varlen", wrong)
    with pytest.warns(UserWarning, match=r"its result is off by 1\.0"):
        assert not varlen.varlen_available(CPU)


@pytest.mark.parametrize("available", [True, False])
def test_logits_are_the_same_with_and_without_the_operator(make_model, monkeypatch, available) -> None:
    model, windows, calls = make_model("adapler"), texts(RAGGED), []

    def counted(*arguments, **more) -> torch.Tensor:
        calls.append(arguments)
        return one_by_one(*arguments, **more)

    expected = model(windows)
    monkeypatch.setattr(varlen, "attend_varlen", counted)
    monkeypatch.setattr(packed, "attend_varlen", counted)
    monkeypatch.setattr(packed, "suits", lambda query: available and varlen.varlen_available(CPU))
    found = model(windows)
    torch.testing.assert_close(found.logits, expected.logits, atol=1e-5, rtol=0)
    assert found.tokens.equal(expected.tokens)
    assert len(calls) == (model.layers + 1 if available else 0)


@pytest.mark.parametrize(("width", "device"), [(8, "cpu"), (7, "cuda")])
def test_other_devices_and_odd_widths_stay_with_buckets(width: int, device: str) -> None:
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    assert not varlen.suits(torch.zeros(1, 2, 5, width, device=device))
    layout, _ = Packed.from_windows(texts(RAGGED))
    assert layout.bounds.tolist()[-1] == sum(RAGGED)
