"""What every script of analyses/ shares: run folders in; frame, table, figure and notes out."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from workbench.errors import InputError, WorkbenchError
from workbench.reporting.figures.saving import save_images
from workbench.reporting.tables.table import Table
from workbench.runs.many import Runs, load_runs
from workbench.storage.atomic import replacing, write_text


@dataclass(frozen=True)
class Analysis:
    """One analysis, ready to be written."""

    name: str
    """Of the files; letters, digits, - and _."""
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
        write_text(csv, self.frame.to_csv(index=False, lineterminator="\n"))
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
        for table in self.tables:
            parts.append(table.markdown())
        parts += ["\n".join(f"- {note}" for note in self.notes)] if self.notes else []
        parts.append(f"The numbers are in [{self.name}.csv]({self.name}.csv).")
        return "\n\n".join(parts) + "\n"


def run_analysis(
    build: Callable[[Runs], Analysis], doc: str | None, arguments: Sequence[str] | None = None
) -> None:
    """The command line of a script: `--runs DIR [DIR ...] --out DIR`; `doc` is its help.

    Prints the files written. What is wrong with the input ends the process with a sentence and code 2,
    any other failure with code 1.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--runs", type=Path, nargs="+", required=True, metavar="DIR",
        help="run folders, folders of runs, or a comparison",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files go")
    options = parser.parse_args(arguments)
    try:
        check_writable(options.out)
        written = build(load_runs(options.runs)).write(options.out)
    except WorkbenchError as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        sys.exit(2 if isinstance(error, InputError) else 1)
    sys.stdout.write("".join(f"{path}\n" for path in written))


def check_writable(out: Path) -> None:
    """Before any work is done: InputError where `out` cannot be written to."""
    try:
        with replacing(out / ".writable") as beside:
            beside.touch()
        (out / ".writable").unlink()
    except WorkbenchError as error:
        raise InputError(f"{error}; choose another --out") from None
