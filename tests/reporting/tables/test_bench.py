"""The benchmark's table and figure: values by hand, order, and what happens to missing numbers."""

from itertools import chain
from pathlib import Path

import pandas as pd
import pytest

from tests.helpers.fake_run import efficiency
from workbench.reporting.figures.printing import draw
from workbench.reporting.figures.speed import REALISED_COLUMNS, realised_chart, realised_frame
from workbench.reporting.pages.bench import QUANTITIES, bench_table
from workbench.reporting.text.wording import amount, method_name


def rows(method: str, batch: int | None, **values: float) -> list[tuple[object, ...]]:
    size = pd.NA if batch is None else batch
    return [(method, "test", quantity, size, value) for quantity, value in values.items()]


def frame(*parts: list[tuple[object, ...]]) -> pd.DataFrame:
    columns = ["method", "split", "quantity", "batch_size", "value"]
    return pd.DataFrame(list(chain(*parts)), columns=columns).astype({"batch_size": "Int64"})


ADAPLER = {
    "texts_per_second": 40.0, "tokens_per_second": 12345.6, "seconds_median": 1.5,
    "seconds_q25": 1.25, "seconds_q75": 2.0, "peak_memory_mb": 99.96, "flops_speedup_timed": 2.5,
    "flops_speedup_timed_padded": 3.75, "flops_speedup_timed_computed": 2.25, "speedup_vs_hf": 2.0,
    "realised_share": 0.8,
}  # fmt: skip
BENCH = frame(
    rows("top-masked", 8, seconds_median=3.5),
    rows("adapler-masked", 8, seconds_median=3.0),
    rows("own-masked", 8, seconds_median=3.0),
    rows("adapler", 8, **ADAPLER),
    rows("own", 8, seconds_median=2.5, flops_speedup_timed=2.0, realised_share=0.5),
    rows("hf", 8, seconds_median=3.0, speedup_vs_hf=1.0),
    rows("dense", 8, seconds_median=2.75, flops_speedup_timed=1.0, realised_share=1.0),
    rows("hf-given-order", 8, seconds_median=4.0),
    rows("hf-torch-kernels", 8, seconds_median=6.0),
    rows("adapler", 1, flops_speedup_timed=2.5, realised_share=0.4),
    rows("adapler", None, flops_speedup_unpadded=2.6),
)
ORDER = [
    "hf-torch-kernels", "hf-given-order", "hf", "dense", "adapler", "own", "adapler-masked",
    "top-masked", "own-masked",
]  # fmt: skip
CSV = """\
method,batch_size,texts_per_second,tokens_per_second,seconds_median,seconds_q25,seconds_q75,\
peak_memory_mb,flops_speedup_timed,flops_speedup_timed_padded,flops_speedup_timed_computed,\
speedup_vs_hf,realised_share
adapler,8,40.0,12345.6,1.5,1.25,2.0,99.96,2.5,3.75,2.25,2.0,0.8
dense,8,,,2.75,,,,1.0,,,,1.0
"""
LATEX_ROWS = r"""
dense & 8 & -- & -- & 2.75 & -- & -- & 1.00 & -- & -- & -- & 1.00 \\
AdapLeR & 8 & 40.0 & 12,346 & 1.5 & 1.25--2 & 100.0 & 2.50 & 3.75 & 2.25 & 2.00 & 0.80 \\
"""


def test_bench_table_orders_contestants_within_each_batch_size() -> None:
    table = bench_table(BENCH, "Told.")
    assert table.frame["method"].tolist() == ["adapler", *ORDER]
    assert table.frame["batch_size"].tolist() == [1, *[8] * len(ORDER)]
    assert table.caption.endswith("Told.")


def test_golden_bench_table(tmp_path: Path) -> None:
    csv, tex = bench_table(BENCH).write(tmp_path)
    assert csv.name == "bench.csv"
    written = csv.read_text(encoding="utf-8").splitlines()
    header, adapler, dense = CSV.splitlines()
    assert written[0] == header
    assert {adapler, dense} < set(written)
    latex = tex.read_text(encoding="utf-8")
    assert LATEX_ROWS in latex
    assert r"\label{tab:bench}" in latex


def test_missing_quantities_are_dashes() -> None:
    shown = bench_table(frame(rows("hf", 1, seconds_median=0.25))).shown
    assert shown.iloc[0].tolist() == ["stock model, padded", 1, "–", "–", "0.25", *["–"] * 7]


def test_an_unfinished_benchmark_gives_an_empty_table(tmp_path: Path) -> None:
    table = bench_table(BENCH[BENCH["batch_size"].isna()])
    assert table.frame.empty
    assert table.frame.columns.tolist() == ["method", "batch_size", *QUANTITIES]
    table.write(tmp_path)


def test_contestants_have_readable_names() -> None:
    assert method_name("top-masked") == "ToP, masked"
    assert method_name("own-masked") == "own, masked"
    assert method_name("hf-torch-kernels") == "stock model, padded, given order, torch's own kernels"
    assert [amount(value) for value in (float("nan"), 3.14, 1234.5)] == ["–", "3.1", "1,234"]


def test_realised_frame_by_hand() -> None:
    found = realised_frame(BENCH)
    assert found.columns.tolist() == list(REALISED_COLUMNS)
    assert found["method"].tolist() == ["adapler", "adapler", "own"]
    assert found["batch_size"].tolist() == [1, 8, 8]
    assert found["speedup_vs_dense"].tolist() == pytest.approx([1.0, 2.0, 1.0])


def test_realised_figure_shows_every_point_on_equal_axes() -> None:
    figure = draw(realised_chart(realised_frame(BENCH)))
    ax = figure.axes[0]
    points = [line.get_xydata()[0].tolist() for line in ax.get_lines() if line.get_linestyle() == "None"]
    assert points == [[2.5, pytest.approx(1.0)], [2.5, pytest.approx(2.0)], [2.0, pytest.approx(1.0)]]
    assert ax.get_xlim() == ax.get_ylim() == (0, pytest.approx(2.75))
    assert ax.get_aspect() == 1
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels[:4] == ["AdapLeR", "own", "batch 1", "batch 8"]


@pytest.mark.parametrize("name", ["own", "a method with a rather long name"])
def test_realised_figure_cuts_no_label_off(name: str) -> None:
    figure = draw(realised_chart(realised_frame(BENCH.replace({"method": {"own": name}}))))
    figure.canvas.draw()
    ax = figure.axes[0]
    for part in (ax.xaxis.label, ax.yaxis.label, ax.get_legend()):
        box = part.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.width
    assert ax.get_legend().get_window_extent().x0 >= ax.get_window_extent().x1


def test_without_a_benchmark_no_point_is_drawn() -> None:
    found = realised_frame(efficiency()[0])
    assert found.empty
    assert found.columns.tolist() == list(REALISED_COLUMNS)
    figure = draw(realised_chart(found))
    assert len(figure.axes[0].get_legend().get_texts()) == 2
