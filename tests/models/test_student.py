"""DistilBERT's student: half of any family's layers, or a checkpoint."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import DistilBertConfig, DistilBertForSequenceClassification

from tests.helpers.families import VARIANTS, tiny_model
from tests.helpers.toys import LABELS, RAGGED, save_folder, texts, tiny_config, toy_tokenizer
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier, load_classifier
from workbench.models.policies.base import Policy, Sizes
from workbench.models.policies.distilbert import DistilBert
from workbench.models.pretrained import load_backbone
from workbench.models.student import half_depth

WINDOWS = texts(RAGGED)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A tiny fine-tuned DistilBERT, head and all."""
    torch.manual_seed(1)
    config = DistilBertConfig(
        vocab_size=31, dim=16, n_layers=2, n_heads=2, hidden_dim=24, max_position_embeddings=64,
        initializer_range=0.4,
    )  # fmt: skip
    DistilBertForSequenceClassification(config).save_pretrained(tmp_path / "distil")
    toy_tokenizer().save_pretrained(tmp_path / "distil")
    return tmp_path / "distil"


def test_half_depth_takes_every_other_layer_and_all_else(make_model) -> None:
    dense = make_model().stock
    before = {name: value.clone() for name, value in dense.state_dict().items()}
    student = half_depth(dense)
    assert (student.config.num_hidden_layers, dense.config.num_hidden_layers) == (2, 4)
    own = student.state_dict()
    for name, value in own.items():
        source = name.replace("layer.1.", "layer.2.")
        assert value.equal(before[source]), name
        assert value.data_ptr() != dense.state_dict()[source].data_ptr()
    assert len(before) - len(own) == 2 * 16
    assert dense.state_dict().keys() == before.keys()


@pytest.mark.parametrize(("layers", "half"), [(2, 1), (3, 2)])
def test_odd_depths_are_halved_upwards(tmp_path: Path, layers: int, half: int) -> None:
    folder = save_folder(tmp_path / "bert", tiny_config(layers))
    student = half_depth(load_backbone(str(folder), LABELS))
    assert len(student.bert.encoder.layer) == student.config.num_hidden_layers == half


def test_a_single_layer_has_no_half(tmp_path: Path) -> None:
    folder = save_folder(tmp_path / "bert", tiny_config(1))
    with pytest.raises(InputError, match="at least 2 layers"):
        half_depth(load_backbone(str(folder), LABELS))


def test_a_student_computes_what_its_layers_compute(make_model) -> None:
    dense, student = make_model(), make_model("distilbert")
    layers = dense.backbone.layers
    del layers[3], layers[1]
    with torch.no_grad():
        torch.testing.assert_close(student(WINDOWS).logits, dense(WINDOWS).logits)


@pytest.mark.parametrize("variant", VARIANTS)
def test_half_of_every_family_computes_what_its_layers_compute(variant: str) -> None:
    dense = PruningClassifier(tiny_model(variant), Policy()).eval()
    if variant == "albert, two groups":
        with pytest.raises(InputError, match="share weights in 2 groups"):
            half_depth(dense.stock)
        return
    student = PruningClassifier(half_depth(dense.stock), Policy()).eval()
    layers = dense.backbone.layers
    del layers[3], layers[1]
    with torch.no_grad():
        torch.testing.assert_close(student(WINDOWS).logits, dense(WINDOWS).logits)


def test_dense_flops_are_the_teachers_in_families_with_further_products() -> None:
    teacher = PruningClassifier(tiny_model("deberta-v2"), Policy()).eval()
    narrow = tiny_model("deberta-v2", hidden_size=8, pooler_hidden_size=8, num_hidden_layers=2)
    student = PruningClassifier(narrow, DistilBert.beside(narrow.config, teacher.costs.shape))
    lengths = [len(window.input_ids) for window in WINDOWS]
    tokens = np.array([[n] * 2 for n in lengths])
    own, dense = student.costs.of_windows(WINDOWS, tokens)
    teachers, _ = teacher.costs.of_windows(WINDOWS, np.array([[n] * 4 for n in lengths]))
    assert dense.tolist() == teachers.tolist()
    assert (own < dense).all()


def test_a_checkpoint_is_saved_and_loaded(checkpoint, make_model, tmp_path) -> None:
    stock = load_backbone(str(checkpoint), LABELS)
    policy = DistilBert.beside(stock.config, make_model().costs.shape)
    model = PruningClassifier(stock, policy).eval()
    model.save(tmp_path / "saved", toy_tokenizer())
    loaded, _ = load_classifier(tmp_path / "saved")
    with torch.no_grad():
        assert loaded(WINDOWS).logits.equal(model(WINDOWS).logits)
    assert loaded.policy.reference == policy.reference == Sizes(4, 16, 24)


@pytest.mark.parametrize(
    ("key", "value"),
    [("n_layers", 10**9), ("dim", -1), ("hidden_dim", 10**12), ("n_heads", 3), ("activation", "evil"),
     ("auto_map", {"AutoModel": "evil.M"})],
)  # fmt: skip
def test_an_impossible_checkpoint_is_refused(checkpoint: Path, key: str, value: object) -> None:
    path = checkpoint / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(InputError, match=re.escape(str(path))):
        load_backbone(str(checkpoint), LABELS)


def test_a_checkpoint_with_missing_weights_is_refused(checkpoint: Path) -> None:
    path = checkpoint / "model.safetensors"
    left = {name: value for name, value in load_file(path).items() if ".layer.1." not in name}
    save_file(left, path, metadata={"format": "pt"})
    with pytest.raises(InputError, match="16 weights are missing"):
        load_backbone(str(checkpoint), LABELS)
