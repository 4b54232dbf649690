"""The speed page's frames and figures: the report's numbers, both conventions, missing stopwatch."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.data.speed import axis_title, share_frame, time_frame, worth
from app.figures.charts import quality_chart, shares_chart, token_boxes_chart
from app.figures.drawing import in_print, on_screen
from tests.helpers.fake_comparison import build_comparison
from tests.helpers.fake_run import COUNTED
from workbench.reporting.figures.comparison import is_outlier, limits, outside, tradeoff_chart
from workbench.reporting.figures.page import SINGLE
from workbench.reporting.figures.printing import draw
from workbench.reporting.figures.speed import realised_chart, token_frame
from workbench.reporting.tables.comparison import curve_points
from workbench.reporting.tables.main import efficiency_table, main_table
from workbench.runs.comparison import read_comparison
from workbench.runs.tables import read_run_data


@pytest.fixture
def run(finished_run: Path):
    return read_run_data(finished_run)


def test_time_frame_has_the_numbers_of_the_report(run) -> None:
    frame = time_frame(run.rows("efficiency"), run.rows("stopwatch"))
    report = efficiency_table(run.rows("efficiency"), run.rows("stopwatch")).frame
    report = report[report["method"] != "hf"].reset_index(drop=True)
    pd.testing.assert_frame_equal(frame[report.columns.tolist()], report)
    # Realised share was divided by the FLOPs of the timed texts: multiplied again they give the time.
    assert frame["flops_unpadded"].tolist() == pytest.approx([COUNTED[m][0] for m in frame["method"]])
    assert frame["flops_padded"].tolist() == pytest.approx([COUNTED[m][1] for m in frame["method"]])
    one = frame[(frame["method"] == "adapler") & (frame["batch_size"] == 32)].iloc[0]
    assert one["speedup_vs_dense"] == pytest.approx(np.median([3.0 / 1.3, 2.9 / 1.2, 3.2 / 1.4]))


def test_counts_of_the_timed_texts_come_first(run) -> None:
    efficiency = run.rows("efficiency")
    timed = pd.DataFrame(
        [("top", "test", name, 8, value)
         for name, value in (("flops_speedup_timed", 2.0), ("flops_speedup_timed_padded", 3.0))],
        columns=efficiency.columns,
    ).astype({"batch_size": "Int64"})  # fmt: skip
    both = pd.concat([efficiency, timed], ignore_index=True)
    frame = time_frame(both, None).set_index(["method", "batch_size"])
    row = frame.loc[("top", 8)]
    assert (row["flops_unpadded"], row["flops_padded"]) == (2.0, 3.0)
    assert row["speedup_vs_dense"] == pytest.approx(2.0 * row["realised_share"])
    assert np.isnan(frame.loc[("top", 1), "speedup_vs_dense"])


def test_without_a_stopwatch_there_are_no_rows(run) -> None:
    counted = run.rows("efficiency")
    assert time_frame(counted[counted["batch_size"].isna()], None).empty


@pytest.mark.parametrize("convention", ["unpadded", "padded"])
def test_points_lie_where_the_frame_says(run, convention) -> None:
    frame = time_frame(run.rows("efficiency"), run.rows("stopwatch"))
    chart = realised_chart(*worth(frame, convention))
    figure = on_screen(chart)
    x, y = {
        "unpadded": ("flops_unpadded", "speedup_vs_dense"),
        "padded": ("flops_padded", "speedup_vs_hf"),
    }[convention]
    drawn = sorted(
        (trace.x[0], trace.y[0]) for trace in figure.data
        if trace.mode == "markers" and trace.x[0] is not None
    )  # fmt: skip
    wanted = frame if convention == "padded" else frame[frame["method"] != "dense"]
    assert drawn == sorted(zip(wanted[x], wanted[y], strict=True))
    assert convention in figure.layout.xaxis.title.text
    ax = in_print(chart).axes[0]
    lines = [line for line in ax.get_lines() if line.get_linestyle() == "None"]
    assert sorted(tuple(line.get_xydata()[0]) for line in lines) == drawn
    assert ax.get_xlabel() == figure.layout.xaxis.title.text


def test_realised_share_by_batch(run) -> None:
    frame = time_frame(run.rows("efficiency"), run.rows("stopwatch"))
    shares = share_frame(frame)
    figure = on_screen(shares_chart(shares))
    traces = {trace.name: trace for trace in figure.data}
    assert set(traces) == {"AdapLeR", "ToP"}
    assert list(traces["ToP"].x) == [0, 1, 2]
    assert figure.layout.xaxis.ticktext == ("1", "8", "32")
    assert list(traces["ToP"].y) == frame.loc[frame["method"] == "top", "realised_share"].tolist()
    ax = in_print(shares_chart(shares)).axes[0]
    printed = {line.get_label(): list(line.get_ydata()) for line in ax.get_lines()}
    assert {name: printed[name] for name in traces} == {n: list(t.y) for n, t in traces.items()}
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "8", "32"]


def test_quality_points_are_the_main_table(run) -> None:
    frame = main_table(run.rows("classification"), run.rows("efficiency")).frame.assign(
        run="one", split="test"
    )
    column = "speedup_vs_hf_b8"
    chart = quality_chart(frame, column, "macro_f1", axis_title(column))
    figure = on_screen(chart)
    drawn = [(trace.x[0], trace.y[0]) for trace in figure.data]
    assert drawn == list(zip(frame["speedup_vs_hf_b8"], 100 * frame["macro_f1"], strict=True))
    assert "batch 8" in figure.layout.xaxis.title.text
    low = figure.data[1].y[0] - figure.data[1].error_y.arrayminus[0]
    assert low == pytest.approx(100 * frame["macro_f1_low"].iloc[1])
    ax = in_print(chart).axes[0]
    printed = [tuple(bars.lines[0].get_xydata()[0]) for bars in ax.containers]
    np.testing.assert_allclose(printed, drawn)
    ((_, bottom), _) = ax.containers[1].lines[2][0].get_segments()[0]
    assert bottom == pytest.approx(low)
    assert ax.get_xscale() == "log"


def test_two_runs_are_told_apart_and_names_are_text(run) -> None:
    frame = main_table(run.rows("classification"), run.rows("efficiency")).frame
    both = pd.concat([frame.assign(run="one"), frame.assign(run="<b>two</b>")])
    chart = quality_chart(both, "flops_speedup_padded", "accuracy", "")
    names = [trace.name for trace in on_screen(chart).data]
    assert len(set(names)) == 6
    assert "AdapLeR (&lt;b&gt;two&lt;/b&gt;)" in names
    printed = in_print(chart).legends[0].get_texts()
    assert [text.get_text() for text in printed][4] == "AdapLeR (<b>two</b>)"


def test_boxes_are_quantiles_over_texts_by_hand() -> None:
    rows = [
        {"method": "top", "split": "test", "text_id": str(i), "tokens": [100, i]} for i in range(101)
    ]
    frame = token_frame(pd.DataFrame(rows))
    assert frame[["q05", "q25", "median", "q75", "q95", "mean"]].iloc[1].tolist() == pytest.approx(
        [0.05, 0.25, 0.5, 0.75, 0.95, 0.5]
    )
    (box,) = on_screen(token_boxes_chart(frame)).data
    assert (box.lowerfence[1], box.q1[1], box.upperfence[1]) == pytest.approx((5, 25, 95))


@pytest.fixture
def points(tmp_path) -> pd.DataFrame:
    return curve_points(read_comparison(build_comparison(tmp_path / "compared")))


def test_tradeoff_shows_every_cell_on_a_logarithmic_axis(points) -> None:
    figure = on_screen(tradeoff_chart(points[points["axis"] == "counted"]))
    drawn = sorted(x for trace in figure.data if trace.mode == "markers" for x in trace.x)
    assert drawn == [1.8, 2.0, 2.2, 3.0, 4.0]
    assert figure.layout.xaxis.type == "log"
    assert "2x" in figure.layout.xaxis.ticktext


def cells(*pairs: tuple[float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(pairs, columns=["speedup", "quality"])
    return frame.assign(
        method="ltp", seed=0, axis="counted", batch_size=pd.NA, kind="grid", metric="accuracy"
    )


CLOSE = [(1.0, 0.80), (1.5, 0.79), (1.8, 0.78), (2.0, 0.77), (2.4, 0.75)]


def test_one_cell_far_out_is_named_and_left_outside_the_axes() -> None:
    frame = cells(*CLOSE, (12.4, 0.48))
    assert is_outlier(frame).tolist() == [False] * 5 + [True]
    assert outside(frame) == "outside the axes: LTP 12.4x, 48.0"
    (low, high), (bottom, top) = limits(frame)
    assert low < 1.0 < 2.4 < high < 3
    assert 70 < bottom < 75 < 80 < top
    ax = in_print(tradeoff_chart(frame)).axes[0]
    assert ax.get_xscale() == "log"
    assert ax.get_ylim() == pytest.approx((bottom, top))
    assert [text.get_text() for text in ax.texts] == ["outside the axes: LTP 12.4x, 48.0"]
    labels = [ax.xaxis.get_major_formatter()(tick, None) for tick in (1, 1.5, 2)]
    assert labels == ["1x", "1.5x", "2x"]


def test_several_far_out_of_a_method_are_named_together_and_leave_the_panel_its_room() -> None:
    frame = pd.concat([cells(*CLOSE * 8), *[cells((12.0 + x, 0.48 - 0.01 * x)) for x in range(3)]])
    others = [cells((20.0, 0.5)).assign(method=f"method-{n} of a long name") for n in range(4)]
    frame = pd.concat([frame, *others], ignore_index=True)
    said = outside(frame)
    assert said.startswith("outside the axes: 3 of LTP, 12.0x to 14.0x, 48.0 to 46.0; method-0")
    figure = draw(tradeoff_chart(frame), SINGLE)
    figure.canvas.draw()
    ax = figure.axes[0]
    assert ax.texts[0].get_text() == said
    assert ax.get_position().width > 0.6


def test_near_cells_are_never_far_out() -> None:
    assert not is_outlier(cells(*CLOSE)).any()
    # All but one are equal: within ten points and a factor of two that is no reason.
    assert not is_outlier(cells(*[(2.0, 0.80)] * 9, (3.5, 0.72))).any()
    assert is_outlier(cells(*[(2.0, 0.80)] * 9, (3.5, 0.60))).tolist() == [False] * 9 + [True]
    assert outside(cells(*CLOSE)) == ""
