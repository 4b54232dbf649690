"""Every table of README and docs comes from the frames in docs/numbers, or says why it does not."""

import re
from pathlib import Path

import pandas as pd
import pytest

from analyses.pages.markdown_tables import table
from tests.helpers.docs_blocks import docs_tool
from tests.helpers.fixtures import save_nothing
from workbench.errors import InputError

TOOL = docs_tool("stored_numbers")
rendered, store, restore = TOOL.rendered, TOOL.store, TOOL.restore
PAGES = {path.name: path for path in TOOL.pages()}
TABLE = re.compile(r"(?:^\|.*\n)+", re.M)
MEASURED = re.compile(r"\d\.\d")
UNBACKED = {
    "methods.md": {"ToP": "settings, and a log-alpha that follows from the gates' distribution"},
    "status.md": {
        "The demo against its targets": "a summary of other tables and of stages.json",
        "Comparison of methods": "a summary of the README's table and of compare.json",
        "Scorers": "printed by analyses/costs/plausibility_speed.py and a run of `workbench attribute`",
        "The app": "printed by the browser tests, and processor times of one-off runs",
        "AdapLeR on single sentences: what the speed costs": "one run per row, folders gone",
    },
    "performance.md": {
        "Reviews: IMDB in windows of 512 tokens": "the settings table has one run per row, on a GPU",
        "Training, saliency, memory": "printed by analyses/costs/training_cost.py",
        "Against the targets": "a summary of other tables",
        "On a GPU": "benchmarks of another machine, not kept",
    },
}
"""Page -> heading -> why its tables cannot be recomputed here. To be emptied, not to be filled."""


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Benchmarks write a figure beside their table, which nobody looks at here."""
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", save_nothing)


@pytest.mark.parametrize("name", PAGES)
def test_marked_tables_are_those_of_the_stored_frames(name: str) -> None:
    text = PAGES[name].read_text(encoding="utf-8")
    assert rendered(text) == text, "run `make numbers`"


@pytest.mark.parametrize("name", PAGES)
def test_a_table_of_measurements_is_marked(name: str) -> None:
    text = TOOL.MARKED.sub("", PAGES[name].read_text(encoding="utf-8"))
    found = {
        heading
        for heading, part in re.findall(r"^#+ (.+?)\n(.*?)(?=^#|\Z)", text, flags=re.M | re.S)
        if any(MEASURED.search(table) for table in TABLE.findall(part))
    }
    assert found == set(UNBACKED.get(name, {}))


def test_every_stored_folder_is_used_and_all_is_small() -> None:
    texts = [path.read_text(encoding="utf-8") for path in PAGES.values()]
    used = {marked["run"] for text in texts for marked in TOOL.MARKED.finditer(text)}
    stored = {path.name for path in TOOL.STORED.iterdir()}
    assert stored == used
    size = sum(path.stat().st_size for path in TOOL.STORED.rglob("*") if path.is_file())
    assert size < 450_000


def test_stored_configurations_name_no_folder() -> None:
    for path in TOOL.STORED.rglob("*"):
        if path.is_file():
            assert not re.search(r"(?<![\w.])/\w+/", path.read_text(encoding="utf-8")), path


def test_another_number_in_a_frame_is_another_table(tmp_path: Path) -> None:
    text = PAGES["studies.md"].read_text(encoding="utf-8")
    stored = tmp_path / "numbers"
    for folder in TOOL.STORED.iterdir():
        restore(folder, stored / folder.name)
    path = stored / "demo" / "metrics" / "plausibility.csv"
    frame = pd.read_csv(path)
    frame.loc[(frame["scorer"] == "cp") & (frame["metric"] == "ap") & (frame["layer"] == 0), "value"] = (
        0.9876
    )
    frame.to_csv(path, index=False)
    changed = rendered(text, stored)
    assert "0.988" not in text
    assert "| cp | adapler | 0.988 |" in changed
    assert len(changed.splitlines()) == len(text.splitlines())


def test_an_empty_table_is_filled_and_what_follows_stays() -> None:
    empty = "<!-- table: quality run=demo -->\n\n<!-- end of table -->\n"
    text = rendered(f"{empty}\nIn between.\n\n{empty}")
    assert text.count("| dense |") == 2
    assert "<!-- end of table -->\n\nIn between.\n\n<!-- table" in text
    assert rendered(text) == text


def test_a_run_is_stored_and_restored(tmp_path: Path, kitchen: Path) -> None:
    run = kitchen / "runs" / "demo"
    store(run, tmp_path / "stored")
    folder = restore(tmp_path / "stored", tmp_path / "restored")
    for described in ("quality", "plausibility metric=fpr selection=uniform scorers=cp,top"):
        assert table(folder, described) == table(run, described)
    kept = pd.read_csv(tmp_path / "stored" / "metrics" / "plausibility.csv")
    assert set(kept["universe"]) == {"with-evidence"}
    config = (tmp_path / "stored" / "config.yaml").read_text(encoding="utf-8")
    assert "path: eraser-sample" in config
    assert "backbone: bert" in config


def test_storing_again_replaces(tmp_path: Path, kitchen: Path) -> None:
    (tmp_path / "stored" / "metrics").mkdir(parents=True)
    (tmp_path / "stored" / "metrics" / "old.csv").write_text("a\n", encoding="utf-8")
    store(kitchen / "runs" / "demo", tmp_path / "stored")
    assert not (tmp_path / "stored" / "metrics" / "old.csv").exists()


@pytest.mark.parametrize(
    "marker",
    ["table: nothing run=demo", "table: quality run=no-such", "table: quality run=demo digits=9"],
)
def test_a_marker_that_means_nothing_fails(marker: str) -> None:
    with pytest.raises((InputError, FileNotFoundError)):
        rendered(f"<!-- {marker} -->\n\n| a |\n\n<!-- end of table -->")
