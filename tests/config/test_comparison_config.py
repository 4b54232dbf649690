"""What a comparison's configuration means for its trials."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from workbench.catalog.methods import METHODS
from workbench.config.comparison import CompareConfig, MatchSettings, load_comparison
from workbench.config.run import RunConfig
from workbench.errors import InputError
from workbench.pipeline.compare.trials import Trial
from workbench.pipeline.content import Content
from workbench.pipeline.recipes import Recipes

STRENGTHS = {name: spec.strength.key for name, spec in METHODS.items() if spec.strength}
ROOT = Path(__file__).parents[2]


def config(**values: object) -> CompareConfig:
    return CompareConfig.model_validate(values)


@pytest.mark.parametrize(("method", "key"), STRENGTHS.items())
def test_a_cell_is_the_shared_run_with_a_methods_strength(method: str, key: str) -> None:
    shared = {"data": {"max_train": 9}, method: {"epochs": 7}}
    trial = config(run=shared).trial(method, 0.125, 4)
    expected = RunConfig.model_validate(
        shared | {"seed": 4, "methods": ["dense", method], method: {"epochs": 7, key: 0.125}}
    )
    assert trial.model_copy(update={"name": "run"}) == expected


def test_a_label_gives_a_method_other_settings() -> None:
    compared = config(
        methods=["ltp", "ltp@authors", "distilbert@wide"], match={"flops": 2},
        run={"ltp": {"mask_weight": 0.5}}, ranges={"ltp": [0.1, 0.9]},
        variants={"ltp@authors": {"mask_weight": 0.2, "temperature": 0.1}, "distilbert@wide": {}},
    )  # fmt: skip
    assert [compared.own_strength(name) for name in compared.methods] == [0.5, 0.2, None]
    assert compared.range("ltp@authors") == (0.1, 0.9)
    assert compared.grid("distilbert@wide") == [None]
    trial = compared.trial("ltp@authors", 0.3, 1)
    assert (trial.section("ltp").mask_weight, trial.section("ltp").temperature) == (0.3, 0.1)
    assert trial.methods == ["dense", "ltp"]
    assert compared.trial("ltp", 0.3, 1).section("ltp").temperature != 0.1


@pytest.mark.parametrize(("values", "said"), [
    ({"methods": ["ltp@authors"]}, "ltp@authors: lacks its settings in variants"),
    ({"methods": ["ltp"], "variants": {"ltp@authors": {}}}, "ltp@authors: lacks its name in methods"),
    ({"methods": ["lpt@authors"], "variants": {"lpt@authors": {}}}, "unknown method 'lpt@authors'"),
    ({"methods": ["ltp@a b"], "variants": {"ltp@a b": {}}}, "pattern"),
])  # fmt: skip
def test_a_wrong_label_is_refused(values: dict, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        config(**values)


def test_a_wrong_setting_of_a_label_is_refused_before_any_training(tmp_path: Path) -> None:
    path = tmp_path / "compare.yaml"
    path.write_text("methods: [ltp@a]\nvariants: {ltp@a: {temprature: 1}}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"ltp@a.*temprature"):
        load_comparison(path)


@pytest.mark.parametrize("run", ["", "run: {}\n", "run: {data: {max_train: 9}}\n"])
def test_a_comparison_must_name_its_texts(tmp_path: Path, run: str) -> None:
    path = tmp_path / "compare.yaml"
    path.write_text(f"methods: [ltp]\n{run}", encoding="utf-8")
    with pytest.raises(
        InputError, match=r"compare.yaml: names no texts: set run.data.source to one that"
    ):
        load_comparison(path)
    assert load_comparison(path, ["run.data.source=imdb"]).run.data.source == "imdb"


def test_cells_have_the_dense_key_of_their_seeds_dense_run() -> None:
    compared = config(run={"dense": {"epochs": 1}})
    content = Content({"training": "t", "dev": "d"}, {}, ["0", "1"], "b")

    def key(run: RunConfig) -> str:
        return Recipes(run, content).key("dense")

    assert key(compared.trial("top", 0.3, 1)) == key(compared.dense(1))
    assert key(compared.trial("top", 0.3, 1)) != key(compared.dense(2))


def test_without_strengths_a_method_has_one_cell_of_its_own_section() -> None:
    compared = config(run={"ltp": {"mask_weight": 0.7}}, strengths={"top": [0.2, 0.4]})
    assert compared.grid("ltp") == [0.7]
    assert compared.grid("top") == [0.2, 0.4]
    searched = config(match={"flops": 2}, strengths={"top": [0.2]})
    assert searched.grid("ltp") == []
    assert searched.grid("top") == [0.2]


def test_a_search_reaches_ten_times_up_and_down_unless_told() -> None:
    compared = config(run={"ltp": {"mask_weight": 0.5}}, ranges={"trbert": [0.1, 2]})
    assert compared.range("ltp") == (0.05, 5.0)
    assert compared.range("trbert") == (0.1, 2)
    assert compared.range("top") == (0.05, 0.95)


def test_slack_is_relative_for_flops_and_in_points_for_drop() -> None:
    assert MatchSettings(flops=2.0).slack == pytest.approx(0.1)
    assert MatchSettings(flops=4.0, tolerance=0.1).slack == pytest.approx(0.4)
    assert MatchSettings(drop=1.0).slack == 0.5
    assert MatchSettings(drop=1.0, tolerance=0.2).slack == 0.2


def test_a_cell_without_a_strength_is_named_fixed() -> None:
    assert Trial("top", 0.30000000000000004, 2).name == "cells/top/0.3-seed2"
    assert Trial("other", None, 0).name == "cells/other/fixed-seed0"


def test_the_ready_comparison_is_valid() -> None:
    ready = load_comparison(ROOT / "configs" / "compare-rotten-tomatoes.yaml")
    assert [name for name in ready.methods if "@" not in name] == [*STRENGTHS, "distilbert"]
    authors = ready.section("top@authors"), ready.section("adapler@authors")
    assert (authors[0].gates, authors[1].start) == ("lagrangian", "pre-trained")
    assert {ready.section(name).cut for name in ready.methods if "@middle" in name} == {"middle"}
    assert ready.seeds == [0, 1, 2]
    assert ready.match == MatchSettings(flops=2.0, tolerance=0.05, tries=8)
    assert ready.run.data.max_train == 1500
