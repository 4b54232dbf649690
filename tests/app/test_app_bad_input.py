"""Runs that are damaged, of another version, without models, or change while they are looked at."""

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.helpers.app_pages import OpenPage, check_clean
from tests.helpers.tiny_runs import accept_changes

PAGES = ("runs", "data", "export")


def test_a_folder_that_is_no_run_is_listed_and_cannot_be_opened(
    own_folder: Path, open_page: OpenPage
) -> None:
    (own_folder / "notes").mkdir()
    page = check_clean(open_page(own_folder, "runs", runs=["notes"]))
    row = page.dataframe[0].value.set_index("run").loc["notes"]
    assert row["state"] == "no run"
    assert "notes" not in page.multiselect(key="runs").options


def test_a_truncated_table_is_told_and_the_other_run_still_opens(
    own_folder: Path, open_page: OpenPage
) -> None:
    path = own_folder / "tiny" / "metrics" / "plausibility.parquet"
    path.write_bytes(path.read_bytes()[:50])
    page = check_clean(open_page(own_folder, "runs"))
    row = page.dataframe[0].value.set_index("run").loc["tiny"]
    assert row["state"] == "damaged"
    assert "plausibility.parquet" in row["what is missing"]
    assert page.multiselect(key="runs").options == ["invented"]


def test_truncated_scores_are_a_sentence(own_folder: Path, open_page: OpenPage) -> None:
    for path in (own_folder / "invented" / "scores").iterdir():
        path.write_bytes(path.read_bytes()[:200])
    page = open_page(own_folder, "data", run="invented")
    assert not page.exception
    assert "cannot be read as Parquet" in page.error[0].value


@pytest.mark.parametrize("name", PAGES)
def test_a_later_version_opens_with_a_word_about_it(
    own_folder: Path, open_page: OpenPage, name: str
) -> None:
    with (own_folder / "tiny" / "config.yaml").open("a") as file:
        file.write("new_section: {shiny: 1}\n")
    environment = own_folder / "tiny" / "environment.json"
    environment.write_text(json.dumps(json.loads(environment.read_text()) | {"workbench": "9.1"}))
    accept_changes(own_folder / "tiny")
    page = check_clean(open_page(own_folder, name, run="tiny", runs=["tiny"]))
    if name == "runs":
        assert (
            "Written by workbench 9.1" in page.dataframe[0].value.set_index("run").loc["tiny"].iloc[-1]
        )


def test_a_run_that_changes_on_disk_is_read_again(own_folder: Path, open_page: OpenPage) -> None:
    page = check_clean(open_page(own_folder, "runs", runs=["tiny"]))
    path = own_folder / "tiny" / "metrics" / "classification.parquet"
    frame = pd.read_parquet(path)
    frame.loc[frame["metric"] == "accuracy", "value"] = 0.125
    frame.to_parquet(path)
    accept_changes(own_folder / "tiny")
    page.run()
    assert page.dataframe[1].value["accuracy %"].str.startswith("12.5 ").all()
    assert "accuracy %: dense 12.5" in page.dataframe[0].value.set_index("run").loc["tiny", "quality"]
    # Gone altogether, while it is chosen.
    (own_folder / "tiny").rename(own_folder.parent / "away")
    check_clean(page.run())
    assert page.dataframe[0].value["run"].tolist() == ["invented"]


def test_two_sessions_choose_apart(runs_folder: Path, open_page: OpenPage) -> None:
    one = open_page(runs_folder, "data", run="tiny")
    other = open_page(runs_folder, "data", run="invented")
    one.text_input(key="search").set_value("only here").run()
    other.run()
    assert check_clean(one).sidebar.selectbox(key="run").value == "tiny"
    assert check_clean(other).sidebar.selectbox(key="run").value == "invented"
    assert other.text_input(key="search").value == ""


def test_hostile_names_and_texts_stay_text(own_folder: Path, open_page: OpenPage) -> None:
    hostile = "<img src=x onerror=alert(1)> [a](b) \u202e **x**"
    (own_folder / "invented").rename(own_folder / hostile)
    page = check_clean(open_page(own_folder, "runs", runs=[hostile]))
    assert hostile in page.dataframe[0].value["run"].tolist()
    page = check_clean(open_page(own_folder, "data", run=hostile))
    assert "<script" in page.dataframe[2].value["text"].iloc[1]
    for part in (*page.markdown, *page.caption, *page.subheader):
        assert "<script" not in part.value.replace("\\<", "")
    assert not any(part.proto.allow_html for part in page.markdown)
