"""`workbench attribute`: scores of any texts from any scorers, as Parquet."""

from workbench.cli.terminal import ERR, OUT, say
from workbench.pipeline.requests import AttributeRequest


def attribute(request: AttributeRequest) -> None:
    """Score texts with any scorers; texts that already have scores are skipped."""
    from workbench.cli.console import ConsoleReporter, frame_table
    from workbench.pipeline.attribute import attribute as score
    from workbench.pipeline.attribute import cost_frame

    folder, tallies = score(request, ConsoleReporter(ERR))
    OUT.print(frame_table(cost_frame({name: tallies[name] for name in request.scorers})))
    say(f"scores: {folder / 'scores'}")
