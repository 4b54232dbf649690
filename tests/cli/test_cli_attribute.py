"""`workbench attribute` and the scorers of `workbench explain`, on the tiny run."""

import json

import pandas as pd
import pytest

TEXT = "the film is good . the film is not ."


def test_attribute_uses_each_scorers_model(workbench, tiny, tmp_path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text(f"{TEXT}\na good film\n")
    answer = workbench(
        "attribute",
        "--run",
        tiny.folder,
        "--texts",
        path,
        "--scorers",
        "cp,alti",
        "--out",
        tmp_path / "o",
    )
    assert answer.code == 0, answer.err
    assert [line.split()[:3] for line in answer.out.splitlines()[1:3]] == [
        ["cp", "adapler", "2"],
        ["alti", "dense", "2"],
    ]
    frame = pd.read_parquet(tmp_path / "o" / "scores" / "cp.parquet")
    assert set(frame["method"]) == {"adapler"}


def test_a_model_it_cannot_explain_is_refused(workbench, tiny, tmp_path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text(TEXT)
    answer = workbench(
        "attribute", "--run", tiny.folder, "--texts", path, "--scorers", "cp", "--method", "dense"
    )
    assert answer.code == 2
    assert "trained with adapler; this one is dense" in answer.error


def test_layers_that_are_no_numbers_are_refused(workbench, tiny, tmp_path) -> None:
    answer = workbench(
        "attribute", "--run", tiny.folder, "--texts", "x.txt", "--scorers", "alti", "--layers", "a"
    )
    assert answer.code == 2
    assert "--layers 'a'" in answer.error


def test_scorers_stand_side_by_side_and_can_be_saved(workbench, tiny, tmp_path) -> None:
    html, saved = tmp_path / "a.html", tmp_path / "a.json"
    asked = ["--method", "adapler", "--scorers", "cp,globenc,feature-ablation"]
    places = ["--html", html, "--json", saved]
    answer = workbench("explain", "--run", tiny.folder, *asked, *places, "the <b> film is good")
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert lines[1].split() == ["cp", "globenc", "feature-ablation"]
    # Ablation explains the text itself.
    assert lines[2].split() == ["token", "layer", "2", "layer", "2", "layer", "0"]
    found = json.loads(saved.read_text())
    assert [one["scorer"] for one in found["scorers"]] == ["cp", "globenc", "feature-ablation"]
    tokens = found["scorers"][0]["tokens"]
    shown = [line.split()[0] for line in lines[3:]]
    assert shown == tokens
    assert found["scorers"][2]["scores"][0][1] is not None
    assert found["scorers"][2]["scores"][1][1] is None
    page = html.read_text()
    assert page.count("<h2>") == 3
    assert "<b>" not in page


def test_a_class_is_explained_against_another(workbench, tiny, tmp_path) -> None:
    saved = tmp_path / "a.json"
    asked = ["--scorers", "cp-lrp,saliency", "--target", "POS", "--against", "runner-up"]
    answer = workbench(
        "explain", "--run", tiny.folder, "--method", "dense", *asked, "--json", saved, TEXT
    )
    assert answer.code == 0, answer.err
    said = [one["explains"] for one in json.loads(saved.read_text())["scorers"]]
    assert all(one.endswith("logit of class POS minus that of the runner-up") for one in said)


@pytest.mark.parametrize("option", ["--target", "--against"])
def test_what_has_no_effect_is_refused(workbench, tiny, option: str) -> None:
    answer = workbench("explain", "--run", tiny.folder, option, "POS", TEXT)
    assert answer.code == 2
    assert "need --scorers" in answer.error
