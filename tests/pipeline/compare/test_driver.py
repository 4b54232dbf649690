"""The order of trainings, searches and failures, with functions in the place of trainers."""

import json

import pytest

from tests.helpers.tiny_comparisons import FakeTrainers, diverging
from workbench.errors import InputError, WorkbenchError
from workbench.pipeline.compare import run as compare


def told(folder) -> dict:
    return json.loads((folder / "compare.json").read_text())


def rising(method, strength, seed) -> float:
    """2 at a strength of 0.02, or 0.03 with seed 1."""
    return 1.0 if strength is None else 1 + strength / (0.02 + 0.01 * seed)


def test_the_grid_is_methods_by_strengths_by_seeds(monkeypatch, tmp_path) -> None:
    fake = FakeTrainers(monkeypatch, rising)
    whole, lines = fake.compare(
        tmp_path, methods=["adapler", "top"], seeds=[3, 4], strengths={"adapler": [0.01, 0.02]}
    )
    assert whole
    assert fake.lean == [
        (method, strength, seed, False)
        for seed in (3, 4)
        for method, strength in (("adapler", 0.01), ("adapler", 0.02), ("top", 0.45))
    ]  # fmt: skip
    about = told(tmp_path)
    assert about["finished"]
    assert about["seconds"] == 8.0
    assert {(g["method"], g["kind"], g["strength"]): g["cells"] for g in about["groups"]} == {
        ("dense", "dense", None): ["dense/seed3", "dense/seed4"],
        ("adapler", "grid", 0.01): ["cells/adapler/0.01-seed3", "cells/adapler/0.01-seed4"],
        ("adapler", "grid", 0.02): ["cells/adapler/0.02-seed3", "cells/adapler/0.02-seed4"],
        ("top", "grid", 0.45): ["cells/top/0.45-seed3", "cells/top/0.45-seed4"],
    }
    assert lines[:2] == ["dense, seed 3", "adapler at 0.01, seed 3"]


def test_only_a_part_is_made_with_what_it_waits_for(monkeypatch, tmp_path) -> None:
    fake = FakeTrainers(monkeypatch, rising)
    values = {"methods": ["adapler", "top"], "seeds": [3, 4], "strengths": {"adapler": [0.01, 0.02]}}
    whole, lines = fake.compare(tmp_path, only=["adapler:0.02:4"], **values)
    assert whole
    assert lines == ["dense, seed 4", "adapler at 0.02, seed 4"]
    about = told(tmp_path)
    assert not about["finished"]
    assert [cell["name"] for cell in about["cells"]] == ["dense/seed4", "cells/adapler/0.02-seed4"]
    assert fake.compare(tmp_path, only=["top:*:*", "dense:fixed:3"], **values)[1] == [
        "dense, seed 3", "top at 0.45, seed 3", "dense, seed 4", "top at 0.45, seed 4",
    ]  # fmt: skip


def test_a_search_of_the_other_seeds_brings_the_first_seeds(monkeypatch, tmp_path) -> None:
    fake = FakeTrainers(monkeypatch, rising)
    values = {"seeds": [0, 1], "ranges": {"adapler": [0.001, 0.1]}}
    match = {"flops": 2.0, "search_seed_only": True}
    fake.compare(tmp_path, only=["adapler:match:1"], match=match, **values)
    assert {cell["seed"] for cell in told(tmp_path)["cells"]} == {0, 1}


def test_what_only_does_not_name_rightly_is_refused_before_anything_is_written(
    monkeypatch, tmp_path
) -> None:
    fake = FakeTrainers(monkeypatch, rising)
    for wrong in ("adapler:0.3:0", "adapler", "adapler:match:0", "adapler:0.0025:9"):
        with pytest.raises(InputError, match=f"--only '{wrong}': expected METHOD:STRENGTH:SEED of adap"):
            fake.compare(tmp_path / "out", only=[wrong])
    assert not (tmp_path / "out").exists()


def test_a_method_is_compared_with_itself_under_other_settings(monkeypatch, tmp_path) -> None:
    fake = FakeTrainers(monkeypatch, rising)
    whole, lines = fake.compare(
        tmp_path, methods=["adapler", "adapler@fast"], strengths={"adapler": [0.01]},
        variants={"adapler@fast": {"phi": 0.3, "cut": "middle"}},
    )  # fmt: skip
    assert whole
    assert fake.lean == [("adapler", 0.01, 0, False), ("adapler", 0.3, 0, False)]
    assert {(g["method"], g["strength"]): g["cells"] for g in told(tmp_path)["groups"]} == {
        ("dense", None): ["dense/seed0"],
        ("adapler", 0.01): ["cells/adapler/0.01-seed0"],
        ("adapler@fast", 0.3): ["cells/adapler@fast/0.3-seed0"],
    }
    assert lines[-1] == "adapler@fast at 0.3, seed 0"
    trained = [run.config for run in fake.jobs if run.base is not None]
    assert [config.section("adapler").cut for config in trained] == ["entry", "middle"]
    assert trained[1].name.endswith("-adapler-fast-0.3-seed0")


