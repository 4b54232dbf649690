"""Scorers of plug-in files that fail or return something else: the message names file and line."""

import pytest

from workbench.catalog.plugins import unload_plugins

FUNCTION = """import numpy as np
from workbench.attribution.types import Scored
from workbench.catalog.scorers import register_scorer
@register_scorer(name="mine", title="Mine", group="gradient", description="mine"{})
def mine(given{}):
    {}
"""
OBSERVER = """from workbench.attribution.engine.observers import RowByRow
from workbench.catalog.scorers import register_scorer
@register_scorer(name="mine", title="Mine", group="attention", description="mine")
class Mine(RowByRow):
    def row(self, block):
        {}
"""
ARRAYS = "return [Scored(np.zeros({})) for w in given.windows]"


@pytest.fixture(autouse=True)
def no_plugin_stays():
    yield
    unload_plugins()


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (FUNCTION.format("", "", "return []"), 4, "mine failed: ValueError: 0 results for 1 windows"),
        (FUNCTION.format("", "", "return None"), 4, "a Scored per window is needed, not NoneType"),
        (FUNCTION.format("", "", "return [np.zeros(3)]"), 4, "is needed, not a list of ndarray"),
        (FUNCTION.format("", "", ARRAYS.format("(1, 2)")), 4, "is needed, not ndarray (1, 2) of float"),
        (FUNCTION.format("", "", "raise KeyError('x')"), 6, "scorer mine failed: KeyError: 'x'"),
        (FUNCTION.format(", takes='window'", ", layers, seed", "return np.zeros(5)"), 4, "shape"),
        (FUNCTION.format(", takes='layer_input'", "", "return 3"), 4, "mine failed: AttributeError"),
        (OBSERVER.format("return None"), 3, "scorer Mine failed: AttributeError"),
        (OBSERVER.format("return block.nothing"), 6, "has no attribute 'nothing'"),
        (OBSERVER.format("return block.probabilities"), 3, "ValueError: scores of shape (1, "),
    ],
)
def test_a_scorer_that_fails_is_named_with_its_line(workbench, tiny, tmp_path, text, line, message):
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    answer = workbench(
        "explain", "a film", "--run", tiny.folder, "--method", "dense", "--scorers", "mine",
        "--plugin", path,
    )  # fmt: skip
    assert answer.code == 1
    assert answer.err.splitlines()[-1].startswith(f"error: {path}:{line}: scorer ")
    assert message in answer.err
