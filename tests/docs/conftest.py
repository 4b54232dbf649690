"""Folders in which the documentation's recipes run: a finished tiny run, the sample, a tiny backbone."""

import shutil
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from tests.helpers.docs_blocks import ROOT, fenced
from tests.helpers.families import tiny_model
from tests.helpers.fixtures import save_nothing
from tests.helpers.tiny_runs import finished_tiny_run, save_bert
from tests.helpers.toys import policy_of, toy_tokenizer
from workbench.models.token_classifier import PruningTokenClassifier


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT that knows the words of the sample and of the cookbook's first table.

    Not of its prose: another sentence there would make another model.
    """
    blocks = fenced((ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8"))
    table, *_ = (block.code for block in blocks if block.kind == "csv")
    return save_bert(tmp_path_factory.mktemp("docs") / "bert", more=table)


@pytest.fixture
def kitchen(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An empty working folder with data/eraser-sample, a finished run at runs/demo, and models that
    answer questions in runs/xquad and tag words in runs/tags."""
    shutil.copytree(ROOT / "data" / "eraser-sample", tmp_path / "data" / "eraser-sample")
    shutil.copytree(finished_tiny_run(tmp_path_factory).folder, tmp_path / "runs" / "demo")
    for name, head in (("xquad", "answers"), ("tags", "tokens")):
        stock = tiny_model("bert", head=head)
        model = PruningTokenClassifier(stock, policy_of("top", stock.config))
        model.save(tmp_path / "runs" / name / "models" / "top-0.3", toy_tokenizer())
    # Figures are drawn but not rendered: recipes are about everything else.
    monkeypatch.setattr(Figure, "savefig", save_nothing)
    monkeypatch.chdir(tmp_path)
    return tmp_path
