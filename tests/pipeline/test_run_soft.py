"""Posts with three annotators go through the whole pipeline: shares, soft metrics, what people reach."""

import json

import numpy as np
import pandas as pd
import pytest

from app.data.plausibility import TABLES, extra_table, layer_values
from app.figures.charts import metric_chart
from tests.helpers.tiny_regression import write_encoder
from tests.helpers.tiny_runs import SAMPLE, TinyRun, call, write_settings
from workbench.core.token_scores import from_frame
from workbench.metrics.registry import SOFT
from workbench.metrics.schemas import RUN_TABLES
from workbench.reporting.figures.plausibility import layer_frame
from workbench.runs.folder import Run, load_run
from workbench.runs.scores import ScoreTable
from workbench.runs.tables import read_run_data

WORDS = 8
MARKED = ((1, 2), (1, 2, 3), (1,))
"""What each annotator marks in every post: shares 1, 2/3 and 1/3, of which two are a majority."""
SPLITS = {"train": range(16), "val": range(16, 22), "test": range(22, 30)}


def posts() -> dict[str, dict]:
    """Posts of known words; every fourth is normal, which nobody annotated."""
    text = (SAMPLE / "docs" / "wedding.txt").read_text(encoding="utf-8").lower()
    words = [word for word in text.split() if word.isalpha()]
    marks = [[int(word in own) for word in range(WORDS)] for own in MARKED]
    return {
        f"p{k}": {
            "annotators": [{"label": label, "annotator_id": number} for number in range(3)],
            "rationales": [] if label == "normal" else marks,
            "post_tokens": words[k : k + WORDS],
        }
        for k in range(30)
        for label in [("hatespeech", "offensive", "hatespeech", "normal")[k % 4]]
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    folder = tmp_path_factory.mktemp("soft")
    (folder / "dataset.json").write_text(json.dumps(posts()), encoding="utf-8")
    divisions = {name: [f"p{k}" for k in numbers] for name, numbers in SPLITS.items()}
    (folder / "post_id_divisions.json").write_text(json.dumps(divisions), encoding="utf-8")
    data = {"source": "hatexplain", "path": str(folder)}
    scorers = ["saliency", "random", "oracle"]
    config = write_settings(folder, data=data, evaluation={"scorers": scorers, "splits": ["test"]})
    write_encoder(folder / "bert")
    assert call("run", config, "--out", folder / "run", "--set", "methods=[dense]") == 0
    return TinyRun(config, folder / "run")


@pytest.fixture
def found(made: TinyRun) -> Run:
    return load_run(made.folder)


def values(frame: pd.DataFrame, **where: object) -> pd.Series:
    """The values of the rows about whole words, by metric."""
    for column, wanted in ({"unit": "word", "universe": "all"} | where).items():
        frame = frame[frame[column] == wanted]
    return frame.set_index("metric")["value"]


def test_scores_have_the_shares_of_their_words(found: Run) -> None:
    records = from_frame(found.scores("saliency"))
    annotated = [record for record in records if record.rationale is not None]
    assert (len(records), len(annotated)) == (8, 6)
    shares = [1, 2 / 3, 1 / 3]
    for record in annotated:
        assert record.shares.tolist() == pytest.approx([0, 0, *shares, *[0] * (WORDS - 4), 0])
        assert record.rationale.tolist() == (record.shares > 0.5).tolist()
    assert all(record.shares is None for record in records if record.rationale is None)


def test_the_oracle_has_the_values_of_the_majority(found: Run) -> None:
    frame = found.metrics("plausibility")
    soft = {metric.name for metric in SOFT}
    for scorer in ("saliency", "random", "oracle"):
        assert soft <= set(frame.loc[frame["scorer"] == scorer, "metric"])
    rows = frame[frame["metric"].isin(soft)]
    assert (rows["n"] == 6).all()
    assert set(rows["selection"]) == {"none"}
    oracle = values(frame, scorer="oracle", layer=0)
    assert oracle["ap"] == 1
    # Words 1 and 2 tie at the top, all others below.
    graded = (5 / 3 * (5 / 3) / 2 + 1 / 3 * 2 / WORDS) / 2
    assert oracle["soft_ap"] == pytest.approx(graded)
    assert oracle["soft_mse"] == pytest.approx((1 / 9 + 1 / 9) / WORDS)
    p, q = np.array([1 / 2, 1 / 2, 0]), np.array([1 / 2, 1 / 3, 1 / 6])
    middle = (p + q) / 2
    halves = [np.sum(one[one > 0] * np.log2(one[one > 0] / middle[one > 0])) for one in (p, q)]
    assert oracle["soft_js"] == pytest.approx(np.sqrt(np.mean(halves)))
    # Shares rank 8, 7, 6 and five times 3; the oracle twice 7.5 and six times 3.5.
    theirs, ours = np.array([8, 7, 6, *[3] * 5]) - 4.5, np.array([7.5, 7.5, *[3.5] * 6]) - 4.5
    rho = theirs @ ours / np.sqrt(theirs @ theirs * (ours @ ours))
    assert oracle["soft_spearman"] == pytest.approx(rho)


def test_chance_levels_of_tokens_are_exact(found: Run) -> None:
    chance = found.metrics("chance")
    rows = chance[chance["unit"] == "token"].set_index(["universe", "metric"])
    assert rows.loc[("all", "soft_ap"), "how"] == "exact"
    assert rows.loc[("all", "soft_spearman"), "value"] == 0
    assert rows.loc[("all", "soft_mse"), "how"] == "draws"


def test_people_reach_what_they_reach_by_hand(made: TinyRun, found: Run) -> None:
    frame = found.metrics("human_bound")
    assert tuple(frame.columns) == RUN_TABLES["human_bound"].columns
    assert (made.folder / "metrics" / "human_bound.csv").is_file()
    assert set(frame["split"]) == {"test"}
    assert set(frame["n"]) == {6}
    assert set(frame["annotators"]) == {18}
    people = values(frame)
    # The majority of two others is both: {1}, {1}, {1, 2}.
    assert people["token_f1"] == pytest.approx((2 / 3 + 1 / 2 + 2 / 3) / 3)
    assert people["fpr"] == pytest.approx((1 / 7 + 2 / 7 + 0) / 3)
    # Shares of the others: (1, 1/2, 1/2), (1, 1/2, 0), (1, 1, 1/2).
    errors = [(1 / 4 + 1 / 4) / WORDS, (1 / 4 + 1) / WORDS, (1 + 1 / 4) / WORDS]
    assert people["soft_mse"] == pytest.approx(np.mean(errors))


def test_report_shows_both(made: TinyRun) -> None:
    text = (made.folder / "report.md").read_text(encoding="utf-8")
    table = (made.folder / "tables" / "plausibility_table.md").read_text(encoding="utf-8")
    assert table.strip() in text
    assert "graded average precision" in table
    assert "scores divided by the text's largest" in table
    bound = pd.read_csv(made.folder / "tables" / "human_bound.csv")
    assert bound["metric"].tolist()[:2] == ["ap", "ap"]
    assert set(bound["unit"]) == {"token", "word"}
    assert "the majority of them" in (made.folder / "tables" / "human_bound.md").read_text(
        encoding="utf-8"
    )
    assert (made.folder / "figures" / "plausibility_soft.png").is_file()
    assert "what each annotator reaches against the others" in text


def test_the_app_has_both(made: TinyRun, found: Run) -> None:
    run = read_run_data(made.folder)
    assert "human_bound" in TABLES
    assert len(extra_table(run, "human_bound", "test", "word", "all"))
    rows = layer_frame(run.rows("plausibility"), [("none", "soft_mse")], unit="word", window_set="all")
    (panel,) = metric_chart(rows, people=run.rows("human_bound")).panels
    (level,) = [series for series in panel.series if series.kind == "level"]
    assert level.y[0] == values(found.metrics("human_bound"))["soft_mse"]
    texts = layer_values(ScoreTable(found.score_file("oracle")), "dense", 0)["word", "all"]
    oracle = values(found.metrics("plausibility"), scorer="oracle", layer=0)
    assert texts["soft_ap"].mean() == pytest.approx(oracle["soft_ap"])
