"""The real archive, unpacked for the files that lie beside its splits."""

import os
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def movies_folder(tmp_path_factory):
    default = ROOT.parent / "shared" / "data" / "eraser" / "movies.tar.gz"
    path = Path(os.environ.get("WORKBENCH_ERASER_MOVIES", default))
    if not path.is_file():
        pytest.skip("ERASER Movies is not here: set WORKBENCH_ERASER_MOVIES to its archive")
    folder = tmp_path_factory.mktemp("movies")
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
    return folder / "movies"
