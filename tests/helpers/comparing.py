"""Two comparisons held against each other: everything but times must be equal."""

import json
from pathlib import Path

import pandas as pd

from tests.helpers.tiny_runs import CLOCK


def about(folder: Path) -> dict:
    """compare.json without seconds, and without what it was made with."""
    told = json.loads((folder / "compare.json").read_text())
    for part in (told, *told["cells"]):
        del part["seconds"]
    del told["environment"]
    return told


def frames(folder: Path) -> dict[str, pd.DataFrame]:
    """Every table of a comparison and of its runs, without what a stopwatch decides."""
    read = {}
    for path in [p for top in ("dense", "cells", "tables") for p in (folder / top).rglob("*.parquet")]:
        name = path.relative_to(folder).as_posix()
        if name.endswith("stopwatch.parquet"):
            continue
        frame = pd.read_parquet(path)
        if name.endswith("efficiency.parquet"):
            frame = frame[~frame["quantity"].isin(CLOCK)].reset_index(drop=True)
        if name == "tables/areas.parquet":
            frame = frame[frame["axis"].astype(str).str.contains("FLOPs")].reset_index(drop=True)
        read[name] = frame.drop(columns=[c for c in frame if "vs_hf" in c or c == "seconds"])
    return read


def assert_same_comparison(folder: Path, wanted: Path) -> None:
    """Compare two folders; times must be there, too."""
    assert about(folder) == about(wanted)
    ours, theirs = frames(folder), frames(wanted)
    assert ours.keys() == theirs.keys()
    assert "tables/comparison.parquet" in ours
    for name, frame in theirs.items():
        pd.testing.assert_frame_equal(ours[name], frame, check_exact=True, obj=name)
    table = pd.read_parquet(folder / "tables" / "comparison.parquet")
    assert (table["speedup_vs_hf_b1"] > 0).all()
