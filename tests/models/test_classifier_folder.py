"""Models save and load as Hugging Face folders."""

import errno
import json
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertModel

from tests.helpers.toys import KEEP_ALL, LABELS, METHODS, RAGGED, texts, toy_tokenizer
from workbench.errors import InputError, WorkbenchError
from workbench.models.classifier import POLICY_FILE, PruningClassifier, load_classifier
from workbench.models.layouts import Padded
from workbench.models.policies import policy_class
from workbench.models.pretrained import load_backbone


@pytest.fixture(params=METHODS)
def saved(request, make_model, tmp_path: Path) -> tuple[PruningClassifier, Path]:
    model = make_model(request.param)
    model.save(tmp_path / "saved", toy_tokenizer())
    return model, tmp_path / "saved"


def edit_config(folder: Path, **values) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_round_trip_gives_identical_logits(saved) -> None:
    model, folder = saved
    loaded, tokenizer = load_classifier(folder)
    with torch.no_grad():
        before, after = model(texts(RAGGED)), loaded(texts(RAGGED))
    assert before.logits.equal(after.logits)
    assert before.tokens.equal(after.tokens)
    assert loaded.policy.method == model.policy.method
    assert loaded.policy.settings() == model.policy.settings()
    assert loaded.labels == LABELS
    assert not loaded.training
    assert tokenizer.tokenize("a b") == ["a", "b"]


def test_every_weight_survives(saved) -> None:
    model, folder = saved
    before, after = model.state_dict(), load_classifier(folder)[0].state_dict()
    assert before.keys() == after.keys()
    assert all(before[name].equal(after[name]) for name in before)


def test_the_folder_holds_no_pickles(saved) -> None:
    model, folder = saved
    names = {path.name for path in folder.rglob("*")}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= names
    assert (POLICY_FILE in names) == bool(model.policy.state_dict())
    assert {Path(name).suffix for name in names} <= {".json", ".safetensors", ".txt"}


def test_the_stock_class_loads_the_folder(saved) -> None:
    model, folder = saved
    loaded = AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=False)
    assert AutoTokenizer.from_pretrained(folder).tokenize("a") == ["a"]
    layout, inputs = Padded.from_windows(texts(RAGGED))
    plain = {
        "input_ids": inputs.input_ids,
        "token_type_ids": inputs.token_type_ids,
        "attention_mask": layout.alive.long(),
    }
    with torch.no_grad():
        difference = loaded.eval()(**plain).logits - model(texts(RAGGED)).logits
    same = difference.abs().max() < 1e-5
    assert bool(same) == (model.policy.method in KEEP_ALL)


def test_a_stock_folder_loads_as_dense(tiny_folder: Path, make_model) -> None:
    model, _ = load_classifier(tiny_folder)
    assert model.policy.method == "dense"
    with torch.no_grad():
        assert model(texts(RAGGED)).logits.equal(make_model()(texts(RAGGED)).logits)


def test_whoever_may_read_the_configuration_may_read_the_weights(saved) -> None:
    _, folder = saved
    modes = {path.stat().st_mode for path in folder.iterdir()}
    assert len(modes) == 1


def test_saving_twice_replaces_the_folder(saved, make_model) -> None:
    _, folder = saved
    dense = make_model()
    dense.save(folder, toy_tokenizer())
    loaded, _ = load_classifier(folder)
    assert loaded.policy.method == "dense"
    assert not (folder / POLICY_FILE).exists()


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json", POLICY_FILE])
def test_missing_files_are_named(make_model, tmp_path: Path, name: str) -> None:
    make_model("adapler").save(tmp_path / "saved", toy_tokenizer())
    (tmp_path / "saved" / name).unlink()
    with pytest.raises(InputError, match=name):
        load_classifier(tmp_path / "saved")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="absent: no such model folder"):
        load_classifier(tmp_path / "absent")


def test_a_torn_policy_file_is_named(make_model, tmp_path: Path) -> None:
    make_model("top").save(tmp_path / "saved", toy_tokenizer())
    path = tmp_path / "saved" / POLICY_FILE
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(InputError, match=f"{POLICY_FILE}: cannot be loaded as safetensors"):
        load_classifier(tmp_path / "saved")


