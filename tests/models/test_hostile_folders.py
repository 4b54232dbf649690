"""Model folders that were damaged, or made to do harm: refused in a line that names the file."""

import json
import shutil
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from tests.helpers.toys import LABELS, save_folder, tiny_config, toy_tokenizer
from workbench.errors import InputError
from workbench.models.classifier import POLICY_FILE, load_classifier
from workbench.models.pretrained import load_backbone, load_tokenizer

CONFIG, TOKENIZER, WEIGHTS = "config.json", "tokenizer.json", "model.safetensors"
Damage = Callable[[Path], object]


def edit(name: str, **values: Any) -> Damage:
    """Put values into a JSON file."""

    def damage(folder: Path) -> None:
        path = folder / name
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return damage


def write(name: str, content: str | bytes) -> Damage:
    """Put a file there, in the place of the one that there is."""
    data = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(data)


def make_directory(name: str) -> Damage:
    """Put a directory in the place of a file."""

    def damage(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return damage


def policy(**values: Any) -> Damage:
    """Change the settings of the saved policy."""

    def damage(folder: Path) -> None:
        path = folder / CONFIG
        stored = json.loads(path.read_text())
        stored["workbench"]["policy"] |= values
        path.write_text(json.dumps(stored))

    return damage


def sharded(index: str) -> Damage:
    """Name the weights as if there were several files, with this list of them."""

    def damage(folder: Path) -> None:
        (folder / WEIGHTS).rename(folder / "model-00001-of-00001.safetensors")
        (folder / "model.safetensors.index.json").write_text(index)

    return damage


def lying_header(folder: Path) -> None:
    header = json.dumps({"w": {"dtype": "F32", "shape": [10**9], "data_offsets": [0, 4 * 10**9]}})
    (folder / WEIGHTS).write_bytes(struct.pack("<Q", len(header)) + header.encode())


def cut_weights(folder: Path) -> None:
    path = folder / WEIGHTS
    path.write_bytes(path.read_bytes()[:-100])


def larger_vocabulary(folder: Path) -> None:
    tokenizer = toy_tokenizer()
    tokenizer.add_tokens(["hostile"])
    tokenizer.save_pretrained(folder)


def nan_weight(folder: Path) -> None:
    weights = load_file(folder / WEIGHTS)
    weights["classifier.bias"].fill_(float("nan"))
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})


NUMBERS = {
    "layers 1e7": {"num_hidden_layers": 10**7},
    "layers 1e9": {"num_hidden_layers": 10**9},
    "layers 0": {"num_hidden_layers": 0},
    "layers as text": {"num_hidden_layers": "4"},
    "width -1": {"hidden_size": -1},
    "width 0": {"hidden_size": 0},
    "width 1e5": {"hidden_size": 10**5},
    "width as text": {"hidden_size": "16"},
    "width true": {"hidden_size": True},
    "width null": {"hidden_size": None},
    "width 16.5": {"hidden_size": 16.5},
    "vocabulary 1e12": {"vocab_size": 10**12},
    "vocabulary 1e6": {"vocab_size": 10**6},
    "intermediate 1e12": {"intermediate_size": 10**12},
    "positions 1e12": {"max_position_embeddings": 10**12},
    "positions list": {"max_position_embeddings": [64]},
    "types -2": {"type_vocab_size": -2},
    "heads 3": {"num_attention_heads": 3},
    "heads 0": {"num_attention_heads": 0},
    "epsilon as text": {"layer_norm_eps": "x"},
    "epsilon -1": {"layer_norm_eps": -1.0},
    "epsilon NaN": {"layer_norm_eps": float("nan")},
    "dropout 5": {"hidden_dropout_prob": 5},
    "spread -1": {"initializer_range": -1},
    "padding 1e6": {"pad_token_id": 10**6},
    "data type": {"dtype": "evil"},
    "old data type": {"torch_dtype": "evil"},
    "activation": {"hidden_act": "evil"},
    "activation as number": {"hidden_act": 3},
    "relative positions": {"position_embedding_type": "relative_key"},
    "labels 1e9": {"num_labels": 10**9},
    "labels as list": {"id2label": ["a", "b"]},
    "labels as text": {"id2label": "ab"},
    "code": {"auto_map": {"AutoConfig": "evil.C"}},
    "quantised": {"quantization_config": {"quant_method": "bitsandbytes", "load_in_8bit": True}},
    "other file": {"transformers_weights": "../model.safetensors"},
    "other configuration": {"configuration_files": ["config.4.0.0.json"]},
    "method of the library": {"to_dict": 3},
}  # fmt: skip
"""What config.json may say that no BERT can be made from."""
CLASSIFIERS = {
    "one name twice": edit(CONFIG, id2label={"0": "a", "1": "a"}),
    "no label numbers": edit(CONFIG, id2label={"a": "b", "c": "d"}),
    "label numbers": edit(CONFIG, id2label={"0": "a", "7": "b"}),
    "label null": edit(CONFIG, id2label={"0": None, "1": "b"}),
    "label list": edit(CONFIG, id2label={"0": ["a"], "1": "b"}),
    "bins 1e14": policy(bins=10**14),
    "bins -1": policy(bins=-1),
    "bins as text": policy(bins="5"),
    "bins 4": policy(bins=4),
    "first layer 1e14": policy(first_layer=10**14),
    "method list": edit(CONFIG, workbench={"method": ["top"], "policy": {}}),
    "policy list": edit(CONFIG, workbench={"method": "top", "policy": []}),
    "section text": edit(CONFIG, workbench="top"),
    "no policy file": lambda folder: (folder / POLICY_FILE).unlink(),
    "policy directory": make_directory(POLICY_FILE),
    "policy empty": write(POLICY_FILE, b""),
    "policy garbage": write(POLICY_FILE, b"\xff" * 100),
}
"""What is wrong for a classifier only, with whatever is wrong for any model."""
FILES = {
    "null": (CONFIG, write(CONFIG, "null")),
    "empty": (CONFIG, write(CONFIG, "")),
    "empty object": ("model", write(CONFIG, "{}")),
    "bytes": (CONFIG, write(CONFIG, b"\xff\xfe\x00")),
    "nested": (CONFIG, write(CONFIG, '{"a": ' + "[" * 10**5 + "]" * 10**5 + "}")),
    "digits": (CONFIG, write(CONFIG, '{"hidden_size": ' + "9" * 5000 + "}")),
    "model type": ("model", edit(CONFIG, model_type=3)),
    "other type": ("model", edit(CONFIG, model_type="evil")),
    "config directory": (CONFIG, make_directory(CONFIG)),
    "torn weights": (WEIGHTS, cut_weights),
    "empty weights": (WEIGHTS, write(WEIGHTS, b"")),
    "garbage weights": (WEIGHTS, write(WEIGHTS, b"\xff" * 1000)),
    "lying header": (WEIGHTS, lying_header),
    "weights directory": (WEIGHTS, make_directory(WEIGHTS)),
    "weights of 46 layers less": ("736 weights are missing", edit(CONFIG, num_hidden_layers=50)),
    "no numbers": ("classifier.bias", nan_weight),
    "weights index null": ("index.json", sharded("null")),
    "weights index elsewhere": ("model", sharded('{"weight_map": {"a": "/etc/none.safetensors"}}')),
}
"""What is wrong with the files of weights and sizes, and which file is named."""
TOKENIZERS = {
    "no vocabulary": (TOKENIZER, write(TOKENIZER, "{}")),
    "vocabulary null": (TOKENIZER, write(TOKENIZER, "null")),
    "vocabulary garbage": (TOKENIZER, write(TOKENIZER, b"\x00\xff")),
    "vocabulary directory": (TOKENIZER, make_directory(TOKENIZER)),
    "larger vocabulary": ("vocab_size 31", larger_vocabulary),
    "settings null": ("tokenizer_config.json", write("tokenizer_config.json", "null")),
    "settings garbage": ("tokenizer_config.json", write("tokenizer_config.json", "\x00")),
    "settings directory": ("tokenizer_config.json", make_directory("tokenizer_config.json")),
    "settings code": (
        "tokenizer_config.json: has auto_map",
        edit("tokenizer_config.json", auto_map={"AutoTokenizer": ["evil.T", None]}),
    ),
    "class as number": ("tokenizer_config.json", edit("tokenizer_config.json", tokenizer_class=3)),
}


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_folder, tmp_path / "model"))


