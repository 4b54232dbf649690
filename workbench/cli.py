"""The command line: thin, typed functions over the library."""

import logging
import sys
import traceback
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from workbench.config import (
    DataSettings,
    apply_overrides,
    load_config,
    parse_config,
    with_absolute_paths,
)
from workbench.errors import InputError, WorkbenchError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Which tokens carry a BERT classifier's decision, layer by layer, and how many can be dropped.",
)
data_app = typer.Typer(no_args_is_help=True, help="Corpora: what there is, fetching, checking.")
app.add_typer(data_app, name="data")
# Paths, labels and hints may hold square brackets: nothing we print is markup.
OUT = Console(markup=False, emoji=False)
ERR = Console(markup=False, emoji=False, stderr=True)

RunFolder = Annotated[Path, typer.Option("--run", help="A run folder.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", help="Change a key: --set adapler.phi=0.01")
]


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
    """Train, prune and evaluate on packaged movie reviews: a few minutes on two cores."""
    run(Path(str(files("workbench") / "configs" / "demo.yaml")), out, overrides)


@app.command()
def run(
    config: Annotated[Path, typer.Argument(help="A YAML configuration.")],
    out: Annotated[Path | None, typer.Option("--out", help="Run folder; default runs/<name>.")] = None,
    overrides: Overrides = None,
) -> None:
    """Train and evaluate what a configuration describes; goes on where a killed run stopped."""
    from workbench.console import ConsoleReporter
    from workbench.pipeline import Job, Reporter, evaluate_run, this_process, train_run
    from workbench.reporting.report import write_report
    from workbench.runs import create_run

    settings = with_absolute_paths(load_config(config, overrides))
    process = this_process()
    with process.main_process_first():
        created = create_run(out or Path("runs") / settings.name, settings)
    reporter = ConsoleReporter(ERR) if process.is_main_process else Reporter()
    job = Job(created, settings, reporter)
    try:
        with job.reporter:
            train_run(job)
            if not process.is_main_process:
                return
            evaluate_run(job)
            job.reporter.stage("report", False)
            report = write_report(job.run.folder)
            job.reporter.progress(1, 1, {})
    except KeyboardInterrupt:
        ERR.print("interrupted: the same command goes on from the last checkpoint")
        raise typer.Exit(130) from None
    _summary(job.run.folder)
    OUT.print(f"report: {report}", highlight=False, soft_wrap=True)


@app.command()
def evaluate(run_folder: RunFolder) -> None:
    """Predict, score and measure again with the models of a run."""
    from workbench.console import ConsoleReporter
    from workbench.pipeline import Job, evaluate_run
    from workbench.runs import load_run

    found = load_run(run_folder)
    job = Job(found, found.config, ConsoleReporter(ERR))
    with job.reporter:
        evaluate_run(job, again=True)
    _summary(run_folder)


@app.command()
def report(run_folder: RunFolder) -> None:
    """Write figures, tables and report.html from what a run has measured."""
    from workbench.reporting.report import write_report
    from workbench.runs import load_run

    OUT.print(str(write_report(load_run(run_folder).folder)), highlight=False, soft_wrap=True)


@app.command()
def explain(
    text: Annotated[str, typer.Argument(help="The text to classify.")],
    run_folder: RunFolder,
    method: Annotated[str, typer.Option("--method", help="dense, adapler or top.")] = "adapler",
) -> None:
    """Show the tokens of a text layer by layer; dropped ones are struck out."""
    from workbench.console import explanation_table
    from workbench.explaining import explain_text
    from workbench.models.classifier import load_classifier
    from workbench.runs import load_run

    found = load_run(run_folder)
    model, tokenizer = load_classifier(found.model_folder(method))
    # In windows as long as those the run trained on and predicted with.
    explained = explain_text(model, tokenizer, text, max_tokens=found.config.data.max_tokens)
    for record in explained.records:
        OUT.print(explanation_table(explained, record))


@data_app.command("list")
def data_list() -> None:
    """The corpora that need no hub, and whether they are here."""
    from workbench.data.sources import available

    table = Table("source", "here", "what it is", "how", box=None)
    for source in available():
        table.add_row(source.name, "yes" if source.present else "no", source.description, source.how)
    OUT.print(table)


@data_app.command("fetch")
def data_fetch(
    name: Annotated[str, typer.Argument(help="A name that `data list` shows as fetchable.")],
    address: Annotated[str | None, typer.Option("--address", help="Fetch from here instead.")] = None,
) -> None:
    """Download a corpus into the cache and check it against known hashes."""
    from workbench.data.fetch import fetch

    OUT.print(str(fetch(name, address=address)), highlight=False, soft_wrap=True)


@data_app.command("check")
def data_check(
    source: Annotated[
        str,
        typer.Argument(
            help="A source name, a file, a folder or archive in ERASER's layout, or a config."
        ),
    ],
    overrides: Overrides = None,
) -> None:
    """Read a corpus whole and print its data card; exit 2 with the first thing that is wrong."""
    from workbench.data.cards import data_card
    from workbench.data.corpora import load_corpus

    card = data_card(load_corpus(_data_settings(source, overrides)))
    lines = [
        f"{card.name}; rationales: {card.rationales}",
        "",
        card.splits.T.map("{:g}".format).to_string(),
        "",
    ]
    lines += [card.classes.to_string(), "", *(f"- {note}" for note in card.notes)]
    if card.leaks["texts"].any():
        lines += ["- texts that two splits share:", card.leaks.to_string(index=False)]
    OUT.print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)


def _data_settings(source: str, overrides: list[str] | None) -> DataSettings:
    """What `data check` was pointed at: a configuration, a built-in source, a file, or ERASER data."""
    path = Path(source)
    if path.suffix in {".yaml", ".yml"}:
        return load_config(path, overrides).data
    if source in {"rotten-tomatoes", "imdb"}:
        data: dict[str, str] = {"source": source}
    elif source == "eraser-movies":
        data = {"source": "eraser", "rationales": "annotated"}
    elif path.suffix in {".csv", ".tsv", ".jsonl", ".parquet"}:
        data = {"source": "file", "path": source, "rationales": "none"}
    else:
        data = {"source": "eraser", "path": source, "rationales": "annotated"}
    return parse_config(apply_overrides({"data": data}, overrides or []), source).data


def _summary(folder: Path) -> None:
    from workbench.runs import load_run

    found = load_run(folder)
    quality = found.metrics("classification")
    speed = found.metrics("efficiency")
    table = Table(
        "method", "split", "accuracy", "95 % interval", "FLOPs speed-up", "measured vs stock", box=None
    )
    for row in quality[quality["metric"] == "accuracy"].itertuples():
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
