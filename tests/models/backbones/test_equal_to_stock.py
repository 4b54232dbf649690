"""Every family: keep-all = the stock classifier, masked = packed, a text alone = a text in company."""

import pytest
import torch

from tests.helpers.families import VARIANTS, tiny_model
from tests.helpers.toys import METHODS, MOVED, RAGGED, policy_of, texts
from workbench.models.backbones import backbone_of
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy

CLOSE = {"atol": 1e-5, "rtol": 1e-5}


@pytest.fixture(scope="module", params=VARIANTS)
def stock(request):
    return tiny_model(request.param)


@pytest.mark.parametrize("execution", ["packed", "masked"])
@torch.no_grad()
def test_keep_all_equals_the_stock_classifier(stock, execution) -> None:
    windows = texts(RAGGED)
    expected = stock(**backbone_of(stock).padded_inputs(windows)).logits
    ours = PruningClassifier(stock, Policy()).eval()(windows, execution=execution)
    torch.testing.assert_close(ours.logits, expected, **CLOSE)
    assert torch.pdist(expected).min() > 1e-3


@pytest.mark.parametrize("method", METHODS + MOVED)
@torch.no_grad()
def test_packed_equals_masked_and_each_text_alone(stock, method) -> None:
    windows = texts(RAGGED)
    model = PruningClassifier(stock, policy_of(method, stock.config)).eval()
    packed, masked = model(windows), model(windows, execution="masked")
    torch.testing.assert_close(packed.logits, masked.logits, **CLOSE)
    assert packed.tokens.equal(masked.tokens)
    for row, window in enumerate(windows):
        torch.testing.assert_close(model([window]).logits[0], packed.logits[row], **CLOSE)
