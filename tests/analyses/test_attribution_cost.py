"""What scorers cost: which windows a scorer runs on, what its seconds are divided by."""

import pytest

from analyses.costs import attribution_cost
from analyses.lib.study import run_script
from tests.helpers.toys import texts

WINDOWS = texts([9, 6, 5, 4])


def measured(names: list[str]):
    """A second per window and scorer; a plain pass takes a tenth of a second per window."""
    return attribution_cost.costs(
        names,
        WINDOWS,
        WINDOWS[:1],
        seconds=lambda some, of: float(len(some) * len(of)),
        plain=lambda of: len(of) / 10,
    ).set_index("scorer")


def test_slow_scorers_run_on_few_windows_and_are_divided_by_their_plain_pass() -> None:
    frame = measured(["saliency", "attention", "globenc", "lime"])
    assert frame["windows"].to_dict() == {
        "(plain forward pass)": 4, "saliency": 4, "attention": 4, "globenc": 4, "lime": 1,
        "(2 that watch, together)": 4,
    }  # fmt: skip
    assert frame.loc["lime", "tokens"] == 9
    assert frame.loc["saliency", "tokens"] == 6
    assert frame["seconds per 100 windows"].tolist() == pytest.approx([10, 100, 100, 100, 100, 200])
    assert frame["plain passes"].tolist() == pytest.approx([1, 10, 10, 10, 10, 20])


def test_tables_side_by_side_mark_what_one_lacks() -> None:
    one, other = measured(["saliency", "lime"]), measured(["saliency"])
    tables = {"costs-a-128": one.reset_index(), "costs-b-512": other.reset_index()}
    shown = attribution_cost.side_by_side(tables).set_index("scorer")
    assert list(shown.columns) == [
        "a-128: seconds per 100", "a-128: passes", "b-512: seconds per 100", "b-512: passes",
    ]  # fmt: skip
    assert shown.loc["saliency"].tolist() == ["100.00", "10.0", "100.00", "10.0"]
    assert shown.loc["lime"].tolist() == ["100.00", "10.0", "–", "–"]


def test_a_part_of_the_table_does_not_replace_the_whole(capsys) -> None:
    for more in (["--scorers", "globenc"], ["--method", "adapler"]):
        arguments = ["--run", "runs/demo", *more]
        with pytest.raises(SystemExit):
            run_script(attribution_cost.main, "Doc.", attribution_cost.OPTIONS, arguments)
        assert "name --out" in capsys.readouterr().err
