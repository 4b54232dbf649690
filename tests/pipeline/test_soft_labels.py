"""Labels of three annotators: what is learnt from them, what is measured, what is made again."""

import json

import numpy as np
import pytest

from tests.helpers.tiny_runs import call, write_settings
from workbench.runs.folder import load_run

WORDS = "abcdefgh"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("soft")
    rng = np.random.default_rng(0)
    rows = []
    for n in range(90):
        text = " ".join(rng.choice(list(WORDS), 6))
        label = ["yes", "no"][n % 2]
        people = [label, label, "yes"]
        rows.append(
            {
                "text": f"{text} {n}",
                "label": people,
                "id": str(n),
                "split": ["train", "dev", "test"][n % 3],
            }
        )
    data = folder / "texts.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    source = {
        "source": "file", "path": str(data), "rationales": "none", "id_column": "id",
        "split_column": "split", "unknown_only": "keep",
    }  # fmt: skip
    config = write_settings(folder, data=source, evaluation={"scorers": ["random"], "splits": ["test"]})
    more = ["--set", "methods=[dense]", "--set", "efficiency.repeats=0"]
    assert call("run", config, "--out", folder / "hard", *more) == 0
    assert call("run", config, "--out", folder / "soft", *more, "--set", "data.soft_labels=true") == 0
    return folder


def test_agreement_with_the_shares_is_measured_in_any_case(run):
    for name in ("hard", "soft"):
        table = load_run(run / name).metrics("classification")
        table = table[table["split"] == "test"].set_index("metric")
        assert 0 <= table.loc["label_js", "value"] <= 1
        frame = load_run(run / name).predictions
        frame = frame[frame["split"] == "test"]
        np.testing.assert_allclose(frame["share_no"] + frame["share_yes"], 1, atol=1e-6)
        # The test texts are those of n % 3 == 2: "no" and "yes" in turn, and a third voice for "yes".
        assert sorted(set(frame["share_no"])) == pytest.approx([0, 2 / 3])


def test_training_on_shares_gives_another_model(run):
    hard, soft = (load_run(run / name).predictions["prob_yes"].to_numpy() for name in ("hard", "soft"))
    assert np.abs(hard - soft).max() > 1e-4
