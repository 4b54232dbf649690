"""The command line: thin, typed functions over the library."""

import logging
import sys
import traceback
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from workbench.cli.app import app as app_command
from workbench.cli.attribute import attribute
from workbench.cli.bench import bench
from workbench.cli.compare import compare
from workbench.cli.data import data_app
from workbench.cli.export import export, reproduce
from workbench.cli.options import Target
from workbench.cli.predictions import Split, evaluate_file, export_predictions
from workbench.cli.tables import tables
from workbench.cli.terminal import ERR, OUT, Overrides, names, resumable
from workbench.config.loading import load_config, with_absolute_paths
from workbench.errors import InputError, WorkbenchError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Which tokens carry a BERT classifier's decision, layer by layer, and how many can be dropped.",
)
app.add_typer(data_app, name="data")
app.command()(compare)
app.command("app")(app_command)
app.command("export-predictions")(export_predictions)
app.command()(attribute)
app.command()(bench)
app.command()(tables)
app.command()(export)
app.command()(reproduce)

RunFolder = Annotated[Path, typer.Option("--run", help="A run folder.")]


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and the log.")] = False,
) -> None:
    """Options before the command."""
    level = logging.INFO if debug else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(name)s: %(message)s", stream=sys.stderr)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Where the run goes.")] = Path("runs/demo"),
    overrides: Overrides = None,
) -> None:
    """Train, prune and evaluate on packaged movie reviews: 10 to 20 minutes on two cores."""
    run(Path(str(files("workbench.config") / "presets" / "demo.yaml")), out, overrides)


@app.command()
def run(
    config: Annotated[Path, typer.Argument(help="A YAML configuration.")],
    out: Annotated[Path | None, typer.Option("--out", help="Run folder; default runs/<name>.")] = None,
    overrides: Overrides = None,
) -> None:
    """Train and evaluate what a configuration describes; goes on where a killed run stopped."""
    from workbench.cli.console import ConsoleReporter
    from workbench.pipeline import Job, Reporter, evaluate_run, this_process, train_run
    from workbench.reporting.pages.run import write_report
    from workbench.runs.folder import create_run

    settings = with_absolute_paths(load_config(config, overrides))
    process = this_process()
    with process.main_process_first():
        created = create_run(out or Path("runs") / settings.name, settings)
    reporter = ConsoleReporter(ERR) if process.is_main_process else Reporter()
    job = Job(created, settings, reporter)
    with resumable(), job.reporter:
        train_run(job)
        if not process.is_main_process:
            return
        evaluate_run(job)
        job.reporter.stage("report", False)
        report = write_report(job.run.folder)
        job.reporter.progress(1, 1, {})
    _summary(job.run.folder)
    OUT.print(f"report: {report}", highlight=False, soft_wrap=True)


