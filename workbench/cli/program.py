"""The program `workbench`: its commands, and how it ends."""

import logging
import sys
import traceback
from importlib import metadata
from typing import Annotated, Any

import typer
from typer.rich_utils import rich_format_error

from workbench.cli.compare import compare
from workbench.cli.data import data_check, data_convert, data_fetch, data_list, data_plant
from workbench.cli.evaluate import bench, evaluate
from workbench.cli.explain import ask, attribute, explain, predict
from workbench.cli.export import export, export_predictions
from workbench.cli.options import add_command, foreseen
from workbench.cli.scores import check_file, evaluate_file
from workbench.cli.show import app as show_app
from workbench.cli.show import check, config, report, tables
from workbench.cli.systems import answer, tag
from workbench.cli.terminal import make_printable, say, visible
from workbench.cli.train import demo, reproduce, run
from workbench.errors import InputError, WorkbenchError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Which tokens carry a text classifier's decision, layer by layer, and how many can be dropped.",
)
data_app = typer.Typer(no_args_is_help=True, help="List, fetch, check, convert and plant corpora.")
scores_app = typer.Typer(no_args_is_help=True, help="Check and judge scores of other programs.")
RESUMABLE = "interrupted; the same command resumes from the last checkpoint"
"""The last line of a command that Ctrl-C or SIGTERM ended and that keeps what is done."""
WRONG_USE: Any = typer.BadParameter.__mro__[2]
"""What typer raises for wrong use; it has no public name."""
LONGEST_LINE = 3000
"""Characters of an error's line that are printed."""

for command in (demo, run, compare, reproduce, answer, tag):
    add_command(app, command, group="Train and evaluate", interrupted=RESUMABLE)
add_command(app, evaluate, group="Train and evaluate")
add_command(app, bench, group="Train and evaluate")
add_command(app, explain, group="Explain texts")
add_command(app, predict, group="Explain texts")
add_command(app, ask, group="Explain texts")
add_command(app, attribute, group="Explain texts", interrupted=RESUMABLE)
add_command(app, report, group="Show results")
add_command(app, tables, group="Show results")
add_command(app, check, group="Show results")
add_command(app, show_app, "app", group="Show results")
add_command(app, config, group="Train and evaluate")
add_command(app, export, group="Data and other programs")
add_command(app, export_predictions, "export-predictions", group="Data and other programs")
app.add_typer(data_app, name="data", rich_help_panel="Data and other programs")
add_command(data_app, data_list, "list", plugins=False)
add_command(data_app, data_fetch, "fetch", plugins=False)
add_command(data_app, data_check, "check")
add_command(data_app, data_convert, "convert")
add_command(data_app, data_plant, "plant")
app.add_typer(scores_app, name="scores", rich_help_panel="Data and other programs")
add_command(scores_app, check_file, "check")
add_command(scores_app, evaluate_file, "evaluate")


def _version(asked: bool) -> None:
    if asked:
        say(f"workbench {metadata.version('rationale-workbench')}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and the log.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and end.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Set what holds for every command."""
    level = logging.INFO if debug else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(name)s: %(message)s", stream=sys.stderr)


def run_program() -> int:
    """Run the command that the arguments name; its exit code."""
    debug = "--debug" in sys.argv
    make_printable()
    try:
        return app(prog_name="workbench", standalone_mode=False) or 0
    except typer.Abort:
        return 1
    except Exception as error:
        if debug:
            traceback.print_exc()
        if isinstance(error, WRONG_USE):
            error.message = visible(error.message)
            rich_format_error(error)
            return error.exit_code
        error = foreseen(error)
        line = " ".join(_sentence(error).split())
        print(f"error: {visible(line[:LONGEST_LINE])}", file=sys.stderr)  # noqa: T201 - rich would wrap it
        return 2 if isinstance(error, InputError) else 1


def _sentence(error: Exception) -> str:
    """What is said of an error; one that nobody foresaw tells its kind, and the plug-in it is from."""
    if isinstance(error, WorkbenchError):
        return str(error)
    from workbench.catalog.plugins import failing_plugin

    place = failing_plugin(error)
    return f"{place}: {type(error).__name__}: {error}".removeprefix(": ")