def test_a_search_is_lean_and_its_nearest_try_is_measured(monkeypatch, tmp_path) -> None:
    fake = FakeTrainers(monkeypatch, rising)
    assert fake.compare(tmp_path, match={"flops": 2.0}, ranges={"adapler": [0.001, 0.1]})[0]
    about = told(tmp_path)
    (search,) = about["searches"]
    assert search["reached"]
    assert abs(search["nearest"]["value"] - 2) <= 0.1
    tries = [one["strength"] for one in search["tries"]]
    assert fake.lean == [
        *(("adapler", strength, 0, True) for strength in tries), ("adapler", tries[-1], 0, False),
    ]  # fmt: skip
    # Every try is a listed trial; the matched one is a group.
    assert [trial["strength"] for trial in about["cells"]] == [None, *tries]
    assert about["groups"][1] == {
        "method": "adapler", "kind": "matched", "strength": None,
        "cells": [f"cells/adapler/{tries[-1]:g}-seed0"],
    }  # fmt: skip


def apart_from_when(about: dict) -> dict:
    return {key: value for key, value in about.items() if key != "environment"}


MATCHED = {
    "methods": ["adapler", "top"], "match": {"flops": 2.0}, "ranges": {"adapler": [0.001, 0.1]},
}  # fmt: skip


def test_a_search_that_is_not_asked_for_stays_with_all_its_tries(monkeypatch, tmp_path) -> None:
    fake = FakeTrainers(monkeypatch, rising)
    fake.compare(tmp_path, **MATCHED)
    before = apart_from_when(told(tmp_path))
    assert len(before["searches"][0]["tries"]) > 1
    monkeypatch.setattr(compare, "is_finished", lambda job: str(job.run.folder) in fake.made)
    _, lines = fake.compare(tmp_path, only=["dense:fixed:0"], **MATCHED)
    assert all(line.endswith("finished already") for line in lines)
    assert apart_from_when(told(tmp_path)) == before


def test_an_interrupt_before_its_turn_loses_no_search(monkeypatch, tmp_path) -> None:
    def interrupt(*_: object) -> float:
        raise KeyboardInterrupt

    fake = FakeTrainers(monkeypatch, rising)
    fake.compare(tmp_path, **MATCHED)
    before = apart_from_when(told(tmp_path))
    fake.speedup = interrupt
    with pytest.raises(KeyboardInterrupt):
        fake.compare(tmp_path, **MATCHED)
    assert told(tmp_path)["searches"] == before["searches"]
    fake.speedup = rising
    fake.compare(tmp_path, **MATCHED)
    assert apart_from_when(told(tmp_path)) == before


def test_a_search_whose_trainings_are_gone_is_not_kept(monkeypatch, tmp_path) -> None:
    fake = FakeTrainers(monkeypatch, rising)
    fake.compare(tmp_path, **MATCHED)
    fake.compare(tmp_path, only=["dense:fixed:0"], **MATCHED)
    assert told(tmp_path)["searches"] == []
    assert not told(tmp_path)["finished"]


def test_a_seeds_search_does_not_depend_on_the_seeds_before(monkeypatch, tmp_path) -> None:
    fake = FakeTrainers(monkeypatch, rising)
    fake.compare(tmp_path, seeds=[0, 1], match={"flops": 2.0}, ranges={"adapler": [0.001, 0.1]})
    first, second = told(tmp_path)["searches"]
    assert second["tries"][0]["strength"] == first["tries"][0]["strength"]
    assert second["nearest"]["strength"] > first["nearest"]["strength"]
    assert second["reached"]


def test_search_seed_only_trains_the_others_once(monkeypatch, tmp_path) -> None:
    fake = FakeTrainers(monkeypatch, rising)
    match = {"flops": 2.0, "search_seed_only": True}
    fake.compare(tmp_path, seeds=[0, 1, 2], match=match, ranges={"adapler": [0.001, 0.1]})
    (search,) = told(tmp_path)["searches"]
    found = search["nearest"]["strength"]
    assert [call for call in fake.lean if call[2]] == [
        ("adapler", found, 1, False), ("adapler", found, 2, False),
    ]  # fmt: skip
    assert len(told(tmp_path)["groups"][1]["cells"]) == 3


