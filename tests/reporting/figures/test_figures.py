"""The frames behind the figures, that they are what is drawn, and that files are real."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from tests.helpers.fake_run import LAYERS, SCRIPT
from workbench.errors import WorkbenchError
from workbench.reporting.figures.chart import Axis, Chart, Panel, Series
from workbench.reporting.figures.examples import FAINTEST, choose_examples, examples_map, shades
from workbench.reporting.figures.page import DOUBLE, SINGLE, plain
from workbench.reporting.figures.plausibility import KEPT, layer_frame, plausibility_chart
from workbench.reporting.figures.printing import draw
from workbench.reporting.figures.saving import save_figure, save_images
from workbench.reporting.figures.speed import (
    speed_axes,
    speed_chart,
    speed_frame,
    token_frame,
    tokens_chart,
)
from workbench.reporting.figures.style import series_look
from workbench.runs.tables import read_run_data

STORED = Path(__file__).parent / "stored" / "tokens.png"
NAMES = ("plausibility", "plausibility_kept", "tokens", "speedup", "examples")


@pytest.mark.parametrize("name", NAMES)
def test_files_are_real(finished_run: Path, name: str) -> None:
    for width, ending in ((DOUBLE, ""), (SINGLE, "_single")):
        pdf = (finished_run / "figures" / f"{name}{ending}.pdf").read_bytes()
        box = re.search(rb"/MediaBox \[ 0 0 ([0-9.]+)", pdf)
        assert box
        assert float(box[1]) == pytest.approx(72 * width, abs=0.5)
        assert b"/FontFile2" in pdf
        assert b"/Type3" not in pdf
    png = (finished_run / "figures" / f"{name}.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert len(png) > 10_000
    assert len(pd.read_csv(finished_run / "tables" / f"{name}.csv"))


def test_figure_and_table_hold_the_numbers_of_the_run(finished_run: Path) -> None:
    run = read_run_data(finished_run)
    metrics = run.metrics["plausibility"]
    saved = pd.read_csv(finished_run / "tables" / "plausibility.csv")
    wide = pd.read_csv(finished_run / "tables" / "plausibility_table.csv")
    row = wide[(wide["metric"] == "ap") & (wide["scorer"] == "cp")].iloc[0]
    long = saved[(saved["metric"] == "ap") & (saved["scorer"] == "cp")]
    assert [row[f"layer_{k}"] for k in range(LAYERS)] == pytest.approx(long["value"].tolist())
    here = (metrics["unit"] == "token") & (metrics["universe"] == "with-evidence")
    source = metrics[here & (metrics["metric"] == "ap") & (metrics["scorer"] == "cp")]
    assert long["value"].tolist() == pytest.approx(source["value"].tolist())
    drawn = draw(plausibility_chart(layer_frame(metrics))).axes[0].get_lines()[0]
    assert drawn.get_ydata().tolist() == pytest.approx(long["value"].tolist())


def test_kept_has_one_scorer_per_dropping_method(finished_run: Path) -> None:
    frame = layer_frame(read_run_data(finished_run).metrics["plausibility"], KEPT)
    assert frame.groupby("method")["scorer"].agg(set).to_dict() == {"adapler": {"cp"}, "top": {"top"}}
    assert set(frame["selection"]) == {"kept"}


def test_token_frame_by_hand() -> None:
    predictions = pd.DataFrame(
        {
            "method": ["top", "dense", "top", "dense"],
            "split": "test",
            "text_id": ["a", "a", "b", "b"],
            "tokens": [[8, 4], [10, 10], [10, 2], [10, 10]],
        }
    )
    frame = token_frame(predictions)
    assert frame["method"].tolist() == ["dense", "dense", "top", "top"]
    assert frame["median"].tolist() == pytest.approx([1, 1, 0.9, 0.3])
    assert frame["n"].tolist() == [2, 2, 2, 2]
    assert frame["q25"].tolist()[2] == pytest.approx(0.85)
    assert draw(tokens_chart(frame)).axes[0].get_lines()[1].get_ydata().tolist() == pytest.approx(
        [90, 30]
    )


def test_speed_frame_takes_the_largest_batch(finished_run: Path) -> None:
    run = read_run_data(finished_run)
    frame = speed_frame(run.metrics["classification"], run.metrics["efficiency"])
    assert frame["method"].tolist() == ["dense", "adapler", "top"]
    assert set(frame["batch_size"]) == {32}
    assert frame["flops_speedup_unpadded"].tolist() == [1.0, 2.6, 1.8]


def test_speed_figure_without_a_stopwatch(finished_run: Path) -> None:
    metrics = read_run_data(finished_run).metrics
    counted = metrics["efficiency"][metrics["efficiency"]["batch_size"].isna()]
    frame = speed_frame(metrics["classification"], counted)
    assert frame["speedup_vs_hf"].isna().all()
    # A panel without a point says nothing.
    assert [panel.title for panel in speed_chart(frame).panels] == ["Counted"]
    assert speed_axes(frame) == ["counted"]


def test_examples_are_right_and_wrong_ones(finished_run: Path) -> None:
    examples = choose_examples(read_run_data(finished_run), right=4, wrong=2)
    outcome = [example.predicted["adapler"] == example.label for example in examples]
    assert outcome == [True] * 4 + [False] * 2
    assert [record.method for record in examples[0].records] == ["adapler", "top"]


def test_examples_need_no_rationale_where_nobody_annotated(finished_run: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(finished_run, tmp_path / "run"))
    first, *_ = example_ids(folder)
    for path in (folder / "scores").glob("*.parquet"):
        frame = pd.read_parquet(path)
        marks = frame["rationale"].mask(frame["text_id"] == first, False)
        frame.assign(rationale=marks).to_parquet(path)
    # The texts are annotated, and in this one no token is marked.
    assert first not in example_ids(folder)
    for path in (folder / "scores").glob("*.parquet"):
        frame = pd.read_parquet(path)
        frame.assign(rationale=pd.array([None] * len(frame), dtype="boolean")).to_parquet(path)
    assert first in example_ids(folder)


def example_ids(folder: Path) -> list[str]:
    return [example.text_id for example in choose_examples(read_run_data(folder))]


def test_shades_of_dropped_unscored_and_living_tokens(finished_run: Path) -> None:
    top = choose_examples(read_run_data(finished_run))[0].records[1]
    shade = shades(top)
    assert np.array_equal(np.isnan(shade), ~top.kept)
    assert (shade[0] == FAINTEST).all()
    assert np.nanmax(shade[1]) == 1.0


def test_names_are_shown_letter_by_letter() -> None:
    assert plain("$x$ 飯 _a\nb") == r"\$x\$ □ _a b"
    assert not plain("_hidden").startswith("_")
    assert plain(SCRIPT) == SCRIPT


def test_equal_figures_are_equal_files(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1]})
    for name in ("one", "two"):
        save_figure(examples_map([]), tmp_path / name, "empty", frame, "")
    one, two = ((tmp_path / name / "figures" / "empty.pdf").read_bytes() for name in ("one", "two"))
    assert one == two


@pytest.mark.skipif(not shutil.which("pdffonts"), reason="no pdffonts on this machine")
def test_fonts_are_embedded_says_poppler(finished_run: Path) -> None:
    path = finished_run / "figures" / "plausibility_single.pdf"
    listed = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout
    fonts = [line.split() for line in listed.splitlines()[2:]]
    assert fonts
    assert all(font[-5] == "yes" for font in fonts)


def test_letters_keep_their_size_at_both_widths(finished_run: Path) -> None:
    frame = layer_frame(read_run_data(finished_run).metrics["plausibility"])
    sizes = []
    for width in (SINGLE, DOUBLE):
        figure = draw(plausibility_chart(frame), width)
        assert figure.get_figwidth() == width
        sizes.append({ax.xaxis.label.get_fontsize() for ax in figure.axes})
        assert len(figure.axes) == 2
    assert sizes[0] == sizes[1] == {8}


@pytest.mark.skipif(sys.platform != "linux", reason="a limit on files stands in for a full disk")
@pytest.mark.parametrize("limit", [100, 30_000])
def test_a_full_disk_is_told_as_one(tmp_path: Path, limit: int) -> None:
    import resource

    lines = [Series("a", list(range(5000)), list(np.sin(range(5000))))]
    figure = draw(Chart([Panel(lines, Axis(), Axis())], height=2.0), SINGLE)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(WorkbenchError, match=r"cannot write .*File too large"):
            save_images(figure, tmp_path / "figure")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not (tmp_path / "figure.pdf").exists()


def test_series_are_told_apart_without_colour() -> None:
    names = ["cp", "top", "saliency", "attention", "rollout", "random", "uniform", "oracle"]
    looks = [series_look(name, number) for number, name in enumerate(names)]
    assert len({(look.marker, look.dash) for look in looks}) == len(names)


def test_a_picture_is_what_it_was(tmp_path: Path) -> None:
    """Against a stored picture; the mean difference leaves room for another version of the font."""
    predictions = pd.DataFrame(
        {"method": ["dense", "adapler"], "split": "test", "text_id": "a", "tokens": [[10, 10], [8, 2]]}
    )
    figure = draw(tokens_chart(token_frame(predictions)), SINGLE)
    figure.savefig(tmp_path / "now.png", dpi=40)
    now, stored = (imread(path)[..., :3] for path in (tmp_path / "now.png", STORED))
    assert now.shape == stored.shape
    assert np.abs(now - stored).mean() < 0.02
    assert np.abs(np.flipud(now) - stored).mean() > 0.02


@pytest.mark.parametrize("width", [SINGLE, DOUBLE])
@pytest.mark.parametrize("longest", ["WWWWWWWWWWWWWWWWWW", "attention rollout (control)"])
def test_a_legend_is_no_wider_than_its_figure(width: float, longest: str) -> None:
    lines = [Series(longest[: 12 + 2 * number], [0, 1], [0, number]) for number in range(8)]
    lines = [replace(line, name=f"{line.name}{number}") for number, line in enumerate(lines)]
    figure = draw(Chart([Panel(lines, Axis(), Axis())], height=2.0), width)
    (legend,) = figure.legends
    assert legend.get_window_extent().width <= figure.bbox.width
    assert len(legend.get_texts()) == 8
    # No narrower than it must be.
    assert width == SINGLE or legend.get_window_extent().width > figure.bbox.width / 2
