"""DistilBERT's student: half of a BERT, or a DistilBERT checkpoint in BERT's layout."""

import json
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import DistilBertConfig, DistilBertForSequenceClassification, DistilBertModel

from tests.helpers.toys import LABELS, RAGGED, save_folder, texts, tiny_config, toy_tokenizer
from workbench.core.task_type import task_type_of
from workbench.errors import InputError
from workbench.models.backbone import load_backbone
from workbench.models.classifier import PruningClassifier, load_classifier
from workbench.models.layouts import Padded
from workbench.models.policies.distilbert import DistilBert
from workbench.models.student import from_distilbert, half_depth

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
    dense = make_model().bert
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
    layers = dense.bert.bert.encoder.layer
    del layers[3], layers[1]
    with torch.no_grad():
        torch.testing.assert_close(student(WINDOWS).logits, dense(WINDOWS).logits)


def test_a_converted_checkpoint_computes_distilberts_hidden_states(checkpoint, make_model) -> None:
    bert = from_distilbert(str(checkpoint), task_type_of(("a", "b", "c")))
    policy = DistilBert.beside(bert.config, make_model().bert.config)
    model = PruningClassifier(bert, policy).eval()
    stock = DistilBertModel.from_pretrained(checkpoint).eval()
    layout, inputs = Padded.from_windows(WINDOWS)
    with torch.no_grad():
        expected = stock(input_ids=inputs.input_ids, attention_mask=layout.alive.long())[0]
        found = model.encode(*model.embed(WINDOWS, "packed"))
    for column in range(16):
        ours = found.layout.to_padded(found.hidden[..., column], 0.0)
        theirs = expected[..., column].masked_fill(~layout.alive, 0.0)
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
    assert bert.classifier.out_features == 3
    assert policy.reference == (4, 16, 24)


def test_a_converted_checkpoint_knows_no_token_types(checkpoint) -> None:
    bert = from_distilbert(str(checkpoint), task_type_of(LABELS))
    assert not bert.bert.embeddings.token_type_embeddings.weight.any()


def test_a_converted_checkpoint_is_saved_and_loaded(checkpoint, make_model, tmp_path) -> None:
    bert = from_distilbert(str(checkpoint), task_type_of(LABELS))
    policy = DistilBert.beside(bert.config, make_model().bert.config)
    model = PruningClassifier(bert, policy).eval()
    model.save(tmp_path / "saved", toy_tokenizer())
    loaded, _ = load_classifier(tmp_path / "saved")
    with torch.no_grad():
        assert loaded(WINDOWS).logits.equal(model(WINDOWS).logits)
    assert loaded.policy.reference == policy.reference


def test_a_bert_is_no_distilbert_checkpoint(tiny_folder: Path) -> None:
    with pytest.raises(InputError, match=r"is a 'bert' model; distilbert\.checkpoint takes"):
        from_distilbert(str(tiny_folder), task_type_of(LABELS))


@pytest.mark.parametrize(
    ("key", "value"),
    [("n_layers", 10**9), ("dim", -1), ("hidden_dim", 10**12), ("n_heads", 3), ("activation", "evil"),
     ("auto_map", {"AutoModel": "evil.M"})],
)  # fmt: skip
def test_an_impossible_checkpoint_is_refused(checkpoint: Path, key: str, value: object) -> None:
    path = checkpoint / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(InputError, match=re.escape(str(path))):
        from_distilbert(str(checkpoint), task_type_of(LABELS))


def test_a_checkpoint_with_missing_weights_is_refused(checkpoint: Path) -> None:
    path = checkpoint / "model.safetensors"
    left = {name: value for name, value in load_file(path).items() if ".layer.1." not in name}
    save_file(left, path, metadata={"format": "pt"})
    with pytest.raises(InputError, match="16 weights are missing"):
        from_distilbert(str(checkpoint), task_type_of(LABELS))
