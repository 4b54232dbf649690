"""What every page uses: the folder of runs, the chosen run, errors in sentences, safe text, theme.

Choices that stand in the URL are in `choices.py`, what is on screen for the Export page in `screen.py`.
"""

import os
import re
from pathlib import Path
from typing import NoReturn

import streamlit as st
from choices import choice, several

from workbench.errors import InputError
from workbench.reporting.run_data import RunData, read_run_data
from workbench.viewing.catalogue import Entry, catalogue, folders, inside, stamp

RUNS = "WORKBENCH_RUNS"
"""The environment variable that names the folder of runs."""
_HERE = Path(__file__).parent / "views"
VIEWS = [
    (_HERE / "runs.py", "Runs", ":material/list:"),
    (_HERE / "token_flow.py", "Token flow", ":material/water_drop:"),
    (_HERE / "scorers.py", "Scorers", ":material/grid_on:"),
    (_HERE / "agreement.py", "Rationale agreement", ":material/rule:"),
    (_HERE / "speed.py", "Speed", ":material/speed:"),
    (_HERE / "data.py", "Data", ":material/article:"),
    (_HERE / "export.py", "Export", ":material/download:"),
]
"""File, title and icon of each page, in the order of the navigation."""


def plain(text: object) -> str:
    """`text` for a place where Streamlit reads markdown (labels, captions, messages): every sign that
    could be markup is escaped, line breaks become spaces."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(str(text).split()))


def problem(sentence: str) -> None:
    """An error as a sentence, never as markup."""
    st.error(plain(sentence))


def empty(sentence: str) -> NoReturn:
    """Say why there is nothing to see, and end the page here."""
    st.info(plain(sentence))
    st.stop()


def is_dark() -> bool:
    """Whether the reader's theme is dark."""
    return st.context.theme.type == "dark"


def runs_root() -> Path:
    """The folder of runs; InputError where it is missing."""
    root = Path(os.environ.get(RUNS, "runs"))
    if not root.is_dir():
        raise InputError(f"{root}: no such folder of runs; make a run with `workbench demo`")
    return root


def entries() -> list[Entry]:
    """The catalogue, read again when a folder has changed."""
    root = runs_root()
    return _catalogue(str(root), tuple((name, stamp(root / name)) for name, _ in folders(root)))


@st.cache_resource(max_entries=4, show_spinner="Reading the runs …")
def _catalogue(root: str, stamps: tuple[object, ...]) -> list[Entry]:
    return catalogue(Path(root))


def open_run(name: str) -> RunData:
    """The tables of a run under the root, read again when it has changed; leave the frames as they are.

    InputError for a folder that is no run, is damaged, or is not under the root.
    """
    folder = inside(runs_root(), name)
    return _run(str(folder), stamp(folder))


@st.cache_resource(max_entries=8, show_spinner="Reading the run …")
def _run(folder: str, stamps: tuple[object, ...]) -> RunData:
    return read_run_data(Path(folder))


def chosen_run() -> RunData:
    """The run chosen in the sidebar, the same on all pages; ends the page where there is none."""
    names = openable()
    with st.sidebar:
        name = choice("Run", names, key="run", help="Which run this page shows.")
    return open_run(name)


def chosen_runs() -> list[RunData]:
    """The runs chosen in the sidebar to stand side by side; ends the page where there is none."""
    names = openable()
    with st.sidebar:
        chosen = several("Runs", names, key="runs", default=names[:1], help="Runs to compare.")
    if not chosen:
        empty("No run is chosen: pick one in the sidebar.")
    return [open_run(name) for name in chosen]


def run_name(run: RunData) -> str:
    """Its folder below the root, as the catalogue names it."""
    return run.folder.relative_to(os.path.realpath(runs_root())).as_posix()


def openable() -> list[str]:
    """Names of the runs that can be opened; runs of their own before cells of comparisons."""
    able = [entry for entry in entries() if entry.opens]
    if not able:
        empty(f"There is no run under {runs_root()} yet: make one with `workbench demo` or `make demo`.")
    return [entry.name for entry in sorted(able, key=lambda entry: bool(entry.part_of))]