def test_search_seed_only_takes_the_first_seed_that_trains(monkeypatch, tmp_path) -> None:
    def speedup(method, strength, seed) -> float:
        return diverging() if (method, seed) == ("dense", 0) else 2.0

    fake = FakeTrainers(monkeypatch, speedup)
    assert not fake.compare(tmp_path, seeds=[0, 1, 2], match={"flops": 2.0, "search_seed_only": True})[0]
    assert [search["seed"] for search in told(tmp_path)["searches"]] == [1]
    assert len(told(tmp_path)["groups"][1]["cells"]) == 2


def test_drop_is_matched_in_points(monkeypatch, tmp_path) -> None:
    # The fake loses 10 x its speed-up in points: 30 points at strength 0.04.
    fake = FakeTrainers(monkeypatch, rising)
    assert fake.compare(tmp_path, match={"drop": 30.0, "tries": 8}, ranges={"adapler": [0.001, 0.1]})[0]
    (search,) = told(tmp_path)["searches"]
    assert search["quantity"] == "loss"
    assert search["nearest"]["strength"] == pytest.approx(0.04, rel=0.05)


def test_what_cannot_be_reached_ends_with_the_nearest_and_without_success(monkeypatch, tmp_path) -> None:
    fake = FakeTrainers(monkeypatch, rising)
    whole, lines = fake.compare(tmp_path, match={"flops": 9.0}, ranges={"adapler": [0.001, 0.1]})
    assert not whole
    (search,) = told(tmp_path)["searches"]
    assert search["nearest"] == {"strength": 0.1, "value": pytest.approx(6.0)}
    assert "adapler, seed 0: the range ends at strength 0.1, short of 9; raise its upper end" in lines
    # It is compared nevertheless.
    assert told(tmp_path)["groups"][1]["cells"] == ["cells/adapler/0.1-seed0"]


def test_a_failed_cell_is_recorded_and_the_others_go_on(monkeypatch, tmp_path) -> None:
    def speedup(method, strength, seed) -> float:
        if (method, seed) == ("adapler", 0):
            raise WorkbenchError("diverged in epoch 1")
        return 2.0

    fake = FakeTrainers(monkeypatch, speedup)
    whole, lines = fake.compare(tmp_path, methods=["adapler", "top"], seeds=[0, 1])
    assert not whole
    errors = {trial["name"]: trial["error"] for trial in told(tmp_path)["cells"]}
    assert errors.pop("cells/adapler/0.003-seed0") == "diverged in epoch 1"
    assert len(errors) == 5
    assert set(errors.values()) == {None}
    assert "adapler at 0.003, seed 0 failed: diverged in epoch 1" in lines


def test_a_failed_dense_model_costs_its_seed(monkeypatch, tmp_path) -> None:
    def speedup(method, strength, seed) -> float:
        return diverging() if (method, seed) == ("dense", 0) else 2.0

    fake = FakeTrainers(monkeypatch, speedup)
    assert not fake.compare(tmp_path, seeds=[0, 1])[0]
    assert [call[2] for call in fake.lean] == [1]
    assert told(tmp_path)["cells"][0]["error"] == "diverged"


def test_where_no_run_ends_the_work_has_failed(monkeypatch, tmp_path) -> None:
    fake = FakeTrainers(monkeypatch, diverging)
    with pytest.raises(
        WorkbenchError, match=r"no run has finished \(dense/seed0: diverged\)"
    ) as failure:
        fake.compare(tmp_path)
    assert not isinstance(failure.value, InputError)


def test_data_that_cannot_be_read_end_it_at_once(monkeypatch, tmp_path) -> None:
    def speedup(method, strength, seed) -> float:
        raise InputError("reviews.csv: no such file")

    fake = FakeTrainers(monkeypatch, speedup)
    with pytest.raises(InputError, match=r"reviews\.csv"):
        fake.compare(tmp_path, seeds=[0, 1])
    assert [trial["name"] for trial in told(tmp_path)["cells"]] == ["dense/seed0"]


def test_input_that_no_strength_mends_ends_the_search(monkeypatch, tmp_path) -> None:
    def speedup(method, strength, seed) -> float:
        if method == "top":
            raise InputError("top.first_layer 9: there are 3 layers")
        return 2.0

    fake = FakeTrainers(monkeypatch, speedup)
    assert not fake.compare(tmp_path, methods=["top", "adapler"], match={"flops": 2.0})[0]
    assert [call[0] for call in fake.lean] == ["top", "adapler", "adapler"]
    search = told(tmp_path)["searches"][0]
    assert (search["reached"], search["nearest"]) == (False, None)
    assert search["notes"] == ["top.first_layer 9: there are 3 layers"]


def test_a_foreign_folder_is_refused(monkeypatch, tmp_path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(InputError, match="neither empty nor a comparison folder"):
        FakeTrainers(monkeypatch, rising).compare(tmp_path)
