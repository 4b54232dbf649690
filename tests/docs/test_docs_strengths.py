"""The table of strengths is what the stored comparisons say."""

import math

import numpy as np
import pytest

from tests.helpers.docs_blocks import docs_tool
from workbench.catalog.methods import METHODS
from workbench.config.comparison import CompareConfig
from workbench.pipeline.compare.strengths import TABLE, known_strengths

strengths = docs_tool("strengths")


def test_the_table_is_made_from_the_stored_comparisons() -> None:
    assert TABLE.read_text(encoding="utf-8") == strengths.table()


def test_a_move_makes_a_method_a_tenth_faster() -> None:
    strength = METHODS["adapler"].strength
    points = [(x, 100 * x**0.5) for x in (0.001, 0.002, 0.004)]
    move = strengths._move(points, strength)
    assert move**0.5 == pytest.approx(strengths.STEP)
    top = METHODS["top"].strength
    linear = strengths._move([(x, math.exp(3 * x)) for x in (0.2, 0.5, 0.6)], top)
    assert math.exp(3 * linear) == pytest.approx(strengths.STEP)
    falling = strengths._move([(0.001, 2.0), (0.002, 1.5)], strength)
    assert np.isnan(falling)


def test_a_comparison_is_shown_its_own_methods_only() -> None:
    run = {"data": {"source": "rotten-tomatoes"}}
    known = known_strengths(CompareConfig(methods=["top", "ltp"], run=run))
    assert set(known["method"]) == {"top", "ltp"}
    assert known.set_index("method").loc["ltp", "start from"] == "0.625"
