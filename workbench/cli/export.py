"""What leaves a run: `workbench export`, a model for other programs; `workbench reproduce`, a proof."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.terminal import ERR, OUT, resumable


def export(
    run_folder: Annotated[Path, typer.Option("--run", help="A run folder.")],
    method: Annotated[str, typer.Option("--method", help="A trained method.")],
    to: Annotated[Path, typer.Option("--to", help="The folder to write, new or empty.")],
    push_to_hub: Annotated[
        str | None, typer.Option("--push-to-hub", help="Upload it under this name, such as me/model.")
    ] = None,
    public: Annotated[
        bool, typer.Option("--public/--private", help="Whether a new hub repository is for all to see.")
    ] = False,
) -> None:
    """Write a model that transformers loads by itself: AutoModelForSequenceClassification.

    A dense or DistilBERT model is an ordinary BERT classifier; any other needs `import workbench` first,
    and then drops its tokens. Its cards go with it. The hub asks for its own login (`hf auth login`).
    """
    from workbench.pipeline.export import check_hub, export_model, push
    from workbench.reporting.cards.model import write_card
    from workbench.runs.folder import load_run

    found = load_run(run_folder)
    if push_to_hub is not None:
        check_hub(push_to_hub)
    export_model(found, method, to, lambda folder: write_card(run_folder, method, folder))
    OUT.print(str(to), highlight=False, soft_wrap=True)
    if push_to_hub is not None:
        OUT.print(push(to, push_to_hub, public=public), highlight=False, soft_wrap=True)


def reproduce(
    folder: Annotated[Path, typer.Argument(help="A finished run folder.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the run goes; default: FOLDER-again.")
    ] = None,
) -> None:
    """Run a run's recorded configuration again and print what differs.

    Exit code 0 if all numbers but those of a clock are equal up to rounding, else 1.
    """
    from workbench.cli.console import ConsoleReporter
    from workbench.pipeline.reproduce import check_again, finished_run
    from workbench.pipeline.reproduce import reproduce as make_again
    from workbench.reporting.cards.model import write_cards

    run = finished_run(folder)
    out = folder.with_name(f"{folder.resolve().name}-again") if out is None else out
    check_again(run, out)
    with resumable():
        found = make_again(run, out, ConsoleReporter(ERR), write_cards)
    told = {
        "numbers that differ": found.numbers,
        "surroundings that differ": found.surroundings,
        "timings (expected to differ)": found.timings,
    }
    for title, lines in told.items():
        if lines:
            OUT.print(f"{title}:", highlight=False)
        for line in lines:
            OUT.print(f"- {line}", highlight=False, soft_wrap=True)
    verdict = "not the same" if found.numbers else "the same"
    OUT.print(
        f"{verdict}: {found.compared:,} numbers compared; the run made again is in {out}",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    if found.numbers:
        raise typer.Exit(1)
