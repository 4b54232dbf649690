"""Report and Markdown say the same, name what is missing or still to come, and stay small."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from workbench.reporting.pages.run import LACKING, SECTIONS, write_report
from workbench.reporting.tables.rationales import earliest_table, fpr_table
from workbench.runs.stages import unfinished_sentence
from workbench.storage.atomic import write_json

NEWER = ("significance", "fpr_comparisons", "chance", "earliest", "scorer_agreement", "data")
KEYED = {"split": "test", "unit": "token", "universe": "with-evidence", "selection": "uniform"}


def test_every_table_and_figure_is_in_both_and_the_links_hold(finished_run: Path) -> None:
    page = (finished_run / "report.html").read_text(encoding="utf-8")
    text = (finished_run / "report.md").read_text(encoding="utf-8")
    for name in NEWER:
        written = (finished_run / "tables" / f"{name}.md").read_text(encoding="utf-8").strip()
        assert written in text
        assert (finished_run / "tables" / f"{name}.html").read_text(encoding="utf-8").strip() in page
    links = re.findall(r"!\[\w+\]\((\S+)\)", text)
    assert len(links) == 5
    assert all((finished_run / link).is_file() for link in links)
    assert (finished_run / "report.html").stat().st_size < 10_000_000


def test_sections_name_each_thing_once() -> None:
    names = [name for section in SECTIONS for name in section.names]
    assert len(names) == len(set(names))
    assert set(LACKING) <= set(names)
    assert all(set(section.folded) <= set(section.names) for section in SECTIONS)


@pytest.mark.usefixtures("quick_figures")
def test_a_run_still_going_says_what_is_to_come(fresh_run: Path) -> None:
    shutil.rmtree(fresh_run / "metrics")
    write_json(fresh_run / "stages.json", {"dense": {}, "adapler": {}, "predictions": {}})
    page = write_report(fresh_run).read_text(encoding="utf-8")
    told = "This run has not finished: top, plausibility, efficiency still to come."
    assert told in page
    assert told in (fresh_run / "report.md").read_text(encoding="utf-8")
    assert "Missing: classification results." in page


def test_which_stages_are_expected_follows_the_configuration(tmp_path: Path) -> None:
    config = {
        "methods": ["dense"],
        "evaluation": {"controls": ["random"], "faithfulness": {"scorers": []}},
    }
    assert unfinished_sentence(tmp_path, config) == ""
    done = ("dense", "predictions", "plausibility", "efficiency")
    write_json(tmp_path / "stages.json", {name: {} for name in done})
    assert "finished: controls still to come" in unfinished_sentence(tmp_path, config)
    config["evaluation"] = {"controls": []}
    assert unfinished_sentence(tmp_path, config) == ""


@pytest.mark.usefixtures("quick_figures")
def test_a_configured_method_without_numbers_is_marked(fresh_run: Path) -> None:
    for name in ("classification", "efficiency"):
        path = fresh_run / "metrics" / f"{name}.parquet"
        frame = pd.read_parquet(path)
        frame[frame["method"] != "top"].to_parquet(path)
    write_report(fresh_run)
    text = (fresh_run / "tables" / "main.md").read_text(encoding="utf-8")
    assert re.search(r"\| ToP \| 0 \| –( \| –)+ \|", text)


def test_first_layers_and_rivals_by_hand() -> None:
    rows = pd.DataFrame(
        {"scorer": "cp", "method": "adapler", "fpr_below": [0.2, 0.2], "tpr_above": [0.5, 0.9],
         "layer": [3.0, None], "n": 4, **KEYED}
    )  # fmt: skip
    assert earliest_table(rows, "").shown.iloc[0].tolist()[2:] == ["uniform", "L3", "–"]
    pairs = pd.DataFrame(
        {"scorer": "cp", "method": "adapler", "against": "saliency", "layer": [0, 1], "metric": "fpr",
         "difference": [-0.1, 0.02], "p_holm": [0.01, 0.5], "n": 4, **KEYED}
    )  # fmt: skip
    shown = fpr_table(pairs, "").shown.iloc[0].tolist()
    assert shown == ["contribution predictor (AdapLeR)", "saliency", "4", "-0.100*", "+0.020"]
