"""What the scripts share: a command line, run folders in, and frame, table, figure and notes out."""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from workbench.errors import InputError, WorkbenchError
from workbench.reporting.figures.saving import save_images
from workbench.reporting.tables.table import Table
from workbench.runs.many import KEYS, RunFolder, Runs, load_runs
from workbench.storage.atomic import replacing, write_text
from workbench.storage.spreadsheets import csv_text


@dataclass(frozen=True)
class Analysis:
    """One analysis, ready to be written."""

    name: str
    """Name of the files; letters, digits, - and _."""
    frame: pd.DataFrame
    """The numbers behind all that is shown."""
    tables: Sequence[Table] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    """By what is added to the name of its files; "" adds nothing."""
    notes: Sequence[str] = ()
    """Conventions and caveats, a sentence each."""

    def write(self, out: Path) -> list[Path]:
        """Write `name`.csv, .md and, where there are any, .tex and figures as .pdf and .png.

        Returns the paths. Each file is whole or not there; InputError where `out` cannot be written to.
        """
        check_writable(out)
        csv, md, tex = (out / f"{self.name}.{kind}" for kind in ("csv", "md", "tex"))
        write_text(csv, csv_text(self.frame))
        written = [csv, md]
        if self.tables:
            write_text(tex, "\n".join(table.latex() for table in self.tables))
            written.append(tex)
        images = []
        for suffix, figure in self.figures.items():
            stem = out / (f"{self.name}_{suffix}" if suffix else self.name)
            save_images(figure, stem)
            images.append(f"{stem.name}.png")
            written += [stem.with_name(f"{stem.name}.{kind}") for kind in ("pdf", "png")]
        write_text(md, self._markdown(images))
        return written

    def _markdown(self, images: Sequence[str]) -> str:
        parts = [f"# {self.name.replace('_', ' ').replace('-', ' ').capitalize()}"]
        parts += [f"![{self.name}]({image})" for image in images]
        parts += [table.markdown() for table in self.tables]
        parts += ["\n".join(f"- {note}" for note in self.notes)] if self.notes else []
        parts.append(f"The numbers are in [{self.name}.csv]({self.name}.csv).")
        return "\n\n".join(parts) + "\n"


OVER_RUNS: dict[str, dict[str, Any]] = {
    "--runs": {"type": Path, "nargs": "+", "required": True, "metavar": "DIR",
               "help": "run folders, folders of runs, or a comparison"},
    "--out": {"type": Path, "required": True, "metavar": "DIR", "help": "where the files go"},
}  # fmt: skip
"""Options of every script that reads runs and writes files."""


def run_script(
    main: Callable[[argparse.Namespace], None],
    doc: str | None,
    options: Mapping[str, Mapping[str, Any]],
    arguments: Sequence[str] | None = None,
) -> None:
    """Parse a script's command line and run it.

    What is wrong with the input ends the process with a sentence and code 2, any other failure that the
    workbench knows with code 1.

    Args:
        main: Does the work, given the parsed options.
        doc: The script's help.
        options: Name of an option -> arguments of `ArgumentParser.add_argument`.
        arguments: The command line; None for the process's own.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawTextHelpFormatter)
    for name, described in options.items():
        parser.add_argument(name, **described)
    try:
        main(parser.parse_args(arguments))
    except WorkbenchError as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        sys.exit(2 if isinstance(error, InputError) else 1)


def run_analysis(
    build: Callable[[Runs], Analysis], doc: str | None, arguments: Sequence[str] | None = None
) -> None:
    """Run a study's command line, `--runs DIR [DIR ...] --out DIR`, and print the files written.

    Args:
        build: Makes the study from the runs.
        doc: The script's help.
        arguments: The command line; None for the process's own.
    """

    def main(options: argparse.Namespace) -> None:
        check_writable(options.out)
        written = build(load_runs(options.runs)).write(options.out)
        sys.stdout.write("".join(f"{path}\n" for path in written))

    run_script(main, doc, OVER_RUNS, arguments)


def stacked(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put frames below each other; an empty frame for none."""
    frames = list(parts)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def check_writable(out: Path) -> None:
    """Raise InputError where `out` cannot be written to, before any work is done."""
    try:
        with replacing(out / ".writable") as probe:
            probe.touch()
        (out / ".writable").unlink()
    except WorkbenchError as error:
        raise InputError(f"{error}; choose another --out") from None


def over_runs(
    runs: Runs, compute: Callable[[RunFolder], pd.DataFrame], needed: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return `compute` of every run, one below the other, and notes on the runs without.

    Args:
        runs: The runs.
        compute: Gives a frame, which gets `KEYS` in front; a run for which it is empty is named in the
            notes. InputError where it is empty for all.
        needed: What a run must have, in words.
    """
    parts, without = [], []
    for run in runs.runs:
        # A copy, so that its grids are gone when the next run's are read.
        frame = compute(replace(run))
        if frame.empty:
            without.append(run.name)
            continue
        for place, key in enumerate(KEYS):
            frame.insert(place, key, {"run": run.name, "data": run.data, "seed": run.seed}[key])
        parts.append(frame)
    if not parts:
        lacking = ", ".join(without) if len(without) < 4 else f"the {len(without)} runs"
        raise InputError(f"no {needed} in {lacking}; run `workbench evaluate` first")
    notes = [f"Left out, without {needed}: {', '.join(without)}."] if without else []
    return pd.concat(parts, ignore_index=True), notes


def by_run(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return suffix of a figure's files -> the rows of one run: "" for the only one, else its name."""
    names = frame["run"].drop_duplicates().tolist()
    if len(names) == 1:
        return {"": frame}
    files: dict[str, pd.DataFrame] = {}
    for name in names:
        clean = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
        while clean in files:
            clean += "-"
        files[clean] = frame[frame["run"] == name]
    return files
