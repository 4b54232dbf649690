"""What the tests of models, training and attribution share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from transformers import BertForSequenceClassification

from tests.helpers.toys import LABELS, policy_of, save_folder
from workbench.models.classifier import PruningClassifier
from workbench.models.pretrained import load_backbone
from workbench.models.student import half_depth

pytest_plugins = ["tests.helpers.fixtures"]

if TYPE_CHECKING:
    from workbench.pipeline.questions.job import QuestionsJob
    from workbench.pipeline.tagging.job import TaggingJob

MakeModel = Callable[..., PruningClassifier]


@pytest.fixture(autouse=True)
def _idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands take the machine for idle, whatever other tests make of it."""
    monkeypatch.setattr("psutil.cpu_percent", lambda interval: 0.0)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A 4-layer, 16-wide BERT classifier with a letter tokenizer; tests leave it as it is."""
    return save_folder(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="session")
def make_model(tiny_folder: Path) -> MakeModel:
    """`make_model(method)`: the tiny BERT, freshly loaded, with the method's policy; DistilBERT has
    half of its layers."""

    def make(method: str = "dense", seed: int = 0) -> PruningClassifier:
        bert = load_backbone(str(tiny_folder), LABELS)
        if method == "distilbert":
            bert = half_depth(bert)
        return PruningClassifier(bert, policy_of(method, bert.config, seed)).eval()

    return make


@pytest.fixture(scope="session")
def stock(tiny_folder: Path) -> BertForSequenceClassification:
    """The same weights in the ordinary Hugging Face model, eager attention."""
    model = BertForSequenceClassification.from_pretrained(tiny_folder, attn_implementation="eager")
    return model.eval()


@pytest.fixture(scope="session")
def asked_job(tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> "QuestionsJob":
    """`answers_job`, made once; tests leave it as it is."""
    from tests.helpers.systems_folders import answers_job

    folder = tmp_path_factory.mktemp("asked")
    return answers_job(folder / "out", folder, tiny_folder)


@pytest.fixture(scope="session")
def tagged_job(tmp_path_factory: pytest.TempPathFactory) -> "TaggingJob":
    """`tags_job`, made once; tests leave it as it is."""
    from tests.helpers.systems_folders import tags_job

    folder = tmp_path_factory.mktemp("tagged")
    return tags_job(folder / "out", folder)