@app.command()
def evaluate(
    run_folder: Annotated[Path | None, typer.Option("--run", help="A run folder.")] = None,
    predictions: Annotated[
        Path | None, typer.Option("--predictions", help="A file in ERASER's prediction format.")
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", help="Its texts, named as for `data check`.")
    ] = None,
    split: Annotated[
        Split | None, typer.Option("--split", help="Whose texts were predicted; default: test.")
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Judge the texts that both have.")] = False,
    absolute: Annotated[
        bool, typer.Option("--absolute", help="Take the sizes of signed scores.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="A folder for the tables.")] = None,
    overrides: Overrides = None,
) -> None:
    """Predict, score and measure again with the models of a run, or judge scores computed elsewhere.

    All options but --run belong to --predictions.
    """
    if predictions is not None and data is not None and run_folder is None:
        chosen = split or "test"
        evaluate_file(predictions, data, chosen, out, overrides, partial=partial, absolute=absolute)
        return
    others = (predictions, data, split, out, overrides, partial, absolute)
    if run_folder is None or any(others):
        raise InputError("evaluate needs either --run alone, or --predictions with --data")
    from workbench.cli.console import ConsoleReporter
    from workbench.pipeline import Job, evaluate_run
    from workbench.runs.folder import load_run

    found = load_run(run_folder)
    job = Job(found, found.config, ConsoleReporter(ERR))
    with job.reporter:
        evaluate_run(job, again=True)
    _summary(run_folder)


@app.command()
def report(run_folder: RunFolder) -> None:
    """Write figures, tables, the page and the models' cards of a run, or the page of a comparison."""
    from workbench.reporting.cards.model import write_cards
    from workbench.reporting.pages.comparison import write_comparison
    from workbench.reporting.pages.run import write_report
    from workbench.runs.folder import COMPARISON, load_run

    if (run_folder / COMPARISON).is_file():
        page = write_comparison(run_folder).page
    else:
        page = write_report(load_run(run_folder).folder)
        write_cards(run_folder)
    OUT.print(str(page), highlight=False, soft_wrap=True)


@app.command()
def explain(
    text: Annotated[str, typer.Argument(help="The text to classify.")],
    run_folder: RunFolder,
    method: Annotated[str, typer.Option("--method", help="A trained method.")] = "adapler",
    second: Annotated[
        str | None, typer.Option("--second", help="The second text, for a model of pairs.")
    ] = None,
    scorers: Annotated[
        str, typer.Option("--scorers", help="Side by side, such as saliency,alti; default: its own.")
    ] = "",
    layer: Annotated[
        int | None, typer.Option("--layer", help="Whose scores stand side by side; default: the last.")
    ] = None,
    target: Target = None,
    html: Annotated[Path | None, typer.Option("--html", help="Save as a page.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Save as JSON.")] = None,
) -> None:
    """Show the tokens of a text, or of a pair, layer by layer; dropped ones are struck out."""
    from workbench.attribution.options import Options, check_layers
    from workbench.cli.console import explanation_table, side_by_side
    from workbench.inference.explain import explain_text
    from workbench.models.classifier import load_classifier
    from workbench.reporting.pages.explained import save_explained
    from workbench.runs.folder import load_run

    found = load_run(run_folder)
    model, tokenizer = load_classifier(found.model_folder(method))
    if (layer is not None or target is not None) and not scorers:
        raise InputError("--layer and --target need --scorers")
    if layer is not None:
        check_layers([layer], model.layers)
    # In windows as long as those the run trained on and predicted with.
    explained = explain_text(
        model, tokenizer, text, second=second, max_tokens=found.config.data.max_tokens,
        scorers=names(scorers), options=Options(target=target),
    )  # fmt: skip
    if scorers:
        OUT.print(side_by_side(explained, model.layers - 1 if layer is None else layer))
    else:
        for record in explained.records:
            OUT.print(explanation_table(explained, record))
    records = explained.stitched()
    save_explained(explained.predicted, explained.probabilities, records, html=html, json=json)


def _summary(folder: Path) -> None:
    from workbench.metrics.classification import judged_by
    from workbench.runs.folder import load_run

    found = load_run(folder)
    quality = found.metrics("classification")
    speed = found.metrics("efficiency")
    metric = judged_by(quality)
    table = Table(
        "method", "split", metric, "95 % interval", "FLOPs speed-up", "measured vs stock", box=None
    )
    for row in quality[quality["metric"] == metric].itertuples():
        own = speed[(speed["method"] == row.method) & (speed["split"] == row.split)]
        flops = own.loc[own["quantity"] == "flops_speedup_unpadded", "value"]
        measured = own[own["quantity"] == "speedup_vs_hf"].sort_values("batch_size")
        table.add_row(
            str(row.method),
            str(row.split),
            f"{row.value:.3f}",
            f"{row.ci_low:.3f} to {row.ci_high:.3f}",
            f"{flops.iloc[0]:.2f}x" if len(flops) else "",
            ", ".join(f"{r.value:.2f}x at batch {r.batch_size}" for r in measured.itertuples()),
        )
    OUT.print(table)


def main() -> None:
    """Entry point: exit 0 on success, 2 for wrong use or input, 1 for failure, one line of error."""
    debug = "--debug" in sys.argv
    try:
        app()
    except WorkbenchError as error:
        sys.exit(_fail(error, debug, 2 if isinstance(error, InputError) else 1))
    except Exception as error:
        sys.exit(_fail(error, debug, 1))


def _fail(error: Exception, debug: bool, code: int) -> int:
    if debug:
        traceback.print_exc()
    kind = "" if isinstance(error, WorkbenchError) else f"{type(error).__name__}: "
    line = " ".join(f"{kind}{error}".split())
    print(f"error: {line}", file=sys.stderr)  # noqa: T201 - rich would wrap the line
    return code


if __name__ == "__main__":
    main()
