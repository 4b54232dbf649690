"""A comparison's tables, sentences and page, against numbers worked by hand."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.helpers.fake_comparison import TRY, add_random_control, build_comparison, name_of
from tests.helpers.metric_frames import AIMS
from workbench.errors import InputError
from workbench.reporting.figures.comparison import mean_curve, tradeoff_chart
from workbench.reporting.figures.printing import draw
from workbench.reporting.pages.comparison import find_problems, sentences, write_comparison
from workbench.reporting.tables.comparison import (
    area_table,
    cells_table,
    comparison_table,
    curve_points,
    pairs_table,
    searches_table,
)
from workbench.runs.comparison import read_comparison


@pytest.fixture
def folder(tmp_path):
    return build_comparison(tmp_path / "compared")


@pytest.fixture
def data(folder):
    return read_comparison(folder)


def test_means_and_deviations_over_seeds_by_hand(data) -> None:
    table = comparison_table(data)
    frame = table.frame.set_index("method")
    assert frame.index.tolist() == ["dense", "adapler", "top"]
    assert frame["seeds"].tolist() == [2, 2, 2]
    # AdapLeR: 3/4 and 2/4 right; FLOPs 2.0 and 2.2.
    assert frame.loc["adapler", "accuracy"] == pytest.approx(0.625)
    assert frame.loc["adapler", "accuracy_sd"] == pytest.approx(0.25 / np.sqrt(2))
    assert frame.loc["adapler", "flops_speedup_unpadded"] == pytest.approx(2.1)
    assert frame.loc["adapler", "flops_speedup_padded"] == pytest.approx(4.2)
    assert frame.loc["adapler", "speedup_vs_hf_b8"] == pytest.approx(1.05)
    assert table.shown["accuracy %"].tolist() == ["87.5 ± 17.7", "62.5 ± 17.7", "37.5 ± 17.7"]
    assert table.shown["strength"].tolist() == ["–", "0.01", "0.5"]
    assert (
        "Strengths searched for 2 times fewer unpadded FLOPs on dev, on the first seed" in table.caption
    )


def test_random_tokens_have_a_column_only_where_some_cell_has_controls(data, folder) -> None:
    assert not any("random" in name for name in comparison_table(data).shown)
    assert "Random" not in " ".join(sentences(data))
    for seed, value in ((0, 0.5), (1, 0.3)):
        add_random_control(folder / name_of("adapler", seed), "adapler", value, high=0.6)
        add_random_control(folder / name_of("top", seed), "top", value, high=0.6)
    again = read_comparison(folder)
    shown = comparison_table(again).shown.set_index("method")["random tokens, accuracy %"]
    assert shown.tolist() == ["–", "40.0 ± 14.1", "40.0 ± 14.1"]
    told = dict(zip(("dense", "adapler", "top"), sentences(again), strict=True))
    assert told["adapler"].endswith("Random tokens at the same budget: +22.5 points for the method.")
    assert told["top"].endswith("-2.5 points for the method: within noise of it.")


def test_curves_begin_at_the_dense_model_and_hold_every_try(data) -> None:
    points = curve_points(data)
    top = points.query("method == 'top' and axis == 'counted' and seed == 0").sort_values("speedup")
    assert top["speedup"].tolist() == [1.0, 1.8, 4.0]
    assert top["quality"].tolist() == [1.0, 0.25, 0.0]
    assert top["kind"].tolist() == ["dense", "matched", "try"]
    measured = points.query("method == 'adapler' and axis == 'measured' and seed == 1")
    assert sorted(measured["speedup"]) == [0.5, pytest.approx(1.1)]
    assert set(measured["batch_size"]) == {8}


def test_areas_by_hand(data) -> None:
    frame = area_table(curve_points(data)).frame.set_index(["axis", "method"])
    # All four counted curves cover 1 to 2. AdapLeR: straight from 1 to .75 (seed 0: mean .875), and from
    # .75 at 1 to .5 at 2.2 (seed 1: at 1.5, .75 - .25 * .5 / 1.2).
    assert (frame.loc[("counted", "adapler"), "low"], frame.loc[("counted", "adapler"), "high"]) == (
        1,
        2,
    )
    seeds = [0.875, 0.75 - 0.25 * 0.5 / 1.2]
    assert frame.loc[("counted", "adapler"), "mean_quality"] == pytest.approx(np.mean(seeds))
    assert frame.loc[("counted", "adapler"), "mean_quality_sd"] == pytest.approx(np.std(seeds, ddof=1))
    # ToP, seed 0: 1 to .25 over .8, then down by .25 / 2.2 a step over .2; seed 1: straight, 3 at 0.5.
    late = 0.25 - 0.25 * 0.2 / 2.2
    seeds = [0.8 * 0.625 + 0.2 * (0.25 + late) / 2, 0.75 - 0.25 * 0.5 / 2]
    assert frame.loc[("counted", "top"), "mean_quality"] == pytest.approx(np.mean(seeds))


def test_pairs_are_over_the_same_texts(data) -> None:
    frame = pairs_table(data, resamples=50, randomisations=4000).frame.set_index(["method", "against"])
    row = frame.loc[("adapler", "top")]
    # Per text, mean over seeds: AdapLeR 1, 1, .5, 0; ToP 1, 0, .5, 0.
    assert row["difference"] == pytest.approx(0.25)
    assert (row["n"], row["seeds"]) == (4, 2)
    assert row["p"] == 1.0
    assert len(frame) == 3


def test_cells_and_searches_list_everything_that_ran(data) -> None:
    cells = cells_table(data).frame
    assert len(cells) == 7
    assert cells.set_index("name").loc[TRY, "kind"] == "try"
    (search,) = searches_table(data).shown.to_dict("records")
    assert (search["method"], search["reached"], search["tries"]) == ("ToP", "no", 2)


def test_problems_name_what_failed_and_what_was_missed(data) -> None:
    assert find_problems(data) == [
        "cells/ltp/0.3-seed0 failed: diverged",
        "top, seed 0: speedup 2 not matched, nearest 1.8 at strength 0.5; not reached in 2 tries",
    ]


def test_what_a_search_or_a_setting_missed_has_a_dagger(data, folder, quick_figures) -> None:
    assert comparison_table(data).shown["FLOPs, unpadded"].tolist() == [
        "1.00 ± 0.00", "2.10 ± 0.14", "2.40 ± 0.85†",
    ]  # fmt: skip
    assert "†: on dev it falls short of what its search" in comparison_table(data).caption
    AIMS.to_parquet(folder / name_of("adapler", 1) / "metrics" / "aims.parquet")
    written = write_comparison(folder)
    assert written.main.shown["accuracy %"].tolist() == ["87.5 ± 17.7", "62.5 ± 17.7†", "37.5 ± 17.7"]
    (line,) = written.missed
    assert line.startswith(f"{name_of('adapler', 1)}: AdapLeR: dev accuracy is 3.2 points below dense")
    assert line in written.page.read_text(encoding="utf-8")
    assert written.problems[-1] == line


def test_the_mean_curve_is_where_all_seeds_have_one() -> None:
    points = pd.DataFrame(
        {"seed": [0, 0, 1, 1], "speedup": [1.0, 3.0, 1.0, 2.0], "quality": [0.9, 0.7, 0.7, 0.5]}
    )
    x, y = mean_curve(points)
    assert (x[0], x[-1]) == (1.0, 2.0)
    assert (y[0], y[-1]) == pytest.approx((0.8, 0.65))
    assert not len(mean_curve(points[points["speedup"] == 1.0])[0])


def test_the_figure_shows_every_cell(data) -> None:
    figure = draw(tradeoff_chart(curve_points(data)))
    counted, measured = figure.axes
    drawn = [line.get_xdata() for line in counted.get_lines() if line.get_marker() not in ("None", "")]
    assert sorted(value for line in drawn for value in line) == [1.8, 2.0, 2.2, 3.0, 4.0]
    assert "batch 8" in measured.get_title(loc="left")


def test_page_and_files_are_written_and_escaped(folder, quick_figures) -> None:
    written = write_comparison(folder)
    page = written.page.read_text(encoding="utf-8")
    assert "invented &lt;b&gt;" in page
    assert "cells/ltp/0.3-seed0 failed: diverged" in page
    assert {path.name for path in (folder / "figures").iterdir()} == {
        f"{name}{width}.{kind}"
        for name in ("tradeoff", "tokens") for width in ("", "_single") for kind in ("png", "pdf")
    }  # fmt: skip
    for name in ("comparison", "areas", "pairs", "searches", "cells"):
        for kind in ("csv", "tex", "parquet"):
            assert (folder / "tables" / f"{name}.{kind}").is_file()


def test_a_comparison_of_nothing_is_refused_with_its_reasons(folder, tmp_path) -> None:
    with pytest.raises(InputError, match="not a comparison"):
        read_comparison(tmp_path)
    about = json.loads((folder / "compare.json").read_text())
    about["cells"] = about["cells"][-1:]
    (folder / "compare.json").write_text(json.dumps(about))
    with pytest.raises(InputError, match=r"no run has finished \(cells/ltp/0.3-seed0: diverged\)"):
        read_comparison(folder)
