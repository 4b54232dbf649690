"""A changed file is refused by name when it is opened, and never while a writer replaces it."""

from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.runs import manifest
from workbench.runs.check import check_runs
from workbench.runs.folder import load_run
from workbench.runs.manifest import read_stages, verify
from workbench.runs.stages import Stages
from workbench.storage.atomic import write_json


def flip(path: Path, place: int = -20) -> None:
    """Change one bit."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("file", "read"),
    [
        ("metrics/plausibility.parquet", lambda run: run.metrics("plausibility")),
        ("predictions.parquet", lambda run: run.predictions),
        ("scores/saliency.parquet", lambda run: run.scores("saliency")),
        ("models/adapler/model.safetensors", lambda run: run.model_folder("adapler")),
        ("models/adapler/policy.safetensors", lambda run: run.model_folder("adapler")),
        ("config.yaml", lambda run: run.config),
        ("environment.json", lambda run: run.environment),
        ("about.json", lambda run: run.written("about.json")),
    ],
)
def test_a_flipped_bit_is_refused_by_name(copied: Path, file: str, read) -> None:
    run = load_run(copied)
    read(run)
    flip(copied / file)
    with pytest.raises(InputError, match="has changed since it was written") as refused:
        read(run)
    assert str(refused.value).startswith(str(copied / file))
    assert check_runs(copied).wrong[0] == f"{copied / file}: has changed since it was written"


def test_a_flipped_bit_in_the_record_itself_is_refused(copied: Path) -> None:
    text = (copied / "stages.json").read_text()
    (copied / "stages.json").write_text(text.replace('"epochs": 1', '"epochs": 3', 1))
    with pytest.raises(InputError, match=r"stages.json: has changed since it was written; remove it"):
        read_stages(copied)


@pytest.mark.parametrize(
    "content", ["[]", "null", "{", '{"checksum": 3}', '{"checksum": "x", "stages": []}']
)
def test_a_record_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "stages.json").write_text(content)
    with pytest.raises(InputError, match=r"stages\.json: "):
        read_stages(tmp_path)


def test_a_reader_between_two_records_is_not_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file and its hash are replaced after the reader has read the old hash."""

    def make(text: str) -> None:
        with Stages(tmp_path).record("a", {}) as out:
            (out / "a.txt").write_text(text)

    make("old")
    original, reads = manifest.hashes, []

    def hashes(folder: Path) -> dict[str, str]:
        recorded = original(folder)
        reads.append(recorded)
        if len(reads) == 1:
            make("new")
        return recorded

    monkeypatch.setattr(manifest, "hashes", hashes)
    verify(tmp_path, tmp_path / "a.txt")
    assert len(reads) == 2


def test_what_nobody_recorded_is_not_looked_at(copied: Path) -> None:
    (copied / "scores" / "mine.parquet").write_bytes((copied / "scores" / "cp.parquet").read_bytes())
    assert len(load_run(copied).scores("mine")) == len(load_run(copied).scores("cp"))
    assert check_runs(copied).wrong == []


def test_folders_without_runs_or_hashes_are_told(tmp_path: Path, fresh_run: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no run folder"):
        check_runs(tmp_path / "empty")
    write_json(fresh_run / "stages.json", {"dense": {"key": "of an earlier version"}})
    assert check_runs(tmp_path).wrong == [
        f"{fresh_run}: has no hashes, there is nothing to hold its files against"
    ]