def test_a_policy_of_another_size_is_named(make_model, tmp_path: Path) -> None:
    make_model("top").save(tmp_path / "saved", toy_tokenizer())
    save_file({"fine": torch.zeros(1)}, tmp_path / "saved" / POLICY_FILE)
    with pytest.raises(InputError, match="its policy does not fit"):
        load_classifier(tmp_path / "saved")


def test_an_unknown_method_lists_the_known_ones(saved) -> None:
    _, folder = saved
    edit_config(folder, workbench={"method": "tpo", "policy": {}})
    with pytest.raises(
        InputError, match=r"'tpo' \(did you mean top\? known: dense, distilbert, adapler, top, "
    ):
        load_classifier(folder)
    with pytest.raises(InputError, match="known: dense, distilbert, adapler, top, "):
        policy_class("tpo")


@pytest.mark.parametrize(
    "section",
    [
        {"policy": {}},
        {"method": "adapler", "policy": {"wdth": 3}},
        {"method": "top", "policy": {"first_layer": 30}},
        "adapler",
    ],
)
def test_a_damaged_description_is_an_input_error(saved, section) -> None:
    _, folder = saved
    edit_config(folder, workbench=section)
    with pytest.raises(InputError, match=r"config\.json: describes no classifier"):
        load_classifier(folder)


def test_an_encoder_without_a_head_is_no_classifier(tiny_folder, make_model, tmp_path) -> None:
    make_model().save(tmp_path / "saved", toy_tokenizer())
    bert = load_backbone(str(tiny_folder), LABELS)
    BertModel(bert.config).save_pretrained(tmp_path / "saved")
    with pytest.raises(InputError, match=r"weights are missing, such as classifier\.bias"):
        load_classifier(tmp_path / "saved")


def no_space(*args: object, **more: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def no_space_in_rust(*args: object, **more: object) -> None:
    raise SafetensorError("I/O error: No space left on device (os error 28)")


def no_space_in_tokenizers(*args: object, **more: object) -> None:
    raise Exception("No space left on device (os error 28)")


@pytest.mark.parametrize("error", [no_space, no_space_in_rust, no_space_in_tokenizers])
@pytest.mark.parametrize("place", ["bert", "tokenizer", "policy"])
def test_a_full_disk_leaves_the_old_folder_whole(
    make_model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error, place: str
) -> None:
    model, folder = make_model("adapler"), tmp_path / "saved"
    model.save(folder, toy_tokenizer())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    tokenizer = toy_tokenizer()
    if place == "bert":
        monkeypatch.setattr(model.stock, "save_pretrained", error)
    elif place == "tokenizer":
        monkeypatch.setattr(tokenizer, "save_pretrained", error)
    else:
        monkeypatch.setattr("workbench.models.classifier.save_file", error)
    with torch.no_grad():
        model.stock.classifier.weight.add_(1)
    with pytest.raises(WorkbenchError, match=r"cannot write .*saved: .*No space left"):
        model.save(folder, tokenizer)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]


def test_a_mistake_in_the_code_is_not_called_a_full_disk(make_model, tmp_path, monkeypatch) -> None:
    model = make_model()
    monkeypatch.setattr(model.stock, "save_pretrained", lambda path: [][0])
    with pytest.raises(IndexError):
        model.save(tmp_path / "saved", toy_tokenizer())


@torch.no_grad()
@pytest.mark.parametrize("method", ["adapler", "top@entry", "ltp@entry", "transkimmer", "trbert"])
def test_a_model_saved_before_cuts_had_a_place_cuts_at_the_entry(
    make_model, tmp_path: Path, method: str
) -> None:
    model, windows = make_model(method), texts(RAGGED)
    if method.startswith("ltp"):
        model.policy.padded_length = None
    model.save(tmp_path / "model", toy_tokenizer())
    path = tmp_path / "model" / "config.json"
    described = json.loads(path.read_text(encoding="utf-8"))
    for key in ("cut", "coarse_gate", "padded_length"):
        described["workbench"]["policy"].pop(key, None)
    path.write_text(json.dumps(described), encoding="utf-8")
    old, _ = load_classifier(tmp_path / "model")
    first, second = old(windows), model(windows)
    assert first.tokens.equal(second.tokens)
    assert first.tokens_ffn.equal(first.tokens)
    torch.testing.assert_close(first.logits, second.logits)
