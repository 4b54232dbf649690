"""`workbench bench`: every model on the same texts, by the stopwatch."""

from workbench.cli.terminal import ERR, OUT, say
from workbench.errors import InputError
from workbench.pipeline.requests import BenchRequest


def bench(request: BenchRequest) -> None:
    """Time the stock model, our dense one and every pruned one on the same texts."""
    from workbench.cli.console import ConsoleReporter, frame_table
    from workbench.pipeline.bench.run import bench as measure
    from workbench.pipeline.bench.run import prepare
    from workbench.reporting.pages.bench import write_bench

    if (request.run is None) == (request.model is None):
        raise InputError("bench needs either --run or --model")
    reporter = ConsoleReporter(ERR)
    prepared = prepare(request, reporter)
    with reporter:
        reporter.stage("bench", False)
        measure(prepared, request, lambda done: reporter.progress(done, len(request.batch), {}))
    table, lines = write_bench(prepared.folder, prepared.split)
    OUT.print(frame_table(table.shown))
    say(*lines)
