"""The commands that show: `workbench app`, `report`, `check`, `tables` and `config`."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from workbench.catalog.plugins import loaded_plugins
from workbench.cli.options import RunFolder
from workbench.cli.stopping import stop_code
from workbench.cli.terminal import say, warn
from workbench.config.describing import Kind
from workbench.errors import InputError

_SETTINGS = {
    "browser.gatherUsageStats": "false",
    "client.showErrorDetails": "none",
    "client.toolbarMode": "viewer",
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "global.developmentMode": "false",
    "theme.primaryColor": "#0072B2",
}


def app(
    runs: Annotated[Path, typer.Option("--runs", help="Folder of run folders.")] = Path("runs"),
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 8501,
    address: Annotated[
        str,
        typer.Option("--address", help="Address to listen on; 0.0.0.0 lets other machines in."),
    ] = "localhost",
) -> None:
    """Show runs in a browser: tokens, scorers, plausibility, speed."""
    if not runs.is_dir():
        raise InputError(f"{runs}: no such folder of runs; make one with `workbench demo`")
    if any((runs / name).is_file() for name in ("config.yaml", "compare.json")):
        raise InputError(f"{runs}: is a run itself; give the folder that holds it: --runs {runs.parent}")
    for package in ("streamlit", "plotly"):
        if importlib.util.find_spec(package) is None:
            raise InputError(f'the app needs {package}: pip install "rationale-workbench[app]"')
    plugins = os.pathsep.join(map(str, loaded_plugins()))
    environment = os.environ | {"WORKBENCH_RUNS": str(runs), "WORKBENCH_PLUGINS": plugins}
    settings = _SETTINGS | {"server.port": str(port), "server.address": address}
    command = [sys.executable, "-m", "app.serve", "run", str(files("app") / "main.py")]
    command += [part for key, value in settings.items() for part in (f"--{key}", value)]
    say(f"http://{address}:{port}  (Ctrl-C ends it)")
    try:
        code = subprocess.run(command, env=environment, check=False).returncode
    except KeyboardInterrupt as stop:  # The server is ended by then.
        if stop_code(stop) == 128 + signal.SIGINT:
            return
        raise
    raise typer.Exit(code)


def report(run_folder: RunFolder) -> None:
    """Write figures, tables, page and model cards of a run, or the page of a comparison."""
    from workbench.reporting.cards.model import write_cards
    from workbench.reporting.pages.comparison import write_comparison
    from workbench.reporting.pages.run import write_report
    from workbench.runs.folder import COMPARISON, load_run

    if (run_folder / COMPARISON).is_file():
        say(write_comparison(run_folder).page)
        return
    page = write_report(load_run(run_folder).folder)
    write_cards(run_folder)
    say(page)


def check(
    folder: Annotated[Path, typer.Argument(help="Run, comparison, or folder of runs.")],
) -> None:
    """Hold every file of a run against the hash that was taken when it was written.

    Exit with code 0 if all are as they were written, else 1.
    """
    from workbench.runs.check import check_runs

    checked = check_runs(folder)
    warn(*checked.wrong)
    if checked.wrong:
        raise typer.Exit(1)
    say(f"{checked.files:,} files of {checked.runs:,} run(s) are as they were written")


def tables(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, folders of runs, or a comparison.")],
    out: Annotated[Path, typer.Option("--out", help="Folder; the tables go to its folder tables/.")],
) -> None:
    """Write the tables of runs of one data set as CSV, LaTeX, Markdown and HTML."""
    from workbench.reporting.tables.of_runs import paper_tables
    from workbench.runs.many import load_runs

    made, lacking = paper_tables(load_runs(runs))
    say(*(table.write(out)[1] for table in made))
    warn(*(f"left out: {line}" for line in lacking))


def config(
    kind: Annotated[Kind, typer.Argument(help="Of which command's configuration.")] = "run",
    schema: Annotated[
        bool, typer.Option("--schema", help="As a JSON schema, for an editor of YAML.")
    ] = False,
) -> None:
    """Show every key of a configuration: what it takes, its default, what it does."""
    from workbench.config.describing import configuration_class, json_schema, sections_of

    if schema:
        say(json.dumps(json_schema(kind), indent=2, ensure_ascii=False))
        return
    for section in sections_of(configuration_class(kind)):
        say(f"# {section.name or kind}: {section.about}")
        for key in section.keys:
            say(f"{key.name}: {key.default}", f"    {key.takes}. {key.meaning}".rstrip())
        say("")
