"""Folders of answers and tags that are damaged, hostile, or not there."""

import json
import shutil
from pathlib import Path

import yaml

from tests.app.test_answers_and_tags_page import HOSTILE, PAGE
from tests.helpers.app_pages import OpenPage, check_clean, said


def test_a_model_that_is_missing_is_a_sentence(own_systems: Path, open_page: OpenPage) -> None:
    folder = own_systems / "asked"
    done = json.loads((folder / "trained.json").read_text())
    (folder / "trained.json").write_text(json.dumps({"dense": done["dense"]}))
    shutil.rmtree(folder / "models" / "dense")
    page = open_page(own_systems, PAGE, folder="asked", systems=["dense", "top-0.3"])
    assert not page.exception
    told = [error.value.replace("\\", "") for error in page.error]
    assert len(told) == 2
    assert "no trained model 'dense' (there: none yet)" in told[0]
    assert "ToP 0.3: its training has not ended." in said(page)
    assert page.dataframe[0].value["model"].tolist() == ["dense", "ToP 0.3"]


def test_a_damaged_model_is_a_sentence(own_systems: Path, open_page: OpenPage) -> None:
    model = own_systems / "asked" / "models" / "top-0.3"
    (model / "config.json").write_text("{")
    page = open_page(own_systems, PAGE, folder="asked", systems=["top-0.3", "dense"])
    assert not page.exception
    assert page.error[0].value.replace("\\", "").startswith("ToP 0.3: ")
    assert page.dataframe[-1].value["system"].tolist() == ["dense"]


def test_questions_that_are_gone_leave_the_tables(own_systems: Path, open_page: OpenPage) -> None:
    path = own_systems / "asked" / "questions.yaml"
    config = yaml.safe_load(path.read_text())
    config["run"]["data"]["path"] = "gone.json"
    path.write_text(yaml.safe_dump(config))
    page = open_page(own_systems, PAGE, folder="asked")
    assert not page.exception
    assert "gone.json" in page.error[0].value.replace("\\", "")
    assert page.dataframe[0].value["model"].tolist() == ["dense", "ToP 0.3"]
    page.selectbox(key="source").set_value("typed").run()
    check_clean(page)


def test_hostile_questions_stay_text(own_systems: Path, open_page: OpenPage, tmp_path: Path) -> None:
    path = own_systems / "asked" / "questions.yaml"
    config = yaml.safe_load(path.read_text())
    read = json.loads(Path(config["run"]["data"]["path"]).read_text())
    for article in read["data"]:
        for number, asked in enumerate(article["paragraphs"][0]["qas"]):
            asked["question"] = f"{HOSTILE} {number}"
            asked["id"] = f"{HOSTILE} {article['title']} {number}"
    (tmp_path / "letters.json").write_text(json.dumps(read))
    config["run"]["data"]["path"] = str(tmp_path / "letters.json")
    path.write_text(yaml.safe_dump(config))
    page = check_clean(open_page(own_systems, PAGE, folder="asked"))
    for part in (*page.markdown, *page.caption, *page.subheader):
        assert "<b>" not in part.value.replace("\\<", "")
    assert any("\\<b\\>" in part.value for part in page.markdown)


def test_a_folder_without_judged_systems(own_systems: Path, open_page: OpenPage) -> None:
    for name in ("metrics", "answers"):
        shutil.rmtree(own_systems / "asked" / name)
    page = check_clean(open_page(own_systems, PAGE, folder="asked"))
    assert "Nothing has been judged yet: go on with `workbench answer`." in said(page)
    assert "dense: not judged yet." in said(page)
    assert "outcome" not in page.query_params
    assert page.dataframe[-1].value["system"].tolist() == ["ToP 0.3"]


def test_removed_systems_and_damaged_folders_are_told(own_systems: Path, open_page: OpenPage) -> None:
    path = own_systems / "asked" / "questions.yaml"
    config = yaml.safe_load(path.read_text())
    config["run"]["methods"], config["strengths"] = ["dense"], {}
    path.write_text(yaml.safe_dump(config))
    page = check_clean(open_page(own_systems, PAGE, folder="asked"))
    assert "ToP 0.3 was measured" in page.warning[0].value.replace("\\", "")
    assert page.multiselect(key="systems").options == ["dense"]
    path.write_text("run: [")
    page = check_clean(open_page(own_systems, PAGE))
    assert page.sidebar.selectbox(key="folder").options == ["tagged"]
    (own_systems / "tagged" / "tagging.yaml").write_text("run: [")
    page = check_clean(open_page(own_systems, PAGE))
    assert "None of these folders can be opened" in said(page)


def test_without_such_a_folder(tmp_path: Path, open_page: OpenPage) -> None:
    page = check_clean(open_page(tmp_path, PAGE))
    assert "`workbench answer` and `workbench tag` make them" in said(page)


def test_damaged_answers_are_a_sentence(own_systems: Path, open_page: OpenPage) -> None:
    (own_systems / "asked" / "answers" / "top-0.3.json").write_text('{"a": 1}')
    (own_systems / "tagged" / "tags" / "top-0.3.json").write_text('{"a": ["B", 1]}')
    for name, told in (("asked", "than an answer by id"), ("tagged", "than tags by id")):
        page = open_page(own_systems, PAGE, folder=name)
        assert not page.exception
        assert told in page.error[0].value
        assert page.dataframe[0].value["model"].tolist() == ["dense", "ToP 0.3"]
