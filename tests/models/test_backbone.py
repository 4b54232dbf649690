"""What loads as a backbone, and what is refused with the reason."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertModel, T5Config

from tests.helpers.toys import LABELS, save_folder, texts, tiny_config
from workbench.catalog.backbones import BACKBONES
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy
from workbench.models.pretrained import load_backbone, load_tokenizer, locate


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model that a test may damage."""
    return Path(shutil.copytree(tiny_folder, tmp_path / "model"))


def change_config(folder: Path, **values) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def refused(folder: Path, *parts: str) -> None:
    with pytest.raises(InputError) as caught:
        load_backbone(str(folder), LABELS)
    assert str(folder) in str(caught.value)
    assert all(part in str(caught.value) for part in parts), caught.value
    assert "\n" not in str(caught.value)


def test_labels_reach_the_model(tiny_folder: Path) -> None:
    bert = load_backbone(str(tiny_folder), ("bad", "good"))
    assert bert.config.id2label == {0: "bad", 1: "good"}
    assert bert.config.label2id == {"bad": 0, "good": 1}
    assert PruningClassifier(bert, Policy()).labels == ("bad", "good")


def test_an_encoder_without_a_head_gets_a_new_one(folder: Path) -> None:
    BertModel(tiny_config(), add_pooling_layer=False).save_pretrained(folder)
    saved = load_file(folder / "model.safetensors")
    assert not any("pooler" in name or "classifier" in name for name in saved)
    bert = load_backbone(str(folder), ("a", "b", "c"))
    assert bert.classifier.out_features == 3
    word = bert.bert.embeddings.word_embeddings.weight
    assert word.equal(saved["embeddings.word_embeddings.weight"])


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "tokenizer.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    refused(folder, "missing", name)


def test_missing_weights_file_is_named(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    refused(folder, "missing", "model.safetensors")


def test_all_missing_files_are_named_at_once(tmp_path: Path) -> None:
    refused(tmp_path, "config.json", "tokenizer_config.json", "model.safetensors", "tokenizer.json")


def test_missing_weights_are_refused_not_drawn_at_random(folder: Path) -> None:
    path = folder / "model.safetensors"
    left = {name: value for name, value in load_file(path).items() if ".layer.2." not in name}
    save_file(left, path, metadata={"format": "pt"})
    refused(folder, "16 weights are missing", "bert.encoder.layer.2.")


@pytest.mark.parametrize("size", [0, 1000])
def test_a_torn_weights_file_is_refused(folder: Path, size: int) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    refused(folder, "cannot be loaded")


def test_weights_of_another_width_are_refused(folder: Path) -> None:
    change_config(folder, hidden_size=32)
    refused(folder, "(16,) in its files, but (32,) by its config.json")


def test_broken_json_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": ')
    refused(folder, "config.json", "not valid JSON")


def test_json_that_is_no_object_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text("[]")
    refused(folder, "config.json", "not a JSON object")


def test_another_architecture_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps(T5Config(d_model=16).to_dict()))
    refused(folder, "'t5'", ", ".join(BACKBONES))


@pytest.mark.parametrize("key", ["is_decoder", "add_cross_attention"])
def test_a_decoder_is_refused(folder: Path, key: str) -> None:
    change_config(folder, **{key: True})
    refused(folder, "is a decoder")


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer_config.json"])
def test_a_broken_tokenizer_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text('{"a": ')
    with pytest.raises(InputError, match=f"{name}: (its tokenizer cannot be loaded|not valid JSON)"):
        load_tokenizer(str(folder))


@pytest.mark.parametrize("load", [load_tokenizer, lambda name: load_backbone(name, LABELS)])
def test_a_folder_that_is_not_there_is_named(tmp_path: Path, load) -> None:
    with pytest.raises(InputError, match="absent: no such backbone folder"):
        load(str(tmp_path / "absent"))


def test_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match="offline"):
        locate("packaged")


def test_the_packaged_bert_loads() -> None:
    try:
        locate("packaged")
    except InputError:
        pytest.skip("the packaged backbone (extra `offline`) is not installed")
    bert = load_backbone("packaged", LABELS)
    assert (bert.config.num_hidden_layers, bert.config.hidden_size) == (6, 384)
    assert load_tokenizer("packaged").tokenize("film") == ["film"]


def test_a_window_longer_than_the_positions_is_named(make_model) -> None:
    model, windows = make_model(), texts([5, 65])
    with pytest.raises(InputError, match=r"text t1: a window of 65 tokens.*64 positions"):
        model(windows)


def test_the_longest_window_still_fits(make_model) -> None:
    with torch.no_grad():
        assert make_model()(texts([64])).tokens.tolist() == [[64] * 4]


def test_two_layers_of_any_width_load(tmp_path: Path) -> None:
    config = tiny_config(layers=2, hidden_size=12, num_attention_heads=3, intermediate_size=7)
    bert = load_backbone(str(save_folder(tmp_path / "odd", config)), LABELS)
    with torch.no_grad():
        assert PruningClassifier(bert, Policy()).eval()(texts([4, 9])).logits.shape == (2, 2)
