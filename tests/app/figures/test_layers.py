"""The agreement page's curves: the report's rows, what is missing told, hostile names as text."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.data.plausibility import not_measured
from app.figures.charts import metric_chart, spread_chart, spread_frame
from app.figures.drawing import in_print, on_screen
from workbench.reporting.figures.plausibility import layer_frame
from workbench.reporting.tables.main import plausibility_table
from workbench.runs.tables import read_run_data


@pytest.fixture
def table(finished_run: Path) -> pd.DataFrame:
    return read_run_data(finished_run).rows("plausibility")


@pytest.mark.parametrize("unit", ["token", "word"])
def test_rows_are_those_of_the_report_table(table, unit) -> None:
    ours = layer_frame(table, [("uniform", "tpr")], unit=unit, window_set="all")
    report = plausibility_table(table, unit=unit, window_set="all").frame
    report = report[report["metric"] == "tpr"].set_index(["scorer", "method"])
    assert len(report) == ours[["scorer", "method"]].drop_duplicates().shape[0]
    for row in ours.itertuples():
        assert report.loc[(row.scorer, row.method), f"layer_{row.layer}"] == row.value


def test_curves_carry_their_scorer_method_and_layer(table) -> None:
    frame = layer_frame(table, [("none", "ap")])
    figure = on_screen(metric_chart(frame, ("cp", "adapler", 2)))
    found = {}
    for trace in figure.data:
        for data, y in zip(trace.customdata or (), trace.y, strict=False):
            found[tuple(data[:3])] = y
    assert found == {(r.scorer, r.method, r.layer): r.value for r in frame.itertuples()}
    ring = figure.data[-1]
    assert (list(ring.x), list(ring.y)) == ([2], [found["cp", "adapler", 2]])
    bands = [trace for trace in figure.data if trace.fill == "toself"]
    assert len(bands) == frame.query("scorer not in ['random', 'uniform', 'oracle']")["scorer"].nunique()


def test_what_is_missing_is_told(table) -> None:
    frame = layer_frame(table, [("none", "ap")])
    assert not_measured(table, frame, "none") == [
        "ToP importance: not measured in layer 0, of which it says nothing."
    ]
    gone = frame[frame["scorer"] != "rollout"]
    assert any("attention rollout: not measured" in told for told in not_measured(table, gone, "none"))
    kept = layer_frame(table, [("kept", "fpr")])
    assert "no kept tokens" in not_measured(table, kept, "kept")[-1]


def test_names_are_text(table) -> None:
    frame = layer_frame(table, [("none", "ap")])
    frame = frame.assign(scorer="<img src=x onerror=alert(1)>\u202e")
    names = [trace.name for trace in on_screen(metric_chart(frame)).data if trace.name]
    assert not any("<" in name or "\u202e" in name for name in names)


def test_no_rows_are_an_empty_figure(table) -> None:
    frame = layer_frame(table, [("none", "no such metric")])
    assert not on_screen(metric_chart(frame)).data
    spread = spread_frame(pd.Series(dtype=float))
    assert spread["texts"].sum() == 0
    for draw in (on_screen, in_print):
        draw(spread_chart(spread, float("nan"), "average precision"))


def test_printed_metric_draws_the_same_values(table) -> None:
    frame = layer_frame(table, [("none", "complexity")])
    ax = in_print(metric_chart(frame)).axes[0]
    lines = ax.get_lines()
    drawn = np.concatenate([line.get_ydata() for line in lines])
    assert sorted(drawn) == sorted(frame["value"])
    assert ax.get_ylim()[1] > frame["value"].max()


@pytest.mark.parametrize("values", [[0.0, 0.1, 0.1, 1.0], [0.5, 0.5]])
def test_spread_on_screen_and_in_print_are_the_counted_texts(values) -> None:
    spread = spread_frame(pd.Series(values), bins=5)
    assert spread["texts"].sum() == len(values)
    for low, high, texts in spread.iloc[:-1].itertuples(index=False):
        assert texts == sum(low <= value < high for value in values)
    chart = spread_chart(spread, 0.3, "ap")
    (bars,) = on_screen(chart).data
    assert list(bars.y) == spread["texts"].tolist()
    ax = in_print(chart).axes[0]
    stairs = ax.patches[0].get_data()
    assert stairs.values.tolist() == spread["texts"].tolist()
    assert stairs.edges.tolist() == [*spread["low"], spread["high"].iloc[-1]]
    assert ax.lines[0].get_xdata()[0] == 0.3
