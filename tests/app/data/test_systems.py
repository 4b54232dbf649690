"""Folders of answers and tags among the runs: their numbers, what is missing, and what is damaged."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from app.data.asked import answer_frame, gold, question_rows, typed_question, verdict, window_name
from app.data.run_list import entry, folders, stamp
from app.data.systems import by_layer_table, plausibility_tables, quality_table, read_systems
from app.data.tagged import judged_texts, tag_frame, text_rows, typed_text
from app.data.tagged import verdict as tag_verdict
from tests.helpers.three_tokens import three_tokens
from workbench.core.questions import Answer, Question, QuestionWindow
from workbench.errors import InputError
from workbench.inference.token_flow import QuestionFlow, TagFlow, WindowFlow
from workbench.metrics.answer_spans import FoundAnswer, FoundSpan
from workbench.runs.tags import TagsFolder


def stored(folder: Path, name: str, metric: str) -> dict[str, float]:
    frame = pd.read_parquet(folder / "metrics" / f"{name}.parquet")
    rows = frame[frame["metric"] == metric]
    return dict(zip(rows["system"], rows["value"], strict=True))


@pytest.mark.parametrize(("name", "kind"), [("asked", "answers"), ("tagged", "tags")])
def test_a_folder_is_listed_with_the_stored_numbers(systems_root: Path, name: str, kind: str) -> None:
    assert folders(systems_root) == [("asked", ""), ("tagged", "")]
    found = entry(systems_root, name)
    assert (found.kind, found.state, found.reason, found.seeds) == (kind, "finished", "", "0")
    assert found.methods == "dense, ToP 0.3"
    f1, speed = (
        stored(systems_root / name, kind, metric) for metric in ("f1", "flops_speedup_unpadded")
    )
    assert found.quality == f"F1 %: dense {100 * f1['dense']:.1f}, ToP 0.3 {100 * f1['ToP 0.3']:.1f}"
    assert found.speed == f"dense 1.00, ToP 0.3 {speed['ToP 0.3']:.2f}"
    assert found.data.startswith({"asked": "letters", "tagged": "tagged"}[name])
    assert not found.opens


def test_tables_are_the_reports(systems_root: Path) -> None:
    data = read_systems(systems_root / "asked")
    quality, layers = quality_table(data), by_layer_table(data)
    assert quality is not None
    assert layers is not None
    assert quality.caption.startswith("Answers to 6 questions of letters: F1 and exact match")
    assert "5,000 resamples" in quality.caption
    assert set(layers.frame["quantity"]) == {"answer whole", "answer", "sentence", "passage", "question"}
    tables = plausibility_tables(data)
    assert set(tables) == {"answer", "sentence"}
    for name, tokens in (("answer", "the answer's tokens"), ("sentence", "the tokens of the sentence")):
        assert tables[name].name == f"answers_plausibility_{name}"
        assert tokens in tables[name].caption
        assert "bold" not in tables[name].caption
    tags = quality_table(read_systems(systems_root / "tagged"))
    assert tags is not None
    assert tags.caption.startswith("Tags of 12 texts of ")
    assert plausibility_tables(read_systems(systems_root / "tagged")) == {}


def test_what_is_not_trained_or_judged_is_missing(own_systems: Path) -> None:
    folder = own_systems / "asked"
    before = stamp(folder)
    (folder / "answers" / "dense.json").write_text("{}")
    assert stamp(folder) != before
    done = json.loads((folder / "trained.json").read_text())
    (folder / "trained.json").write_text(json.dumps({"dense": done["dense"]}))
    found = entry(own_systems, "asked")
    assert (found.state, found.reason) == ("unfinished", "ToP 0.3: its training has not ended.")
    config = yaml.safe_load((folder / "questions.yaml").read_text())
    config["strengths"]["top"] = [0.6]
    (folder / "questions.yaml").write_text(yaml.safe_dump(config))
    data = read_systems(folder)
    assert data.missing == ["ToP 0.6: its training has not ended."]
    assert data.removed == ["ToP 0.3"]
    shutil.rmtree(folder / "metrics")
    (folder / "trained.json").unlink()
    data = read_systems(folder)
    assert data.missing == [f"{one}: its training has not ended." for one in ("dense", "ToP 0.6")]
    assert (quality_table(data), by_layer_table(data), plausibility_tables(data)) == (None, None, {})


def test_trained_and_not_judged(own_systems: Path) -> None:
    shutil.rmtree(own_systems / "tagged" / "metrics")
    found = entry(own_systems, "tagged")
    assert found.state == "unfinished"
    assert found.reason == "dense: not judged yet. ToP 0.3: not judged yet."
    assert (found.quality, found.speed) == ("", "")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def open_bracket(path: Path) -> None:
    path.write_text("run: [")


def without_values(path: Path) -> None:
    pd.read_parquet(path).drop(columns="value").to_parquet(path)


def of_words(path: Path) -> None:
    frame = pd.read_parquet(path)
    frame.assign(value="much").to_parquet(path)


@pytest.mark.parametrize(
    ("file", "damage", "told"),
    [
        ("questions.yaml", open_bracket, "questions.yaml:2: not valid YAML"),
        ("trained.json", cut, "trained.json: not readable as JSON"),
        ("metrics/answers.parquet", cut, "answers.parquet: cannot be read as Parquet"),
        ("metrics/answers_by_layer.parquet", cut, "answers_by_layer.parquet: cannot be read"),
        ("metrics/answers.parquet", without_values, r"lacks the column(s) value"),
        ("metrics/answers.parquet", of_words, "value holds something else than numbers"),
    ],
)
def test_a_damaged_folder_is_listed_with_the_reason(
    own_systems: Path, file: str, damage: Callable[[Path], None], told: str
) -> None:
    damage(own_systems / "asked" / file)
    found = entry(own_systems, "asked")
    assert (found.kind, found.state) == ("answers", "damaged")
    assert told in found.reason
    with pytest.raises(InputError):
        read_systems(own_systems / "asked")
    assert entry(own_systems, "tagged").state == "finished"


def test_opening_runs_no_plug_in(own_systems: Path, tmp_path: Path) -> None:
    ran, plugin = tmp_path / "ran", tmp_path / "theirs.py"
    plugin.write_text(f"open({str(ran)!r}, 'w').close()\n")
    for path in own_systems.glob("*/*.yaml"):
        config = yaml.safe_load(path.read_text())
        config["run"]["plugins"] = [str(plugin)]
        path.write_text(yaml.safe_dump(config))
    for name in ("asked", "tagged"):
        assert entry(own_systems, name).state == "finished"
    assert len(judged_texts(TagsFolder(own_systems / "tagged"))) == 12
    assert not ran.exists()


def flow(text: str, facts: int = 1, window: int = 0, score: float = 3.0) -> QuestionFlow:
    """An answer over so many windows, of which the odd ones hold the gold one."""
    spans = (FoundSpan(score, window, 1, 1, text),) if text else ()
    nothing = np.zeros(2, dtype=bool)
    held = tuple(
        QuestionWindow("q", number, np.zeros((2, 2)), nothing, 0, number % 2, number % 2, nothing)
        for number in range(facts)
    )
    cost = WindowFlow(three_tokens(), three_tokens(), 50, 100)
    return QuestionFlow(FoundAnswer("q", text, spans, 1.0), (cost,) * facts, held, ())


ASKED = Question("q", "Who?", "Ada wrote it.", (Answer("Ada wrote", 0), Answer("Ada", 0)))
NOBODY = Question("n", "Who?", "It rained.", impossible=True)


def test_answers_and_whether_they_are_right() -> None:
    assert verdict(flow("the Ada"), ASKED, "squad-2.0") == "“the Ada”, right"
    assert verdict(flow("Ada it"), ASKED, "squad-2.0") == "“Ada it”, wrong (F1 0.67)"
    assert verdict(flow(""), ASKED, "squad-2.0") == "no answer, wrong (F1 0.00)"
    assert verdict(flow(""), NOBODY, "squad-2.0") == "no answer, right"
    assert verdict(flow("Ada"), typed_question("Who?", "Ada."), "squad-2.0") == "“Ada”"
    assert (gold(ASKED), gold(NOBODY)) == ("Ada wrote | Ada", "no answer")
    rows = question_rows({"q": ASKED, "n": NOBODY}, {"q": "Ada"}, "squad-2.0")
    assert rows["right"].tolist() == [True, pd.NA]
    frame = answer_frame({"dense": flow("Ada it"), "ToP": flow("", 2)}, ASKED, "squad-2.0")
    assert frame["F1"].tolist() == [pytest.approx(2 / 3), 0]
    assert frame["FLOPs, dense / own"].tolist() == [2, 2]
    assert frame["window"].tolist() == [1, pd.NA]
    typed = answer_frame({"dense": flow("Ada")}, typed_question("Who?", "Ada."), "squad-2.0")
    assert typed[["exact match", "F1"]].isna().all(axis=None)


def test_windows_are_named_by_what_they_hold() -> None:
    flows = {"dense": flow("x", 3, window=1), "ToP": flow("x", 3, window=2)}
    names = [window_name(number, flows) for number in range(3)]
    assert names == [
        "1 of 3", "2 of 3: gold answer, best span of dense", "3 of 3: best span of ToP",
    ]  # fmt: skip


def test_tags_and_whether_they_are_right(systems_root: Path) -> None:
    texts = judged_texts(TagsFolder(systems_root / "tagged"))
    text = typed_text("a b e", "unicode")
    said = TagFlow(("B-V", "O", "B-V"), ("O", "B-V", "I-V"), ())
    assert tag_verdict(said, text) == "2 entities"
    assert list(tag_frame(text, {"dense": said}).columns) == ["word", "tag by dense"]
    with pytest.raises(InputError, match="at least one word"):
        typed_text(" \n", "unicode")
    with pytest.raises(InputError, match="not valid Unicode"):
        typed_text("a \ud800", "unicode")
    name, known = next((name, one) for name, one in texts.items() if "B-V" in one.tags)
    right = TagFlow(known.tags, ("O", "B-V", "I-V"), ())
    n = len(known.tags)
    assert tag_verdict(right, known).endswith(f", F1 1.00; {n} of {n} words right")
    silent = TagFlow(("O",) * n, ("O", "B-V", "I-V"), ())
    outside = known.tags.count("O")
    assert tag_verdict(silent, known) == f"0 entities, F1 0.00; {outside} of {n} words right"
    frame = tag_frame(known, {"dense": silent})
    assert frame["gold"].tolist() == list(known.tags)
    rows = text_rows({name: known, "other": known}, {name: list(known.tags)})
    assert rows["right"].tolist() == [True, pd.NA]
