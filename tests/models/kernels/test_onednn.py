"""Linear layers on oneDNN give what torch gives, forward and backward, and stay ordinary layers."""

import copy

import pytest
import torch
from torch import nn

from workbench.models.kernels.onednn import (
    OneDnnLinear,
    inputs_only,
    linear_kernels,
    onednn_available,
    use_onednn,
)

pytestmark = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="this torch comes without oneDNN"
)


def layers(bias: bool = True) -> tuple[nn.Linear, OneDnnLinear]:
    """A stock layer, and ours with equal weights."""
    torch.manual_seed(0)
    stock = nn.Linear(160, 128, bias=bias)
    return stock, OneDnnLinear.from_linear(copy.deepcopy(stock))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(1, 160), (1, 7, 160), (3, 5, 160)])
def test_forward_and_gradients_are_torchs(shape: tuple[int, ...], bias: bool) -> None:
    stock, quick = layers(bias)
    x = torch.randn(shape)
    results = []
    for layer in (stock, quick):
        own = x.clone().requires_grad_()
        with linear_kernels("onednn"):
            out = layer(own)
            (out * torch.arange(out.numel()).view_as(out) / out.numel()).sum().backward()
        results.append((out, own.grad, *(value.grad for value in layer.parameters())))
    for expected, found in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_inference_follows_a_weight_that_changes() -> None:
    stock, quick = layers()
    x = torch.randn(4, 160)
    with torch.inference_mode(), linear_kernels("onednn"):
        quick(x)
    with torch.no_grad():
        for layer in (stock, quick):
            layer.weight.mul_(2.0)
    with torch.inference_mode(), linear_kernels("onednn"):
        torch.testing.assert_close(quick(x), stock(x), rtol=1e-4, atol=1e-5)
        quick.load_state_dict(nn.Linear(160, 128).state_dict())
        assert not torch.allclose(quick(x), stock(x), atol=1e-2)


@pytest.mark.parametrize("mixed", [False, True])
def test_inference_follows_a_fused_optimiser(mixed: bool) -> None:
    _, quick = layers()
    x = torch.randn(4, 160)
    optimizer = torch.optim.AdamW(quick.parameters(), lr=0.1, fused=True)
    with linear_kernels("onednn"):
        with torch.inference_mode():
            before = quick(x)
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            loss = quick(x).float().square().sum()
        loss.backward()
        optimizer.step()
        with torch.inference_mode():
            found = quick(x)
    torch.testing.assert_close(found, nn.functional.linear(x, quick.weight, quick.bias))
    assert not torch.allclose(found, before, atol=0.1)


def test_inputs_only_spares_the_weights() -> None:
    _, quick = layers()
    x = torch.randn(4, 160, requires_grad=True)
    with linear_kernels("onednn"):
        out = quick(x).sum()
        with inputs_only():
            out.backward()
    assert x.grad is not None
    assert quick.weight.grad is None
    assert quick.bias.grad is None


def test_other_types_and_the_named_choice_are_left_to_torch() -> None:
    _, quick = layers()
    x = torch.randn(4, 160)
    with linear_kernels("stock"):
        assert not quick.uses_onednn(x)
    with linear_kernels("onednn"):
        assert quick.uses_onednn(x)
        with torch.autocast("cpu", torch.bfloat16):
            assert not quick.uses_onednn(x)
        assert not quick.uses_onednn(x[:0])
        assert not quick.double().uses_onednn(x.double())


def test_larger_layers_are_replaced_where_they_stand_with_the_same_parameters() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.ModuleDict({"inner": nn.Linear(128, 128)})).eval()
    parameters, drawn = list(model.named_parameters()), torch.get_rng_state()
    use_onednn(model)
    assert drawn.equal(torch.get_rng_state())
    assert [type(model[0]), type(model[1]["inner"])] == [nn.Linear, OneDnnLinear]
    assert not model[1]["inner"].training
    for (name, before), (same, after) in zip(parameters, model.named_parameters(), strict=True):
        assert name == same
        assert before is after
    replaced = model[1]["inner"]
    use_onednn(model)
    assert model[1]["inner"] is replaced


def absent(*arguments) -> torch.Tensor:
    raise AttributeError("no such operator")


def wrong(*arguments) -> torch.Tensor:
    return torch.zeros(2, 2)


@pytest.fixture
def tried_anew():
    onednn_available.cache_clear()
    yield
    onednn_available.cache_clear()


@linear_kernels("onednn")
def outputs_in_each_mode(layer: nn.Linear, x: torch.Tensor) -> list[torch.Tensor]:
    trained = layer(x)
    trained.sum().backward()
    with torch.inference_mode():
        return [trained, layer.weight.grad, layer(x)]


BROKEN = [
    ("_reorder_linear_weight", absent),
    ("_linear_pointwise", absent),
    ("_linear_pointwise", wrong),
]


@pytest.mark.parametrize(("operator", "broken"), BROKEN)
def test_without_the_operators_torchs_own_stand_in_and_one_warning_says_so(
    tried_anew, monkeypatch: pytest.MonkeyPatch, operator: str, broken
) -> None:
    (stock, quick), x = layers(), torch.randn(4, 160)
    monkeypatch.setattr(torch.ops.mkldnn, operator, broken)
    with pytest.warns(UserWarning, match="no oneDNN product, slower operators stand in") as seen:
        found = outputs_in_each_mode(quick, x)
    assert len(seen) == 1
    for mine, expected in zip(found, outputs_in_each_mode(stock, x), strict=True):
        assert mine.equal(expected)


def test_a_model_that_has_run_can_be_copied() -> None:
    (_, layer), x = layers(), torch.randn(3, 160)
    with linear_kernels("onednn"), torch.inference_mode():
        before = layer(x)
    twin = copy.deepcopy(layer)
    with linear_kernels("onednn"), torch.inference_mode():
        torch.testing.assert_close(twin(x), before)
        assert twin.to(torch.bfloat16)(x.bfloat16()).dtype is torch.bfloat16
