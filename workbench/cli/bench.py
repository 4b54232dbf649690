"""The command `workbench bench`: every model on the same texts, by the stopwatch."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import TEXTS, Longest, TooLong
from workbench.cli.terminal import ERR, OUT, numbers
from workbench.errors import InputError


def bench(
    run_folder: Annotated[Path | None, typer.Option("--run", help="A run: all its models.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="A model folder, `packaged`, or a hub name.")
    ] = None,
    texts: Annotated[str | None, TEXTS] = None,
    limit: Annotated[int, typer.Option("--limit", help="Time this many texts.")] = 256,
    batch: Annotated[str, typer.Option("--batch", help="Batch sizes.")] = "1,8,32,128",
    rounds: Annotated[int, typer.Option("--rounds", help="Rounds; in each, all run in turn.")] = 5,
    max_tokens: Longest = None,
    too_long: TooLong = "windows",
    device: Annotated[str, typer.Option("--device", help="cpu or cuda.")] = "cpu",
    bfloat16: Annotated[
        bool, typer.Option("--bfloat16", help="Time every model in bfloat16 as well.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write; default: the run, or runs/bench.")
    ] = None,
) -> None:
    """Time the stock model, our dense one and every pruned one on the same texts."""
    from workbench.cli.console import ConsoleReporter, frame_table
    from workbench.pipeline.bench.run import BenchOptions, prepare
    from workbench.pipeline.bench.run import bench as measure
    from workbench.reporting.pages.bench import write_bench

    if (run_folder is None) == (model is None):
        raise InputError("bench needs either --run or --model")
    options = BenchOptions(
        run_folder=run_folder,
        model=model,
        texts=texts,
        limit=limit,
        batch_sizes=numbers("--batch", batch, "1,8,32"),
        rounds=rounds,
        max_tokens=max_tokens,
        too_long=too_long,
        device=device,
        bfloat16=bfloat16,
        out=out,
    )
    reporter = ConsoleReporter(ERR)
    prepared = prepare(options, reporter)
    with reporter:
        reporter.stage("bench", False)
        measure(
            prepared,
            options,
            lambda done: reporter.progress(done, len(options.batch_sizes), {}),
        )
    table, lines = write_bench(prepared.folder, prepared.split)
    OUT.print(frame_table(table.shown))
    for line in lines:
        OUT.print(line, highlight=False, soft_wrap=True)
