"""The tables of README and docs, on a finished run."""

import pandas as pd
import pytest

from analyses.lib.study import run_script
from analyses.pages.markdown_tables import OPTIONS, main, table
from workbench.errors import InputError
from workbench.runs.folder import Run


def read(markdown: str) -> pd.DataFrame:
    """The rows of a Markdown table, as text."""
    heading, _, *rows = (
        [cell.strip() for cell in line.split("|")[1:-1]] for line in markdown.splitlines()
    )
    return pd.DataFrame(rows, columns=heading)


def test_accuracy_and_speedup_are_the_metrics_tables_own(finished: Run) -> None:
    shown = read(table(finished.folder, "quality")).set_index("method")
    judged, speed = finished.metrics("classification"), finished.metrics("efficiency")
    for method in ("dense", "adapler", "top"):
        own = judged.query("method == @method and split == 'test' and metric == 'accuracy'")
        assert shown.loc[method, "accuracy (95 %)"].startswith(f"{own['value'].item():.3f} (")
        wanted = "method == @method and split == 'test' and quantity == 'flops_speedup_unpadded'"
        counted = speed.query(wanted)["value"].item()
        assert shown.loc[method, "FLOPs, unpadded"] == f"{counted:.2f}x"


def test_a_layer_without_scores_is_a_dash(finished: Run) -> None:
    shown = read(table(finished.folder, "plausibility metric=ap selection=none")).set_index("scorer")
    assert shown.loc["top", "0"] == "–"
    assert float(shown.loc["oracle", "0"]) == 1.0


def test_markdown_has_a_rule_below_the_header(finished: Run) -> None:
    lines = table(finished.folder, "quality").splitlines()
    assert lines[0].startswith("| method | accuracy")
    assert set(lines[1]) <= set("| -")
    assert len(lines) == 5


def test_the_script_prints_what_is_named(finished: Run, capsys: pytest.CaptureFixture[str]) -> None:
    named = "plausibility metric=ap selection=none scorers=cp"
    run_script(main, "Doc.", OPTIONS, [str(finished.folder), named])
    printed = capsys.readouterr().out
    assert printed.startswith(f"{named}:\n\n| scorer | model |")
    assert "| cp | adapler |" in printed
    run_script(main, "Doc.", OPTIONS, [str(finished.folder)])
    assert capsys.readouterr().out.count("\n| --- |") == 4


@pytest.mark.parametrize("described", ["weather", "quality digits=9", "quality test"])
def test_what_is_no_table_is_refused(finished: Run, described: str) -> None:
    with pytest.raises(InputError, match=described.split()[0]):
        table(finished.folder, described)
