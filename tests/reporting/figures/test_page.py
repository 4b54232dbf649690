"""Legends under printed figures."""

import pytest
from matplotlib.lines import Line2D

from workbench.reporting.figures.page import legend_below, print_axes


@pytest.mark.parametrize("count", [3, 40])
def test_panels_keep_their_height_whatever_the_legend(count: int) -> None:
    figure, axes = print_axes(7.0, 2.6)
    legend_below(
        figure, {f"a scorer with a long name, number {n}": Line2D([], []) for n in range(count)}
    )
    figure.canvas.draw()
    assert axes[0, 0].get_window_extent().height / figure.dpi > 1.2
    assert (figure.get_figheight() > 2.6) == (count == 40)
