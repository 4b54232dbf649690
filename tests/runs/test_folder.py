"""Opening a run folder: what is read from it, and folders of earlier versions."""

import json
from pathlib import Path

import pytest

from tests.helpers.fake_run import build_run
from workbench.config.loading import parse_config
from workbench.errors import InputError
from workbench.metrics.schemas import PREDICTIONS, RUN_TABLES
from workbench.metrics.table_schema import COLUMNS
from workbench.runs.folder import load_run
from workbench.runs.many import load_runs
from workbench.runs.tables import read_run_data


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A run of a version that called `hard_mask_share` otherwise."""
    folder = build_run(tmp_path / "run")
    text = (folder / "config.yaml").read_text(encoding="utf-8")
    assert "hard_mask_share" in text
    (folder / "config.yaml").write_text(text.replace("hard_mask_share", "settle"), encoding="utf-8")
    return folder


@pytest.mark.parametrize("version", ["0.9.1", None])
def test_a_folder_with_keys_of_other_names_says_who_wrote_it_and_what_to_do(
    earlier: Path, version: str | None
) -> None:
    (earlier / "environment.json").write_text(json.dumps({"workbench": version} if version else {}))
    writer = f"workbench {version}" if version else "an earlier version"
    with pytest.raises(InputError) as caught:
        load_run(earlier)
    message = str(caught.value)
    assert message.startswith(f"{earlier}: was written by {writer}, whose keys ")
    assert "top.settle" in message
    assert "are called hard_mask_share now" in message
    assert message.endswith("make it anew: workbench run CONFIG --out NEW")


def test_commands_refuse_it_with_exit_code_2(workbench, earlier: Path) -> None:
    answer = workbench("report", "--run", earlier)
    assert answer.code == 2
    assert "make it anew" in answer.error
    assert len(answer.error.strip().splitlines()) == 1


def test_its_tables_are_read_all_the_same(earlier: Path) -> None:
    assert "plausibility" in read_run_data(earlier).metrics
    assert len(load_runs(earlier).classification)


def test_a_users_own_file_is_told_the_new_name() -> None:
    renamed = r"^mine: unknown key top\.settle: it is called hard_mask_share now$"
    with pytest.raises(InputError, match=renamed):
        parse_config({"top": {"settle": 0.1}}, "mine")


def test_a_table_of_an_earlier_version_needs_the_required_columns_only(tmp_path: Path) -> None:
    run = load_run(build_run(tmp_path / "run"))
    path = run.table_file("plausibility_counts")
    frame = run.metrics("plausibility_counts")
    frame.drop(columns=list(RUN_TABLES["plausibility_counts"].later)).to_parquet(path)
    assert run.table("plausibility_counts") is not None
    frame.drop(columns="windows").to_parquet(path)
    with pytest.raises(InputError, match=r"plausibility_counts\.parquet: lacks the column\(s\) windows"):
        run.table("plausibility_counts")
    with pytest.raises(InputError, match=r"faithfulness\.parquet: missing"):
        run.metrics("faithfulness")


def test_every_column_is_explained_and_the_run_has_them(tmp_path: Path) -> None:
    run = load_run(build_run(tmp_path / "run"))
    for name, schema in (RUN_TABLES | {"predictions": PREDICTIONS}).items():
        assert set(schema.columns) <= set(COLUMNS)
        assert len(set(schema.columns)) == len(schema.columns)
        frame = run.table(name)
        if frame is not None:
            assert set(schema.columns) <= set(frame.columns)