@pytest.fixture
def pruned(make_model, tmp_path: Path) -> Path:
    make_model("top").save(tmp_path / "model", toy_tokenizer())
    return tmp_path / "model"


def refused(load: Callable[[], object], *parts: str) -> None:
    """Loading ends at once, with one line that holds these parts."""
    start = time.monotonic()
    with pytest.raises(InputError) as caught:
        load()
    assert time.monotonic() - start < 5
    message = str(caught.value)
    assert all(part in message for part in parts), message
    assert "\n" not in message
    assert len(message) < 600


@pytest.mark.parametrize("values", NUMBERS.values(), ids=NUMBERS)
def test_an_impossible_configuration_is_refused(folder: Path, values: dict[str, Any]) -> None:
    edit(CONFIG, **values)(folder)
    for load in (lambda: load_backbone(str(folder), LABELS), lambda: load_classifier(folder)):
        refused(load, str(folder / CONFIG))


@pytest.mark.parametrize(("file", "damage"), FILES.values(), ids=FILES)
def test_a_damaged_file_is_named(folder: Path, file: str, damage: Damage) -> None:
    damage(folder)
    for load in (lambda: load_backbone(str(folder), LABELS), lambda: load_classifier(folder)):
        refused(load, str(folder), file)


@pytest.mark.parametrize("damage", CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_a_damaged_classifier_is_refused(pruned: Path, damage: Damage) -> None:
    damage(pruned)
    refused(lambda: load_classifier(pruned), str(pruned))


@pytest.mark.parametrize(("file", "damage"), TOKENIZERS.values(), ids=TOKENIZERS)
def test_a_damaged_tokenizer_is_named(folder: Path, file: str, damage: Damage) -> None:
    damage(folder)
    for load in (lambda: load_tokenizer(str(folder)), lambda: load_classifier(folder)):
        refused(load, str(folder), file)


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "training_args.bin", "optimizer.pt", "a.pkl", "b.CKPT", "c.pth"]
)
def test_a_pickle_is_refused_by_name(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"\x80\x04.")
    for load in (lambda: load_backbone(str(folder), LABELS), lambda: load_classifier(folder)):
        refused(load, str(folder), name, "pickle", "safetensors")


def test_labels_that_do_not_matter_need_not_be_distinct(folder: Path) -> None:
    edit(CONFIG, id2label={"0": "a", "1": "a"})(folder)
    assert load_backbone(str(folder), LABELS).config.id2label == dict(enumerate(LABELS))


def test_the_number_of_labels_names_the_classes(tmp_path: Path) -> None:
    config = tiny_config(id2label={index: str(index) for index in range(3)}, label2id={})
    folder = save_folder(tmp_path / "three", config)
    stored = json.loads((folder / CONFIG).read_text())
    del stored["id2label"]
    (folder / CONFIG).write_text(json.dumps(stored | {"num_labels": 3}))
    assert load_classifier(folder)[0].labels == ("0", "1", "2")
