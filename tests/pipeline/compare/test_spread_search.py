"""Searches made as units of work: those of other seeds wait for the first, and a lost one is named."""

import json
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from tests.helpers.comparing import assert_same_comparison
from tests.helpers.fixtures import save_nothing
from tests.helpers.tiny_comparisons import write_comparison_settings
from tests.helpers.tiny_runs import call
from workbench.pipeline.compare import spread
from workbench.pipeline.work.unit import Unit, carry_out


class HereEngine:
    """Carries units out in this process; a worker that gets one of `deadly` dies."""

    at_once, begins_again = 1, False

    def __init__(self, deadly: tuple[str, ...] = ()) -> None:
        self.deadly, self.begun = deadly, []

    def submit(self, unit: Unit) -> "HereEngine":
        self.begun.append(unit.name)
        if unit.name not in self.deadly:
            carry_out(unit.folder)
        return self

    def ended(self) -> bool:
        return True

    def why(self) -> str:
        return "its machine burned down"

    def stop(self) -> None:
        pytest.fail("nothing is left to stop")

    def close(self) -> None:
        """Nothing to end."""


@pytest.fixture(autouse=True)
def quick_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Figure, "savefig", save_nothing)


def test_searches_as_units_find_what_one_process_finds(tmp_path: Path, monkeypatch, capsys) -> None:
    # The grid has the strength that the search tries first; the target is out of reach.
    match = {"flops": 50.0, "tries": 2, "search_seed_only": True}
    config = write_comparison_settings(
        tmp_path, methods=["adapler"], strengths={"adapler": [0.5]}, match=match
    )
    assert call("compare", config, "--out", tmp_path / "one") == 1
    command = ("compare", config, "--out", tmp_path / "two", "--engine", "local", "--retries", 1)

    lossy = HereEngine(deadly=("adapler:match:0",))
    monkeypatch.setattr(spread, "open_engine", lambda workers, folder: lossy)
    capsys.readouterr()
    assert call(*command) == 1
    told = capsys.readouterr().err
    assert "adapler:match:0 failed: its machine burned down (begun 2 times)" in told
    assert "adapler:match:1 failed: not begun, since adapler:match:0 failed" in told
    (search,) = json.loads((tmp_path / "two" / "compare.json").read_text())["searches"]
    assert (search["nearest"], search["tries"], search["reached"]) == (None, [], False)
    assert search["notes"] == ["its machine burned down (begun 2 times)"]

    whole = HereEngine()
    monkeypatch.setattr(spread, "open_engine", lambda workers, folder: whole)
    assert call(*command) == 1
    assert whole.begun == ["adapler:match:0", "adapler:match:1", "stopwatch"]
    assert_same_comparison(tmp_path / "two", tmp_path / "one")
    assert not (tmp_path / "two" / "parts").exists()

    # And an ordinary command finds all of it done.
    assert call(*command[:4]) == 1
    assert_same_comparison(tmp_path / "two", tmp_path / "one")
    lines = capsys.readouterr().err.splitlines()
    ended = [line for line in lines if line.endswith(": finished already")]
    assert len(ended) >= len(json.loads((tmp_path / "one" / "compare.json").read_text())["cells"])
