"""Archives that unpack to too much, or are not what they say."""

import gzip
import io
import os
import subprocess
import sys
import tarfile
import zipfile

import pytest

from workbench.errors import InputError
from workbench.storage import archives
from workbench.storage.archives import open_tree
from workbench.storage.jsonl import read_bytes


def bomb(path, size):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr("zeros.txt", bytes(size))
    else:
        with tarfile.open(path, f"w:{path.suffix[1:]}") as out:
            member = tarfile.TarInfo("zeros.txt")
            member.size = size
            out.addfile(member, io.BytesIO(bytes(size)))
    return path


@pytest.mark.parametrize("name", ["b.zip", "b.gz", "b.bz2", "b.xz"])
def test_what_unpacks_to_a_hundred_times_its_size_is_refused(name, tmp_path, monkeypatch):
    path = bomb(tmp_path / name, 2**21)
    assert open_tree(path).read("zeros.txt") == bytes(2**21)
    monkeypatch.setattr(archives, "FLOOR", 2**20)
    with pytest.raises(InputError, match=rf"{name}.*: unpacks to more than 100 times its size, refused"):
        open_tree(path)
    monkeypatch.setattr(archives, "LARGEST", 2**20)
    with pytest.raises(InputError, match=rf"{name}.*: unpacks to more than 0.000976562 GiB"):
        open_tree(path)


def test_a_bomb_costs_no_memory(tmp_path):
    path = tmp_path / "b.zip"
    bomb(path, 80 * 2**20)
    script = (
        "import resource, sys; from pathlib import Path\n"
        "from workbench.errors import InputError; from workbench.storage.archives import open_tree\n"
        "resource.setrlimit(resource.RLIMIT_AS, (300 * 2**20,) * 2)\n"
        "try: open_tree(Path(sys.argv[1]))\n"
        "except InputError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True)
    assert (
        done.stdout
        == f"{path}: the member 'zeros.txt': unpacks to more than 100 times its size, refused\n"
    )


def test_cut_lying_and_doubled_members_are_refused(tmp_path):
    whole = bomb(tmp_path / "a.gz", 5000).read_bytes()
    (tmp_path / "cut.gz").write_bytes(whole[:-30])
    with pytest.raises(InputError, match=r"cut.gz: not a readable"):
        open_tree(tmp_path / "cut.gz")
    (tmp_path / "cut.tar").write_bytes(gzip.decompress(whole)[:2000])
    with pytest.raises(InputError, match=r"cut.tar: not a readable .*unexpected end of data"):
        open_tree(tmp_path / "cut.tar").read("zeros.txt")
    path = tmp_path / "lie.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as out:
        out.writestr("a.txt", b"twelve bytes")
    # The size that the directory gives for the file, in its last record.
    content = bytearray(path.read_bytes())
    place = content.rindex(b"PK\x01\x02") + 24
    content[place : place + 4] = (5).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"lie.zip: not a readable .*Bad CRC.*member 'a.txt'"):
        open_tree(path).read("a.txt")
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("a.txt", b"1")
        out.writestr("./a.txt", b"2")
    with pytest.raises(InputError, match=r"the member './a.txt' is there twice, refused"):
        open_tree(path)


def test_pipes_devices_and_giants_are_refused_before_they_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for place in (tmp_path / "pipe.csv", "/dev/zero"):
        for read in (read_bytes, open_tree):
            with pytest.raises(InputError, match=r"a device, pipe or socket, not a regular file"):
                read(place)
    with (tmp_path / "giant.csv").open("wb") as giant:
        giant.truncate(2**40)
    with pytest.raises(InputError, match=r"giant.csv: larger than 4 GiB, refused"):
        read_bytes(tmp_path / "giant.csv")
