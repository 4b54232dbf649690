"""ModernBERT: a token that stays keeps its place and its window, as in the stock model with a mask."""

import pytest
import torch

from tests.helpers.families import tiny_model
from tests.helpers.toys import texts
from workbench.models.backbones import backbone_of
from workbench.models.classifier import PruningClassifier
from workbench.models.interventions.replay import ReplayPolicy
from workbench.models.policies.base import Policy
from workbench.pipeline.bench.timing import in_bfloat16

WINDOWS = texts([24, 17, 24])


@pytest.mark.parametrize("execution", ["packed", "masked"])
@pytest.mark.parametrize("variant", ["modernbert", "modernbert, [CLS]", "modernbert, biases"])
@torch.no_grad()
def test_dropped_tokens_equal_the_stock_model_with_these_tokens_masked(variant, execution) -> None:
    """Tokens dropped before the first layer are as padding: the stock model takes a mask of them."""
    stock = tiny_model(variant)
    inputs = backbone_of(stock).padded_inputs(WINDOWS)
    stays = inputs["attention_mask"].bool() & (torch.rand(3, 24, generator=seeded()) < 0.5)
    stays[:, 0] = True
    policy = ReplayPolicy(stays[:, None].expand(-1, stock.config.num_hidden_layers, -1))
    found = PruningClassifier(stock, policy).eval()(WINDOWS, execution=execution)
    expected = stock(**inputs | {"attention_mask": stays.long()}).logits
    assert found.tokens[:, 0].tolist() == stays.sum(1).tolist()
    torch.testing.assert_close(found.logits, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("execution", ["packed", "masked"])
@torch.no_grad()
def test_tokens_that_drop_later_are_masked_in_the_layers_after(execution) -> None:
    """The stock layers one by one, each with a mask of the keys that are left."""
    stock = tiny_model("modernbert")
    layers, batch = stock.config.num_hidden_layers, len(WINDOWS)
    inputs = backbone_of(stock).padded_inputs(WINDOWS)
    left = inputs["attention_mask"].bool()
    alive = []
    for layer in range(layers):
        left = left & (torch.rand(left.shape, generator=seeded(layer)) < 0.8)
        left[:, 0] = True
        alive.append(left)
    found = PruningClassifier(stock, ReplayPolicy(torch.stack(alive, 1))).eval()(
        WINDOWS, execution=execution
    )
    encoder, places = stock.model, torch.arange(24).expand(batch, -1)
    hidden = encoder.embeddings(input_ids=inputs["input_ids"])
    near = (places[0, :, None] - places[0, None, :]).abs() <= stock.config.sliding_window
    for layer, keys in zip(encoder.layers, alive, strict=True):
        seen = keys[:, None, None, :].expand(-1, 1, 24, -1)
        if layer.attention_type == "sliding_attention":
            seen = seen & near
        # A dead query may see nothing; what it computes is in no key of a later layer.
        mask = torch.zeros(seen.shape).masked_fill(~seen, -1e9)
        rotated = encoder.rotary_emb(hidden, places, layer.attention_type)
        hidden = layer(hidden, attention_mask=mask, position_embeddings=rotated)
    weights = alive[-1].float()[..., None]
    mean = (encoder.final_norm(hidden) * weights).sum(1) / weights.sum(1)
    torch.testing.assert_close(found.logits, stock.classifier(stock.head(mean)), atol=1e-5, rtol=0)


@torch.no_grad()
def test_half_precision_makes_numbers_where_padding_sees_no_token() -> None:
    """In bfloat16 the mask of padding and that of the window are both minus infinity."""
    model = PruningClassifier(in_bfloat16(tiny_model("modernbert")), Policy()).eval()
    windows = texts([4, 40])
    masked = model(windows, execution="masked", show="received")
    torch.testing.assert_close(masked.logits, model(windows).logits, atol=0.1, rtol=0)


def test_half_precision_leaves_rotary_frequencies_as_they_are() -> None:
    stock = tiny_model("modernbert")
    twin = in_bfloat16(stock)
    for name, buffer in stock.named_buffers():
        assert dict(twin.named_buffers())[name].equal(buffer)
    assert twin.classifier.weight.dtype == torch.bfloat16


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
