"""The faithfulness stage on the tiny run: its table, what it repeats, and what does not matter to it."""

import shutil

import numpy as np
import pandas as pd
import pytest

from tests.helpers.tiny_runs import LAYERS, TinyRun, call, times
from workbench.metrics import schemas
from workbench.models.classifier import load_classifier
from workbench.models.inference import infer
from workbench.models.interventions.perturb import delete_tokens
from workbench.pipeline.job import Job
from workbench.reporting.pages import run as report
from workbench.runs.folder import Run, load_run

ASKED = "{scorers: [cp, saliency], bins: [0.1, 0.5], curve_steps: 2, max_texts: 4}"
KEY = ["scorer", "method", "layer", "selection", "metric"]


def run(config, folder, *more: str) -> int:
    settings = (f"evaluation.faithfulness={ASKED}", *more)
    return call("run", config, "--out", folder, *(part for s in settings for part in ("--set", s)))


@pytest.fixture(scope="module")
def tested(tiny: TinyRun, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The tiny run, continued with the stage: nothing else of it is worked on again."""
    folder = shutil.copytree(tiny.folder, tmp_path_factory.mktemp("faithful") / "run")
    before = times(folder)
    assert run(tiny.config, folder) == 0
    after = times(folder)
    # The report and the models' cards are written again; of what they are made from only the stage's
    # table is new.
    worked = {
        name for name, time in after.items()
        if name.startswith(("metrics/", "scores", "models", "predictions"))
        and time != before.get(name)
        and not name.endswith(".md")
    }  # fmt: skip
    assert worked == {"metrics/faithfulness.csv", "metrics/faithfulness.parquet"}
    return load_run(folder)


def test_the_table_covers_scorers_controls_and_layers(tested: Run) -> None:
    frame = tested.metrics("faithfulness")
    assert tuple(frame.columns) == schemas.FAITHFULNESS.columns
    pairs = set(frame[["scorer", "method"]].itertuples(index=False, name=None))
    assert pairs == {
        ("cp", "adapler"), ("random", "adapler"), ("oracle", "adapler"),
        ("saliency", "dense"), ("random", "dense"), ("oracle", "dense"),
    }  # fmt: skip
    main = frame[frame["metric"] == "aopc_comprehensiveness"]
    layers = main.groupby(["scorer", "method"])["layer"].apply(list)
    assert all(found == list(range(LAYERS)) for found in layers)
    assert set(main.loc[main["scorer"] != "oracle", "n"]) == {4}
    assert (frame["ci_low"] <= frame["ci_high"]).all()
    assert (set(frame["unit"]), set(frame["removal"])) == ({"word"}, {"delete"})
    written = pd.read_csv(tested.table_file("faithfulness").with_suffix(".csv"))
    pd.testing.assert_frame_equal(written, frame, check_dtype=False)


def test_controls_have_one_value_for_all_layers(tested: Run) -> None:
    frame = tested.metrics("faithfulness")
    rows = frame[frame["scorer"].isin(["random", "oracle"])]
    spread = rows.groupby(["scorer", "method", "selection", "metric"])["value"].nunique()
    assert (spread == 1).all()


def test_the_oracles_drop_is_the_drop_without_the_rationale(tested: Run) -> None:
    job = Job(tested, tested.config)
    windows = job.encodings["test"].windows
    texts = list(dict.fromkeys(w.text_id for w in windows))[:4]
    model, _ = load_classifier(tested.model_folder("adapler"))
    drops, lacks = [], []
    for text in texts:
        own = [w for w in windows if w.text_id == text]
        full = model.task_type.answers(infer(model, own).logits).mean(axis=0)
        c = full.argmax()
        for values, marked in ((drops, False), (lacks, True)):
            altered = [delete_tokens(w, w.rationale == marked) for w in own]
            values.append(
                full[c] - model.task_type.answers(infer(model, altered).logits).mean(axis=0)[c]
            )
    frame = tested.metrics("faithfulness").set_index(KEY)["value"]
    for metric, values in (("comprehensiveness", drops), ("sufficiency", lacks)):
        found = frame["oracle", "adapler", 0, "uniform", metric]
        assert found == pytest.approx(np.mean(values), abs=1e-5)


def test_curves_run_between_the_whole_and_the_bare_text(tested: Run) -> None:
    frame = tested.metrics("faithfulness").query("scorer != 'oracle'")
    for start, end in (("top-0%", "top-100%"), ("top-100%", "top-0%")):
        deletion = (frame["metric"] == "deletion") & (frame["selection"] == start)
        insertion = (frame["metric"] == "insertion") & (frame["selection"] == end)
        values = frame[deletion | insertion].groupby("method")["value"]
        # Whoever scores, and in whatever order: the same two texts.
        assert (values.max() - values.min() < 1e-9).all()
        assert len(values) == 2


def test_the_report_shows_the_table(tested: Run) -> None:
    page = (tested.folder / "report.html").read_text(encoding="utf-8")
    assert "Faithfulness: what the model says when words go" in page
    assert "mean over top-10%, top-50%" in page
    shown = pd.read_csv(tested.folder / "tables" / "faithfulness_table.csv")
    assert {"cp", "saliency", "random", "oracle"} == set(shown["scorer"])
    assert (tested.folder / "tables" / "faithfulness_table.tex").is_file()


def test_pool_and_batch_do_not_matter_and_off_leaves_nothing(
    tested: Run, tiny: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Last: it changes the run that the tests above read."""
    monkeypatch.setattr(report, "write_report", lambda folder: folder / "report.html")
    before = tested.metrics("faithfulness")
    assert run(tiny.config, tested.folder, "evaluation.faithfulness.pool=5") == 0
    again = tested.metrics("faithfulness")
    # The soft metrics divide by a difference of probabilities, which may be small; a rank correlation
    # jumps where two drops are nearly equal.
    loose = before["metric"].str.startswith(("soft", "loo"))
    for rows, slack in ((loose, 1e-2), (~loose, 2e-5)):
        pd.testing.assert_frame_equal(before[rows], again[rows], atol=slack, rtol=0)
    assert run(tiny.config, tested.folder, "evaluation.faithfulness.scorers=[]") == 0
    assert not list((tested.folder / "metrics").glob("faithfulness*"))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("evaluation.faithfulness.layers=[0, 9]", "9, but dense has the layers 0 to 2"),
        ("evaluation.faithfulness.scorers=[salience]", "has 'salience', but scorers has not"),
        ("evaluation.faithfulness.bins=[0.1, 1.5]", "less than or equal to 1"),
        ("evaluation.faithfulness.bins=[0.1, 0.1]", "0.1 is there twice"),
        ("evaluation.faithfulness.removal=drop", "'delete' or 'mask'"),
        ("evaluation.faithfulness.unti=word", "did you mean unit?"),
    ],
)
def test_settings_that_do_not_fit_are_named(tiny, copied, capsys, setting: str, message: str) -> None:
    assert run(tiny.config, copied, "evaluation.faithfulness.scorers=[saliency]", setting) == 2
    assert message in " ".join(capsys.readouterr().err.split())
