"""Growth by hand, and that every text of a small stream is counted."""

from pathlib import Path

import pytest

from analyses.costs.many_texts import attributed, classified, growth, save_random_model, short_texts


def test_growth_by_hand() -> None:
    # The first four of forty are left out; the next ten are 100 MB, the last ten 104.
    assert growth([500.0] * 4 + [100.0] * 10 + [101.0] * 16 + [104.0] * 10) == pytest.approx(0.04)
    assert growth([7.0]) == 0


def test_every_text_goes_through(tmp_path: Path) -> None:
    save_random_model(tmp_path / "model")
    assert list(short_texts(5)) == list(short_texts(5))
    points = classified(tmp_path / "model", 80)
    assert [done for done, _ in points] == list(range(2, 81, 2))
    points = attributed(tmp_path, 20, ["attention"])
    assert [done for done, _ in points] == [20]
    assert all(mb > 10 for _, mb in points)
