"""The script behind the README's tables, on a finished run."""

import runpy
from pathlib import Path

import pytest

from workbench.runs.folder import Run

SCRIPT = Path(__file__).parents[2] / "analyses" / "results_markdown.py"


@pytest.fixture(scope="module")
def script() -> dict:
    return runpy.run_path(str(SCRIPT))


def test_accuracy_and_speedup_are_the_metrics_tables_own(script: dict, finished: Run) -> None:
    run = finished
    table = script["quality_table"](run).set_index("method")
    quality, speed = run.metrics("classification"), run.metrics("efficiency")
    for method in ("dense", "adapler", "top"):
        own = quality.query("method == @method and split == 'test' and metric == 'accuracy'")
        assert table.loc[method, "accuracy (95 %)"].startswith(f"{own['value'].item():.3f} (")
        wanted = "method == @method and split == 'test' and quantity == 'flops_speedup_unpadded'"
        counted = speed.query(wanted)["value"].item()
        assert table.loc[method, "FLOPs, unpadded"] == f"{counted:.2f}x"


def test_a_layer_without_scores_is_a_dash(script: dict, finished: Run) -> None:
    table = script["agreement_table"](finished, "ap", "none").set_index("scorer")
    assert table.loc["top", 0] == "–"
    assert float(table.loc["oracle", 0]) == 1.0


def test_markdown_has_a_rule_below_the_header(script: dict, finished: Run) -> None:
    lines = script["markdown"](script["quality_table"](finished)).splitlines()
    assert lines[0].startswith("| method | accuracy")
    assert set(lines[1]) <= set("| -")
    assert len(lines) == 5
