"""Exported models: the packed run's logits, whatever the padding; saving and loading; pipelines."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertForSequenceClassification,
    pipeline,
)

from tests.helpers.toys import KEEP_ALL, METHODS, RAGGED, texts, toy_tokenizer
from workbench.errors import InputError
from workbench.models.classifier import load_classifier
from workbench.models.layouts import Packed
from workbench.models.transformers.model import model_class
from workbench.pipeline.export import for_transformers

PRUNERS = [method for method in METHODS if method not in KEEP_ALL]


def padded(windows, side: str = "right") -> dict[str, torch.Tensor]:
    """What a tokenizer would hand over, with 9s where nothing is."""
    width = max(len(window.input_ids) for window in windows)
    names = ("input_ids", "token_type_ids", "attention_mask")
    batch = {name: torch.full((len(windows), width), 0 if name != "input_ids" else 9) for name in names}
    for row, window in enumerate(windows):
        n = len(window.input_ids)
        place = slice(0, n) if side == "right" else slice(width - n, width)
        batch["input_ids"][row, place] = torch.from_numpy(window.input_ids)
        batch["token_type_ids"][row, place] = torch.from_numpy(window.token_type_ids)
        batch["attention_mask"][row, place] = 1
    return batch


def saved(model, folder: Path) -> Path:
    for_transformers(model).save_pretrained(folder)
    toy_tokenizer().save_pretrained(folder)
    return folder


@pytest.mark.parametrize("method", METHODS)
@torch.no_grad()
def test_a_loaded_model_has_the_packed_runs_logits(make_model, tmp_path, method) -> None:
    model, windows = make_model(method), texts(RAGGED)
    loaded = AutoModelForSequenceClassification.from_pretrained(
        saved(model, tmp_path), trust_remote_code=False
    )
    assert not loaded.training
    expected = model(windows)
    found = loaded(**padded(windows)).logits
    torch.testing.assert_close(found, expected.logits, atol=1e-5, rtol=0)
    if method in KEEP_ALL:
        assert type(loaded) is BertForSequenceClassification
        return
    assert type(loaded) is model_class("bert", "sequence")
    # Not by chance: with every token kept the logits are others.
    stock = BertForSequenceClassification.from_pretrained(tmp_path)
    assert (stock(**padded(windows)).logits - found).abs().max() > 1e-3
    counts = loaded.pruning_classifier()(windows).tokens
    assert counts.equal(expected.tokens)
    assert (counts[:, -1] < counts[:, 0]).any() or (expected.tokens_ffn < counts).any()


@pytest.mark.parametrize("method", METHODS)
@torch.no_grad()
def test_the_workbench_itself_loads_an_exported_folder(make_model, tmp_path, method) -> None:
    model, windows = make_model(method), texts(RAGGED)
    loaded, _ = load_classifier(saved(model, tmp_path / "exported"))
    expected, found = model(windows), loaded(windows)
    torch.testing.assert_close(found.logits, expected.logits, atol=1e-5, rtol=0)
    assert found.tokens_ffn.equal(expected.tokens_ffn)
    assert loaded.policy.method == ("dense" if method in KEEP_ALL else method)
    # And such a model is saved as a run saves its own.
    loaded.save(tmp_path / "again", toy_tokenizer())
    again, _ = load_classifier(tmp_path / "again")
    torch.testing.assert_close(again(windows).logits, expected.logits, atol=1e-5, rtol=0)


def test_an_exported_folder_without_its_policy_is_refused(make_model, tmp_path) -> None:
    folder = saved(make_model("adapler"), tmp_path)
    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if not name.startswith("policy.")}
    assert len(kept) < len(weights)
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match=r"missing policy\.safetensors"):
        load_classifier(folder)


def test_tokens_are_really_gone(make_model, monkeypatch) -> None:
    model, widths = make_model("adapler"), []
    expected = model(texts(RAGGED)).tokens.sum(0).tolist()
    attend = Packed.attend

    def watched(self, query, *args):
        widths.append(query.shape[2])
        return attend(self, query, *args)

    monkeypatch.setattr(Packed, "attend", watched)
    for_transformers(model).eval()(**padded(texts(RAGGED)))
    assert widths == expected
    assert widths[-1] < sum(RAGGED)


@pytest.mark.parametrize("method", ["adapler", "powerbert"])
@torch.no_grad()
def test_padding_and_company_change_nothing(make_model, method) -> None:
    model, windows = for_transformers(make_model(method)).eval(), texts(RAGGED)
    whole = model(**padded(windows)).logits
    torch.testing.assert_close(model(**padded(windows, "left")).logits, whole, atol=1e-6, rtol=0)
    for row, window in enumerate(windows):
        alone = model(**padded([window])).logits[0]
        torch.testing.assert_close(alone, whole[row], atol=1e-5, rtol=0)


@torch.no_grad()
def test_only_the_ids_are_needed(make_model) -> None:
    model = for_transformers(make_model("top")).eval()
    (window,) = texts([12])
    window.token_type_ids[:] = 0
    ids = torch.from_numpy(window.input_ids)[None]
    assert model(ids).logits.equal(model(**padded([window])).logits)


def test_loss_and_tuples_are_those_of_transformers(make_model) -> None:
    model = for_transformers(make_model("ltp")).eval()
    labels = torch.tensor([0, 1, 1])
    batch = padded(texts([9, 4, 13]))
    output = model(**batch, labels=labels)
    expected = torch.nn.functional.cross_entropy(output.logits, labels)
    torch.testing.assert_close(output.loss, expected)
    output.loss.backward()
    assert model.classifier.weight.grad is not None
    loss, logits = model(**batch, labels=labels, return_dict=False)
    assert loss.equal(output.loss)
    assert logits.equal(output.logits)


@pytest.mark.parametrize("method", PRUNERS)
@torch.no_grad()
def test_saving_and_loading_again_keeps_everything(make_model, tmp_path, method) -> None:
    saved(make_model(method), tmp_path / "one")
    first = AutoModelForSequenceClassification.from_pretrained(tmp_path / "one")
    first.save_pretrained(tmp_path / "two")
    second = AutoModelForSequenceClassification.from_pretrained(tmp_path / "two")
    batch = padded(texts(RAGGED))
    assert second(**batch).logits.equal(first(**batch).logits)
    assert second.config.workbench == first.config.workbench
    assert second.config.id2label == {0: "neg", 1: "pos"}
    weights = [path.name for path in tmp_path.glob("*/*") if "safetensors" in path.name]
    assert weights == ["model.safetensors"] * 2
    assert not list(tmp_path.glob("*/*.bin"))
    assert first.state_dict().keys() == second.state_dict().keys()
    assert all(value.equal(second.state_dict()[name]) for name, value in first.state_dict().items())


def test_a_configuration_alone_is_known(make_model, tmp_path) -> None:
    folder = saved(make_model("trbert"), tmp_path)
    config = AutoConfig.from_pretrained(folder)
    assert config.model_type == "workbench-bert"
    assert config.workbench["method"] == "trbert"
    text = (folder / "config.json").read_text()
    assert "auto_map" not in text
    assert "attn" not in text


@pytest.mark.parametrize("batch_size", [1, 3])
def test_pipelines_run_it(make_model, tmp_path, batch_size) -> None:
    model = make_model("transkimmer")
    folder = saved(model, tmp_path)
    run = pipeline("text-classification", model=str(folder), batch_size=batch_size, top_k=None)
    lines = ["a b c", "d e f g h i j k l m n o p q r s t u v w x y z", "z z", "q"]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for line, found in zip(lines, run(lines), strict=True):
        encoded = tokenizer(line, return_tensors="pt")
        with torch.no_grad():
            shares = for_transformers(model).eval()(**encoded).logits.softmax(1)[0]
        told = {row["label"]: row["score"] for row in found}
        assert told == pytest.approx({"neg": shares[0].item(), "pos": shares[1].item()}, abs=1e-5)


def test_texts_that_cannot_be_run_are_named(make_model) -> None:
    model = for_transformers(make_model("adapler"))
    batch = padded(texts([5, 7]))
    batch["attention_mask"][1] = 0
    with pytest.raises(InputError, match="text 1 of the batch: no token is left"):
        model(**batch)
    with pytest.raises(
        InputError, match="text 0: a window of 70 tokens, but the model has 64 positions"
    ):
        model(torch.full((1, 70), 7))


@pytest.mark.parametrize(
    ("described", "told"),
    [
        (None, "describes no pruned classifier: 'method'"),
        ({"method": "tpo", "policy": {}}, "unknown method 'tpo'"),
        ({"method": "adapler", "policy": {"wdth": 3}}, "describes no pruned classifier: .*wdth"),
    ],
)
def test_a_damaged_configuration_is_named(make_model, tmp_path, described, told) -> None:
    path = saved(make_model("adapler"), tmp_path) / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"workbench": described}))
    with pytest.raises(InputError, match=told):
        AutoModelForSequenceClassification.from_pretrained(tmp_path)
