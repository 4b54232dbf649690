"""A reader never meets a half-written file or folder."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.errors import InputError, WorkbenchError
from workbench.storage.atomic import read_json, replacing, share_folder, write_json, write_text


class Interrupted(BaseException):
    """Like Ctrl-C."""


def no_space(*args: object, **more: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_text("old")
    return path


@pytest.fixture
def old_folder(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    path.mkdir()
    (path / "config.json").write_text("old")
    (path / "extra").write_text("old")
    return path


def test_a_file_is_replaced_whole(old_file: Path) -> None:
    with replacing(old_file) as beside:
        beside.write_text("new")
        assert old_file.read_text() == "old"
        assert beside.name == "a.txt"
    assert old_file.read_text() == "new"
    assert list(old_file.parent.iterdir()) == [old_file]


def test_a_folder_is_replaced_whole(old_folder: Path) -> None:
    with replacing(old_folder) as beside:
        beside.mkdir()
        (beside / "config.json").write_text("new")
        assert (old_folder / "config.json").read_text() == "old"
    assert [path.name for path in old_folder.iterdir()] == ["config.json"]
    assert (old_folder / "config.json").read_text() == "new"
    assert list(old_folder.parent.iterdir()) == [old_folder]


def test_parents_are_made(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b" / "c.txt", "text")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "text"


def broken_file(path: Path, error: BaseException) -> None:
    with replacing(path) as beside:
        beside.write_text("half")
        raise error


def broken_folder(path: Path, error: BaseException) -> None:
    with replacing(path) as beside:
        beside.mkdir()
        (beside / "config.json").write_text("half")
        raise error


ERRORS = pytest.mark.parametrize(
    ("error", "seen"),
    [
        (ValueError("wrong"), ValueError),
        (Interrupted(), Interrupted),
        (OSError(errno.ENOSPC, "No space left"), WorkbenchError),
    ],
)


@ERRORS
def test_an_error_leaves_the_old_file_and_nothing_else(old_file: Path, error, seen) -> None:
    with pytest.raises(seen):
        broken_file(old_file, error)
    assert old_file.read_text() == "old"
    assert list(old_file.parent.iterdir()) == [old_file]


@ERRORS
def test_an_error_leaves_the_old_folder_and_nothing_else(old_folder: Path, error, seen) -> None:
    with pytest.raises(seen):
        broken_folder(old_folder, error)
    assert {path.read_text() for path in old_folder.iterdir()} == {"old"}
    assert len(list(old_folder.iterdir())) == 2
    assert list(old_folder.parent.iterdir()) == [old_folder]


@ERRORS
def test_an_error_where_nothing_was_leaves_nothing(tmp_path: Path, error, seen) -> None:
    for broken in (broken_file, broken_folder):
        with pytest.raises(seen):
            broken(tmp_path / "new", error)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_line_that_names_the_file(old_file: Path) -> None:
    with pytest.raises(WorkbenchError) as caught, replacing(old_file):
        no_space()
    assert str(caught.value) == f"cannot write {old_file}: No space left on device"


def test_a_file_survives_a_rename_that_fails(old_file: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(WorkbenchError, match="No space left"):
        write_text(old_file, "new")
    assert old_file.read_text() == "old"
    assert list(old_file.parent.iterdir()) == [old_file]


def test_a_folder_survives_a_rename_that_fails(old_folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(WorkbenchError, match="No space left"), replacing(old_folder) as beside:
        beside.mkdir()
    assert len(list(old_folder.iterdir())) == 2


def test_a_place_that_cannot_be_written_is_named(old_file: Path) -> None:
    with pytest.raises(WorkbenchError, match=r"cannot write .*inside\.txt"):
        write_text(old_file / "inside.txt", "text")
    assert old_file.read_text() == "old"


def test_text_is_utf_8(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "größer 東\n")
    assert (tmp_path / "a.txt").read_bytes() == "größer 東\n".encode()


def test_json_round_trip(tmp_path: Path) -> None:
    value = {"b": [1, 2.5, None], "a": "ö"}
    write_json(tmp_path / "a.json", value)
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == value
    assert "ö" in text
    assert text.endswith("}\n")


def test_json_that_no_reader_understands_is_refused(old_file: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(old_file, {"value": float("nan")})
    assert old_file.read_text() == "old"


def test_a_shared_folder_costs_no_second_copy_and_replaces_an_old_one(
    old_folder: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "weights").write_text("w")
    share_folder(source, old_folder)
    assert [path.name for path in old_folder.iterdir()] == ["weights"]
    assert (old_folder / "weights").samefile(source / "weights")
    # Files are replaced, not written into: the other name keeps what it had.
    with replacing(old_folder / "weights") as beside:
        beside.write_text("new")
    assert (source / "weights").read_text() == "w"


def test_where_links_cannot_be_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "weights").write_text("w")
    monkeypatch.setattr(os, "link", no_space)
    share_folder(source, tmp_path / "target")
    assert (tmp_path / "target" / "weights").read_text() == "w"
    assert not (tmp_path / "target" / "weights").samefile(source / "weights")


def test_a_file_never_replaces_a_folder(old_folder: Path) -> None:
    with pytest.raises(WorkbenchError, match=r"cannot write .*model: it is a folder; name a file"):
        write_text(old_folder, "new")
    assert {path.name for path in old_folder.iterdir()} == {"config.json", "extra"}
    assert list(old_folder.parent.iterdir()) == [old_folder]


def test_a_pipe_is_written_into_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_text(pipe, "text")
        assert os.read(reader, 100) == b"text"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_link_stays_a_link(old_file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(old_file)
    write_text(link, "new")
    assert link.is_symlink()
    assert old_file.read_text() == "new"


def test_standard_output_redirected_to_a_file_is_appended_to(tmp_path: Path) -> None:
    code = "from pathlib import Path; from workbench.storage.atomic import write_text; "
    code += "print('before', flush=True); write_text(Path('/dev/stdout'), 'text')"
    with (tmp_path / "out").open("ab") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    assert (tmp_path / "out").read_text() == "before\ntext"
    assert Path("/dev/stdout").is_symlink()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "expected a JSON object, got []"),
        ("null", "expected a JSON object, got None"),
        ('{"a": 1, "a": 2}', "the key 'a' is there twice"),
        ('{"x": {"b": 1, "b": 1}}', "the key 'b' is there twice"),
        ('{"a": ' + "[" * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "not readable as JSON: Exceeds the limit"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"b": 1}', "lacks a"),
        ("{", "not readable as JSON"),
    ],
)
def test_json_that_is_not_as_we_write_it_is_refused_by_file(tmp_path, text, told):
    path = tmp_path / "own.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_json(path, "a")
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)


def test_json_that_is_not_utf_8_is_refused_by_file(tmp_path):
    (tmp_path / "own.json").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(InputError, match=r"own\.json: not readable as JSON: .*utf-8"):
        read_json(tmp_path / "own.json")
