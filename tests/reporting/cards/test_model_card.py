"""Cards of models and data: recorded facts only, the hub's form, nothing private."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard
from safetensors.numpy import save_file

from tests.helpers.fake_run import SCRIPT
from workbench.errors import InputError
from workbench.reporting.cards.model import data_card_text, model_card_text, write_cards
from workbench.reporting.text.render import markdown_line
from workbench.runs.tables import read_run_data
from workbench.storage.atomic import write_json

DATA = {
    "name": "own",
    "rationales": "none",
    "splits": {
        "train": {"texts": 1200, "words_mean": 10.5, "rationale_share": None},
        "test": {"texts": 24, "words_mean": 9.25, "rationale_share": 0.5},
    },
    "classes": {"train": {"a|b": 600, "c": 600}, "test": {"a|b": 12, "c": 12}},
    "leaks": [{"first": "train", "second": "test", "texts": 3, "first_texts": 4}],
}


@pytest.fixture
def with_models(fresh_run: Path) -> Path:
    """The invented run with model folders, thresholds and a data card."""
    for method in ("dense", "adapler", "top"):
        folder = fresh_run / "models" / method
        folder.mkdir(parents=True)
        write_json(folder / "config.json", {"id2label": {"0": "negative", "1": SCRIPT}})
        if method == "adapler":
            eta = np.linspace(0.5, 0.75, 6, dtype=np.float32)
            save_file({"eta": eta}, folder / "policy.safetensors")
    stages = {
        name: {"key": "k", "seconds": 1.0, "finished": "2026-01-02"} for name in ("dense", "adapler")
    }
    write_json(fresh_run / "stages.json", stages)
    about = json.loads((fresh_run / "about.json").read_text())
    write_json(fresh_run / "about.json", about | {"data": DATA})
    return fresh_run


def change_config(folder: Path, **sections: object) -> None:
    path = folder / "config.yaml"
    config = yaml.safe_load(path.read_text())
    for name, value in sections.items():
        config[name] = {**config[name], **value} if isinstance(value, dict) else value
    path.write_text(yaml.safe_dump(config))


def card(folder: Path, method: str = "adapler", *, exported: bool = False) -> str:
    return model_card_text(read_run_data(folder), method, exported=exported)


def test_trained_models_get_both_cards_and_no_other(with_models) -> None:
    assert write_cards(with_models) == ["dense", "adapler"]
    found = {str(path.relative_to(with_models / "models")) for path in with_models.rglob("*.md")}
    assert found == {
        f"{method}/{name}" for method in ("dense", "adapler") for name in ("README.md", "data_card.md")
    }


def test_a_shared_model_keeps_its_cards_and_links_are_not_written_through(with_models, tmp_path) -> None:
    write_cards(with_models)
    ours = with_models / "models" / "adapler" / "README.md"
    other = tmp_path / "README.md"
    other.hardlink_to(ours)
    change_config(with_models, seed=5)
    write_cards(with_models)
    assert other.read_text() != ours.read_text()
    stages = json.loads((with_models / "stages.json").read_text())
    write_json(
        with_models / "stages.json", {name: row | {"shared": True} for name, row in stages.items()}
    )
    before = ours.stat().st_mtime_ns
    assert write_cards(with_models) == []
    assert ours.stat().st_mtime_ns == before


def test_the_metadata_is_the_hubs_and_the_numbers_are_the_runs(with_models) -> None:
    data = ModelCard(card(with_models)).data
    assert (data.license, data.pipeline_tag, data.base_model) == ("unknown", "text-classification", None)
    assert data.library_name == "rationale-workbench"
    rows = read_run_data(with_models).metrics["classification"].query("method == 'adapler'")
    told = {result.metric_name: result.metric_value for result in data.eval_results}
    assert told == dict(zip(rows["metric"], rows["value"], strict=True))
    assert {result.dataset_split for result in data.eval_results} == {"test"}
    kinds = {"dense": "transformers", "top": "rationale-workbench"}
    for method, library in kinds.items():
        assert ModelCard(card(with_models, method)).data.library_name == library
    assert ModelCard(card(with_models, "top", exported=True)).data.library_name == "transformers"


def test_results_have_intervals_both_conventions_and_the_seed(with_models) -> None:
    text = card(with_models)
    rows = read_run_data(with_models).metrics["classification"].query("method == 'adapler'")
    row = rows.set_index("metric").loc["accuracy"]
    interval = f"{100 * row['value']:.1f} [{100 * row['ci_low']:.1f}, {100 * row['ci_high']:.1f}]"
    (line,) = [line for line in text.splitlines() if line.startswith("| AdapLeR")]
    assert f"| {interval} |" in line
    assert "| 2.60 | 3.70 | 38.0 |" in line
    assert "1 seed (0)" in text
    assert "Lost against the dense model on the same texts, in accuracy: " in text
    assert "Strength: `adapler.phi` = 0.003." in text
    assert "Learned thresholds (`eta`), layer by layer: 0.5, 0.55, 0.6, 0.65, 0.7, 0.75." in text
    assert "Nothing: it drops no token." not in text
    assert "Trained until 2026-01-02." in text
    assert "texts train 1,200, test 24" in text


def test_loading_is_told_as_the_folder_is(with_models) -> None:
    own, exported = card(with_models), card(with_models, exported=True)
    assert "workbench.load_classifier" in own
    assert "drops nothing" in own
    assert "import workbench" in exported
    assert "load_classifier" not in exported
    assert "import workbench" not in card(with_models, "dense", exported=True)


def test_what_is_not_recorded_is_said_to_be_unknown(with_models) -> None:
    for path in [*with_models.glob("metrics/*"), with_models / "predictions.parquet"]:
        path.unlink()
    write_json(with_models / "about.json", {})
    write_json(with_models / "stages.json", {})
    (with_models / "environment.json").unlink()
    text = card(with_models)
    assert "Not recorded: the run has not been evaluated to its end." in text
    assert "the number of texts was not recorded" in text
    assert "Trained until not recorded." in text
    assert "machine: not recorded" in text
    assert "eval_results" not in text
    assert ModelCard(text).data.eval_results is None
    data = data_card_text(read_run_data(with_models))
    assert data.count("Not recorded.") == 4


def test_paths_stay_at_home_and_hub_names_are_told(with_models, tmp_path) -> None:
    where = {"source": "file", "path": str(tmp_path / "own.csv")}
    change_config(with_models, data=where, backbone=str(tmp_path / "bert"))
    for text in (card(with_models), data_card_text(read_run_data(with_models))):
        assert str(tmp_path) not in text
        assert "own.csv" in text
    change_config(with_models, data={"source": "hub", "path": "me/texts"}, backbone="bert-base-uncased")
    data = ModelCard(card(with_models)).data
    assert (data.base_model, data.datasets) == ("bert-base-uncased", ["me/texts"])


def test_hostile_names_stay_text(with_models) -> None:
    for text in (card(with_models), data_card_text(read_run_data(with_models))):
        body = text.split("\n---\n")[-1]
        assert "<script>" not in body
    assert markdown_line("a|b\n<c> & d") == "a\\|b &lt;c> &amp; d"
    data = data_card_text(read_run_data(with_models))
    assert "| a\\|b | 600 | 12 |" in data
    assert "| words_mean | 10.5 | 9.25 |" in data
    assert "| rationale_share | – | 0.5 |" in data
    assert "| train | test | 3 | 4 |" in data


def test_a_folder_that_is_no_run_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="not a run folder"):
        write_cards(tmp_path)
