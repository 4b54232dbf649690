"""Frames over runs: what leads them, what is missing, and what is refused."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.fake_comparison import add_run, build_comparison, name_of
from workbench.config.loading import dump_config
from workbench.config.run import RunConfig
from workbench.errors import InputError
from workbench.runs.many import KEYS, data_names, load_runs, reported
from workbench.storage.atomic import write_text


def small_run(folder: Path, seed: int, method: str = "dense", **data: object) -> Path:
    add_run(folder, method, "1101", 2.0)
    config = RunConfig(seed=seed, data={"max_train": 10, **data})
    write_text(folder / "config.yaml", dump_config(config))
    return folder


def test_one_run_leads_with_its_keys(tmp_path: Path) -> None:
    runs = load_runs(small_run(tmp_path / "one", 3))
    frame = runs.classification
    assert tuple(frame.columns[:3]) == KEYS
    assert frame.iloc[0][list(KEYS)].tolist() == ["one", "rotten-tomatoes", 3]
    assert frame.query("metric == 'accuracy'")["value"].tolist() == [0.75]
    assert len(runs.predictions) == 4


def test_a_folder_of_runs_and_a_list_are_the_same(tmp_path: Path) -> None:
    folders = [small_run(tmp_path / f"seed{k}", k) for k in (1, 0)]
    (tmp_path / "notes").mkdir()
    together, listed = load_runs(tmp_path), load_runs(folders)
    assert [run.name for run in together.runs] == ["seed0", "seed1"]
    assert [run.name for run in listed.runs] == ["seed1", "seed0"]
    assert together.seeds == listed.seeds == [0, 1]
    assert together.one_data() == "rotten-tomatoes"
    assert together.efficiency["run"].nunique() == 2


def test_runs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    folders = [small_run(tmp_path / parent / "demo", 0) for parent in "ab"]
    assert [run.name for run in load_runs(folders).runs] == ["a/demo", "b/demo"]
    with pytest.raises(InputError, match="named twice"):
        load_runs([folders[0], folders[0]])


def test_a_comparison_gives_its_groups_without_what_a_search_passed_by(tmp_path: Path) -> None:
    runs = load_runs(build_comparison(tmp_path / "compared"))
    names = {name_of(method, seed) for method in ("dense", "adapler", "top") for seed in (0, 1)}
    assert {run.name for run in runs.runs} == names
    assert runs.classification["run"].nunique() == 6


def test_different_data_are_refused_in_one_table_and_given_apart(tmp_path: Path) -> None:
    small_run(tmp_path / "a", 0)
    small_run(tmp_path / "b", 0, max_train=20)
    small_run(tmp_path / "c", 0, source="file", path="x/mine.csv")
    runs = load_runs(tmp_path)
    assert runs.data == ["rotten-tomatoes (max_train=10)", "rotten-tomatoes (max_train=20)", "mine"]
    with pytest.raises(InputError, match=r"different data .*a: rotten.*c: mine"):
        runs.one_data()
    assert {name: len(own.classification) for name, own in runs.by_data().items()} == {
        name: len(runs.classification) // 3 for name in runs.data
    }


def test_what_is_missing_is_told_and_empty(tmp_path: Path) -> None:
    runs = load_runs(small_run(tmp_path / "one", 0))
    lacking = set(runs.missing["table"])
    assert {"controls", "plausibility"} < lacking
    assert not {"predictions", "classification", "efficiency"} & lacking
    assert runs.controls.empty
    assert {*KEYS, "method", "control", "value"} <= set(runs.controls.columns)
    runs.need("classification")
    with pytest.raises(InputError, match="one: lacks the table 'controls'"):
        runs.need("classification", "controls")
    with pytest.raises(InputError, match="no table 'nonsense'"):
        runs.frame("nonsense")


def test_scores_are_read_by_name(finished_run: Path) -> None:
    runs = load_runs(finished_run)
    assert "cp" in runs.scorers
    scores = runs.scores("cp")
    assert tuple(scores.columns[:3]) == KEYS
    assert len(scores) == len(pd.read_parquet(finished_run / "scores" / "cp.parquet"))
    assert runs.scores("nobody").empty


def test_the_reported_split_is_test_or_the_first() -> None:
    frame = pd.DataFrame(
        {"run": ["a", "a", "b", "b"], "split": ["dev", "test", "dev", "train"], "value": range(4)}
    )
    assert reported(frame)["value"].tolist() == [1, 2]
    assert reported(frame.iloc[:0]).empty


@pytest.mark.parametrize("what", ["absent", "empty", "nothing"])
def test_no_run_is_said(tmp_path: Path, what: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no such folder|no run in it|no run was named"):
        load_runs([] if what == "nothing" else tmp_path / what)


def test_a_run_without_configuration_has_no_name_for_its_data(tmp_path: Path) -> None:
    add_run(tmp_path / "bare", "dense", "11", 1.0)
    runs = load_runs(tmp_path / "bare")
    assert runs.data == ["not recorded"]
    assert runs.classification["seed"].isna().all()


SECTIONS = st.fixed_dictionaries(
    {"source": st.sampled_from(["imdb", "file"]), "path": st.sampled_from([None, "a.csv", "b/a.csv"]),
     "max_train": st.integers(1, 3)}
)  # fmt: skip


@given(st.lists(SECTIONS, min_size=1, max_size=5))
def test_names_are_equal_exactly_where_the_data_are(sections: list[dict[str, object]]) -> None:
    names = data_names([{"data": section} for section in sections])
    for i, one in enumerate(sections):
        for j, other in enumerate(sections):
            assert (names[i] == names[j]) == (one == other)


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ({"source": "brat", "path": "films/anna"}, "anna"),
        ({"source": "hub", "path": "glue", "subset": "sst2"}, "glue/sst2"),
        ({"source": "squad", "path": "files/dev.json"}, "squad"),
        ({"source": "of a plug-in", "path": "a.csv"}, "of a plug-in"),
    ],
)
def test_data_are_called_by_their_file_where_the_reader_does_not_say(
    section: dict[str, object], name: str
) -> None:
    assert data_names([{"data": section}]) == [name]
