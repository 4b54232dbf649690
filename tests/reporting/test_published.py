"""The published numbers: whole, within their ranges, and free of contradictions."""

import tomllib
from pathlib import Path

import pytest

import workbench
from workbench.catalog.methods import METHODS as POLICIES
from workbench.reporting.published import CERTAINTIES, COLUMNS, CONVENTIONS, top_settings


def test_every_row_says_what_it_is_and_how_sure_we_are() -> None:
    frame = workbench.published()
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) > 10
    assert set(frame["method"]) <= set(POLICIES)
    assert set(frame["convention"]) <= set(CONVENTIONS)
    assert set(frame["certainty"]) <= set(CERTAINTIES)
    assert (frame["paper"] != "").all()
    assert (frame["dataset"] != "").all()
    # A quality has its metric, in percent; a row without one has a speed-up.
    has_value = frame["value"].notna()
    assert (has_value == (frame["metric"] != "")).all()
    assert frame.loc[has_value, "value"].between(20, 100).all()
    assert (has_value | frame["flops_speedup"].notna()).all()
    assert (frame["flops_speedup"].dropna() > 1).all()
    assert (frame.loc[frame["certainty"] == "stated", "table"] != "").all()
    assert not frame.duplicated(["method", "paper", "dataset", "metric", "convention"]).any()


def test_known_numbers() -> None:
    frame = workbench.published().set_index(["method", "dataset"])
    assert frame.loc[("adapler", "sst2"), "value"].item() == pytest.approx(92.3)
    assert frame.loc[("top", "sst2"), "flops_speedup"].item() == pytest.approx(1.67)


def test_an_installed_package_has_the_file() -> None:
    root = Path(workbench.__file__).parents[1]
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = settings["tool"]["setuptools"]["package-data"]["workbench"]
    package = root / "workbench"
    found = {path for pattern in shipped for path in package.glob(pattern)}
    data = {path for path in package.rglob("*.*") if path.suffix not in (".py", ".pyc")}
    assert data == found
    assert package / "data" / "published.csv" in found


def test_settings_of_top_are_whole() -> None:
    frame = top_settings()
    assert frame["dataset"].is_unique
    assert (frame["padded_tokens"] > frame["mean_tokens"]).all()
    assert frame["target_sparsity"].between(0, 1, inclusive="neither").all()
    assert frame["value"].between(20, 100).all()
