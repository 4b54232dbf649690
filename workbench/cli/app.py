"""The command `workbench app`: the pages over a folder of runs, in a browser."""

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from workbench.catalog.plugins import loaded_plugins
from workbench.cli.terminal import say
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
    except KeyboardInterrupt:
        return
    raise typer.Exit(code)
