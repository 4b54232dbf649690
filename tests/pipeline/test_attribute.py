"""`workbench attribute`: streamed, resumed by text id, counted; and what it refuses."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.helpers.extra_scorers import extra_scorer
from tests.helpers.toys import save_folder
from workbench.attribution.options import Options
from workbench.core.documents import Window
from workbench.core.token_scores import from_frame
from workbench.errors import InputError
from workbench.pipeline import attribute as module
from workbench.pipeline.attribute import attribute
from workbench.pipeline.job import Reporter
from workbench.pipeline.requests import AttributeRequest

SCORERS = ["saliency", "alti"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return save_folder(tmp_path_factory.mktemp("m") / "model")


@pytest.fixture
def texts(tmp_path) -> Path:
    path = tmp_path / "texts.txt"
    path.write_text("\n".join("abcdefg"[: 2 + i % 5].replace("", " ") for i in range(11)))
    return path


class Kept(Reporter):
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.shown: list[dict[str, float]] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def progress(self, done: int, total: int, values: dict[str, float]) -> None:
        self.shown.append(values)


def request(folder: Path, texts: Path, **more) -> AttributeRequest:
    given = {"scorers": SCORERS, "options": Options(batch_size=1), "out": texts.parent / "out"} | more
    return AttributeRequest(texts=str(texts), model=folder, **given)


def table(out: Path, scorer: str) -> pd.DataFrame:
    return pd.read_parquet(out / "scores" / f"{scorer}.parquet")


def values(out: Path, scorer: str) -> dict[str, np.ndarray]:
    return {record.text_id: record.scores for record in from_frame(table(out, scorer))}


def test_scores_come_in_row_groups_with_their_cost(folder, texts) -> None:
    reporter = Kept()
    out, tallies = attribute(request(folder, texts), reporter)
    for name in SCORERS:
        # Pools of four texts: 4 + 4 + 3.
        file = pq.ParquetFile(out / "scores" / f"{name}.parquet")
        assert file.num_row_groups == 3
        frame = table(out, name)
        assert list(frame["text_id"].unique()) == [f"line-{i + 1}" for i in range(11)]
        assert (frame["seconds"] > 0).all()
        assert tallies[name].texts == tallies[name].windows == 11
        assert tallies[name].seconds > 0
    assert reporter.shown[-1].keys() == set(SCORERS)
    assert not list((out / "scores").glob(".*"))
    assert json.loads((out / "attribute.json").read_text())["scorers"]["alti"]["texts"] == 11


def test_a_killed_run_goes_on_by_text_id(folder, texts, monkeypatch) -> None:
    whole, _ = attribute(request(folder, texts, out=texts.parent / "whole"), Reporter())
    scored = []
    original = module.score_windows

    def killed(names, model, tokenizer, windows, *more):
        if len(scored) == 2:
            raise KeyboardInterrupt
        scored.append([window.text_id for window in windows])
        return original(names, model, tokenizer, windows, *more)

    monkeypatch.setattr(module, "score_windows", killed)
    with pytest.raises(KeyboardInterrupt):
        attribute(request(folder, texts), Reporter())
    scored[:] = [[]]
    monkeypatch.setattr(module, "score_windows", killed)
    out, tallies = attribute(request(folder, texts), Reporter())
    assert scored[1] == ["line-9", "line-10", "line-11"]
    assert tallies["alti"].texts == 11
    for name in SCORERS:
        before, after = values(whole, name), values(out, name)
        assert list(before) == list(after)
        for text_id, scores in before.items():
            np.testing.assert_allclose(after[text_id], scores, atol=1e-6)


def test_a_run_killed_while_joining_has_no_text_twice(folder, texts) -> None:
    out, _ = attribute(request(folder, texts), Reporter())
    left_over = out / "scores" / ".alti" / "000001.parquet"
    left_over.parent.mkdir()
    left_over.write_bytes((out / "scores" / "alti.parquet").read_bytes())
    attribute(request(folder, texts), Reporter())
    assert not table(out, "alti").duplicated(["text_id", "layer", "token_index"]).any()


def test_more_texts_and_scorers_are_added(folder, texts) -> None:
    attribute(request(folder, texts, limit=5), Reporter())
    out, tallies = attribute(request(folder, texts, scorers=["alti", "rollout"]), Reporter())
    assert table(out, "alti")["text_id"].nunique() == table(out, "rollout")["text_id"].nunique() == 11
    assert table(out, "saliency")["text_id"].nunique() == 5
    assert {name: tally.texts for name, tally in tallies.items()} == {
        "saliency": 5,
        "alti": 11,
        "rollout": 11,
    }


def fails_in_line_4(window: Window, layers: int, seed: int) -> np.ndarray:
    scores = np.ones((layers, len(window.input_ids)), dtype=np.float32)
    if window.text_id == "line-4":
        scores[1, 1] = np.nan
    return scores


def test_nan_is_named_and_counted(folder, texts) -> None:
    reporter = Kept()
    with extra_scorer("failing", fails_in_line_4, takes="window"):
        out, tallies = attribute(request(folder, texts, scorers=["saliency", "failing"]), reporter)
    assert reporter.notes == ["failing: NaN for text 'line-4', layer 1: left out"]
    assert tallies["failing"].failed == {"line-4": [1]}
    assert values(out, "failing").keys() == values(out, "saliency").keys()
    assert np.isnan(values(out, "failing")["line-4"][1]).all()


def test_long_texts_are_cut_and_stitch_by_word(folder, texts) -> None:
    texts.write_text(" ".join("abcdefghij") * 4)
    out, tallies = attribute(request(folder, texts, max_tokens=12), Reporter())
    rows = table(out, "alti").query("layer == 0 and word_index >= 0")
    assert tallies["alti"].windows > 1
    assert not rows["word_index"].duplicated().any()
    assert (rows["word_index"].diff().dropna() == 1).all()
    with pytest.raises(InputError, match="line-1"):
        attribute(request(folder, texts, max_tokens=12, too_long="refuse", out=out / "x"), Reporter())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scorers": ["alto"]}, "unknown scorer 'alto'"),
        ({"scorers": []}, "no scorer"),
        ({"scorers": ["cp"]}, "trained with adapler"),
        ({"options": Options(target="happy")}, "classes are neg, pos"),
        ({"options": Options(target="gold"), "scorers": ["saliency"]}, "'line-1' has no class"),
        ({"max_tokens": 100}, "64 positions"),
        ({"method": "dense"}, "--method"),
    ],
)
def test_wrong_requests_leave_nothing_behind(folder, texts, change, message) -> None:
    with pytest.raises(InputError, match=message):
        attribute(request(folder, texts, **change), Reporter())
    assert not (texts.parent / "out").exists()


def test_other_settings_or_another_model_need_another_folder(folder, texts, tmp_path) -> None:
    attribute(request(folder, texts, limit=1, scorers=["saliency"]), Reporter())
    with pytest.raises(InputError, match="options"):
        attribute(
            request(folder, texts, scorers=["saliency"], options=Options(target="pos")), Reporter()
        )
    other = save_folder(tmp_path / "other", seed=1)
    with pytest.raises(InputError, match="another model's"):
        attribute(request(other, texts, scorers=["saliency"]), Reporter())


def test_ids_that_come_twice_are_refused(folder, texts) -> None:
    path = texts.with_suffix(".csv")
    path.write_text("id,text\na,b c\na,d e\n")
    with pytest.raises(InputError, match="twice"):
        attribute(request(folder, path, id_column="id"), Reporter())


def test_a_tables_ids_and_classes_are_used(folder, texts) -> None:
    path = texts.with_suffix(".csv")
    path.write_text("id,text,class\nx,a b c,neg\ny,d e f,pos\n")
    columns = {"id_column": "id", "label_column": "class", "scorers": ["saliency-sum"]}
    found = {}
    for target in ("gold", "neg", "pos"):
        asked = request(
            folder, path, **columns, options=Options(target=target), out=texts.parent / target
        )
        found[target] = values(attribute(asked, Reporter())[0], "saliency-sum")
    np.testing.assert_allclose(found["gold"]["x"], found["neg"]["x"], atol=1e-6)
    np.testing.assert_allclose(found["gold"]["y"], found["pos"]["y"], atol=1e-6)
    assert not np.allclose(found["neg"]["y"], found["pos"]["y"])
    with pytest.raises(InputError, match="no columns"):
        attribute(request(folder, texts, id_column="id"), Reporter())
