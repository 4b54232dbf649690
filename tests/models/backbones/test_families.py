"""Every family: FLOPs as torch counts them, folders, what is refused."""

import json

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoModelForSequenceClassification

from tests.helpers.families import FAMILIES, VARIANTS, tiny_model
from tests.helpers.toys import LABELS, METHODS, RAGGED, policy_of, texts, toy_tokenizer, window
from workbench.errors import InputError
from workbench.models.backbones import backbone_of
from workbench.models.classifier import PruningClassifier, load_classifier
from workbench.models.kernels.onednn import linear_kernels
from workbench.models.policies.base import Policy
from workbench.models.pretrained import load_backbone
from workbench.pipeline.export import for_transformers

CLOSE = {"atol": 1e-5, "rtol": 0}


@pytest.mark.parametrize("method", ["dense", "adapler", "top"])
@pytest.mark.parametrize("cls_only", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
@torch.no_grad()
def test_flops_equal_torchs_counter(variant: str, method: str, cls_only: bool) -> None:
    stock = tiny_model(variant)
    model, windows = PruningClassifier(stock, policy_of(method, stock.config)).eval(), texts([9])
    with (
        linear_kernels("stock"),
        sdpa_kernel(SDPBackend.MATH),
        FlopCounterMode(display=False) as counter,
    ):
        output = model(windows, **({} if cls_only else {"show": "nothing"}))
    told = windows, output.tokens.numpy(), output.tokens_ffn.numpy()
    own, _ = model.costs.computed(*told) if cls_only else model.costs.of_windows(*told)
    assert own[0] == counter.get_total_flops() - of_weights_alone(model)


def of_weights_alone(model: PruningClassifier) -> int:
    """FLOPs of DeBERTa's projections of relative positions, which no text's length changes."""
    if model.backbone.model_type != "deberta-v2":
        return 0
    layers = model.backbone.layers
    return sum(layer.relative_terms * 2 * (2 * layer.span) * 16 * 16 for layer in layers)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", METHODS)
@torch.no_grad()
def test_saved_and_exported_models_answer_the_same(tmp_path, family: str, method: str) -> None:
    stock, windows = tiny_model(family), texts(RAGGED)
    model = PruningClassifier(stock, policy_of(method, stock.config)).eval()
    expected = model(windows)
    model.save(tmp_path / "saved", toy_tokenizer())
    for_transformers(model).save_pretrained(tmp_path / "exported")
    toy_tokenizer().save_pretrained(tmp_path / "exported")
    for name in ("saved", "exported"):
        loaded, _ = load_classifier(tmp_path / name)
        found = loaded(windows)
        assert found.logits.equal(expected.logits)
        assert found.tokens_ffn.equal(expected.tokens_ffn)
    theirs = AutoModelForSequenceClassification.from_pretrained(tmp_path / "exported")
    inputs = backbone_of(theirs).padded_inputs(windows)
    torch.testing.assert_close(theirs(**inputs).logits, expected.logits, **CLOSE)


@pytest.mark.parametrize("family", FAMILIES)
@torch.no_grad()
def test_texts_of_exactly_the_longest_length_work(family: str) -> None:
    stock = tiny_model(family)
    model = PruningClassifier(stock, Policy()).eval()
    longest = model.window_limit(None)
    windows = texts([longest, 3])
    expected = stock(**backbone_of(stock).padded_inputs(windows)).logits
    torch.testing.assert_close(model(windows).logits, expected, **CLOSE)
    with pytest.raises(InputError, match=f"has {longest} positions"):
        model([window(range(longest + 1))])


@pytest.mark.parametrize("family", ["roberta", "xlm-roberta", "camembert", "mpnet"])
def test_positions_begin_after_the_paddings_id(family: str) -> None:
    assert PruningClassifier(tiny_model(family), Policy()).window_limit(None) == 64 - 2


@pytest.mark.parametrize("family", FAMILIES)
def test_an_encoder_without_a_head_gets_a_new_one(tmp_path, family: str) -> None:
    stock = tiny_model(family)
    stock.base_model.save_pretrained(tmp_path)
    toy_tokenizer().save_pretrained(tmp_path)
    loaded = load_backbone(str(tmp_path), LABELS)
    own, theirs = stock.base_model.state_dict(), loaded.base_model.state_dict()
    body = [name for name in own if "pooler" not in name]
    assert all(own[name].equal(theirs[name]) for name in body)
    with pytest.raises(InputError, match="weights are missing"):
        load_backbone(str(tmp_path), LABELS, new_head=False)


@pytest.mark.parametrize(
    ("family", "changes", "reason"),
    [
        ("albert", {"inner_group_num": 2}, "inner_group_num 2"),
        ("deberta-v2", {"conv_kernel_size": 3}, "convolution"),
        ("bert", {"is_decoder": True}, "is a decoder"),
        ("camembert", {"pad_token_id": None}, "pad_token_id is null, but positions begin after"),
        ("bert", {"model_type": "gpt2"}, "encoders of the types bert, electra"),
        ("roberta", {"model_type": "longformer"}, "is a 'longformer' model"),
    ],
)
def test_what_cannot_be_pruned_is_refused_with_the_reason(tmp_path, family, changes, reason) -> None:
    tiny_model(family).save_pretrained(tmp_path)
    toy_tokenizer().save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(InputError, match=reason):
        load_backbone(str(tmp_path), LABELS)
