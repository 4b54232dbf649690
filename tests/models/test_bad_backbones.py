"""Backbones that do not fit, of any family: refused in one sentence that says what to do."""

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModel, PreTrainedTokenizerFast

from tests.helpers.families import FAMILIES, tiny_model
from tests.helpers.family_runs import save_family
from tests.helpers.toys import LABELS, toy_tokenizer
from workbench.errors import InputError
from workbench.models.pretrained import load_backbone, load_tokenizer, locate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_family(tmp_path / "model", "roberta")


def without_tokenizer(folder: Path) -> Path:
    for path in folder.glob("tokenizer*"):
        path.unlink()
    return folder


def told(load, folder: Path, *arguments: object) -> str:
    with pytest.raises(InputError) as caught:
        load(str(folder), *arguments)
    message = str(caught.value)
    assert str(folder) in message
    assert "\n" not in message
    return message


def test_a_tokenizer_without_cls_is_refused(folder: Path) -> None:
    """GPT-2's: byte-level BPE that puts nothing before a text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=270, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    tokenizer.train_from_iterator(["a great film"], trainer)
    end = dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>")
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **end).save_pretrained(without_tokenizer(folder))
    assert "does not put one special token before a text" in told(load_tokenizer, folder)


def test_a_slow_tokenizer_is_refused(folder: Path) -> None:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"]
    (without_tokenizer(folder) / "vocab.txt").write_text("\n".join(words))
    settings = {"tokenizer_class": "BertJapaneseTokenizer", "word_tokenizer_type": "basic"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    assert "needs a fast tokenizer" in told(load_tokenizer, folder)


@pytest.mark.parametrize("name", ["spiece.model", "sentencepiece.bpe.model", "vocab.json"])
def test_a_vocabulary_without_tokenizer_json_is_told_how_to_make_one(folder: Path, name: str) -> None:
    (folder / "tokenizer.json").rename(folder / name)
    made = "AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER) makes it of"
    assert told(load_tokenizer, folder).endswith(f"missing tokenizer.json ({made} {name})")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_head_for_other_classes_is_refused(tmp_path: Path, family: str) -> None:
    tiny_model(family).save_pretrained(tmp_path)
    toy_tokenizer().save_pretrained(tmp_path)
    message = told(load_backbone, tmp_path, ("a", "b", "c", "d", "e"))
    assert f"its head has {len(LABELS)} outputs, but 5 are to be predicted ('a', 'b'," in message
    # What the message advises.
    AutoModel.from_pretrained(tmp_path).save_pretrained(tmp_path)
    assert load_backbone(str(tmp_path), ("a", "b", "c", "d", "e")).num_labels == 5


def test_a_folder_without_anything_to_make_a_tokenizer_of_gets_no_advice(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    assert told(locate, folder).endswith("missing tokenizer.json")
