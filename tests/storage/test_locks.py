"""One writer per folder: the second is refused by name, and a dead one's lock is free."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.errors import WorkbenchError
from workbench.storage.locks import LOCK, WRITER, is_empty, one_writer
from workbench.storage.scratch import scratch_folder

HOLDS = """
import sys, time
from pathlib import Path
from workbench.storage.locks import one_writer
from workbench.storage.scratch import scratch_folder
with one_writer(Path(sys.argv[1]), "run"):
    scratch_folder(Path(sys.argv[1]))
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_the_second_writer_is_told_who_the_first_is(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    owner = json.loads((tmp_path / WRITER).read_text())
    with pytest.raises(WorkbenchError) as refused, one_writer(tmp_path, "bench"):
        pass
    assert str(refused.value) == (
        f"{tmp_path}: `workbench run` of {owner['user']} is writing it (process {holder.pid} on "
        f"{owner['host']}, since {owner['since']}); wait until that ends, or stop it"
    )


def test_what_a_killed_writer_left_is_removed_by_the_next(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert len(list(tmp_path.glob(".partial-*"))) == 1
    assert is_empty(tmp_path)
    (tmp_path / "inner").mkdir()
    own = scratch_folder(tmp_path / "inner")
    with one_writer(tmp_path, "run"):
        assert list(tmp_path.rglob(".partial-*")) == [own]
    assert sorted(path.name for path in tmp_path.iterdir()) == [LOCK, "inner"]


def test_a_folder_is_made_and_free_again_afterwards(tmp_path: Path) -> None:
    for doing in ("run", "bench"):
        with one_writer(tmp_path / "new", doing):
            assert json.loads((tmp_path / "new" / WRITER).read_text())["doing"] == doing


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(WorkbenchError, match=r"cannot write .*file: "),
        one_writer(tmp_path / "file", "run"),
    ):
        pass
