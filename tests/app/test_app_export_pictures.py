"""Whatever figure a page shows can be had as PNG and SVG on the Export page."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.data.downloads import picture
from tests.helpers.app_pages import OpenPage, check_clean
from tests.helpers.fake_comparison import build_comparison

SHOWN = [
    ("runs", {}),
    ("token_flow", {}),
    ("scorers", {"scorers": ["cp", "top", "saliency"]}),
    ("agreement", {}),
    ("speed", {"speed": "runs"}),
    ("speed", {"speed": "time"}),
    ("speed", {"speed": "tokens"}),
    ("data", {}),
]


@pytest.mark.parametrize(("page", "choices"), SHOWN)
def test_every_figure_is_a_png_and_an_svg(
    runs_folder: Path, open_page: OpenPage, page: str, choices: dict[str, str]
) -> None:
    app = check_clean(open_page(runs_folder, page, run="invented", runs=["invented"], **choices))
    charts = len(app.get("plotly_chart"))
    drawn = [view for view in app.session_state["screen"].views if view.figure is not None]
    assert len(drawn) == charts > 0
    for view in drawn:
        assert picture(view, "png").startswith(b"\x89PNG\r\n\x1a\n")
        assert ElementTree.fromstring(picture(view, "svg")).tag.endswith("}svg")
    check_clean(app.switch_page("views/export.py").run())
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels.count("PNG") == labels.count("SVG") == charts


def test_curves_of_a_comparison_are_pictures(tmp_path: Path, open_page: OpenPage) -> None:
    build_comparison(tmp_path / "compared")
    app = check_clean(open_page(tmp_path, "speed", speed="comparison", axis="counted"))
    (view,) = app.session_state["screen"].views
    assert set(view.frame["axis"]) == {"counted"}
    assert len(view.figure.panels) == 1
    assert picture(view, "png").startswith(b"\x89PNG")
