"""Commands find the words of a text as the run did that trained the model."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.helpers.tiny_runs import accept_changes

pytest.importorskip("icu4py", reason="needs the extra [icu]")
TEXT = "ฉันรักภาพยนตร์ good film"
TOKENS = 5 + 2
"""Three Thai words by ICU's dictionaries, none of them in the vocabulary; by Unicode's rules eleven."""


@pytest.fixture(scope="module")
def run(tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny run as if it had been trained on words by ICU's dictionaries."""
    folder = Path(shutil.copytree(tiny.folder, tmp_path_factory.mktemp("icu") / "run"))
    path = folder / "config.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["data"]["segmenter"] = "icu"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    accept_changes(folder)
    return folder


def test_predict_explain_and_attribute_use_the_runs_segmenter(workbench, run: Path, tmp_path) -> None:
    texts, out = tmp_path / "texts.txt", tmp_path / "out.jsonl"
    texts.write_text(TEXT + "\n", encoding="utf-8")
    asked = ("--run", run, "--method", "dense")
    assert workbench("predict", *asked, "--texts", texts, "--out", out).code == 0
    assert json.loads(out.read_text(encoding="utf-8"))["tokens"][0] == TOKENS
    assert workbench("explain", *asked, TEXT, "--json", tmp_path / "one.json").code == 0
    explained = json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))
    assert len(explained["scorers"][0]["tokens"]) == TOKENS
    asked = ("--run", run, "--texts", texts, "--scorers", "attention")
    assert workbench("attribute", *asked, "--out", tmp_path / "scores").code == 0
    scores = pd.read_parquet(tmp_path / "scores" / "scores" / "attention.parquet")
    assert scores["token_index"].nunique() == TOKENS
