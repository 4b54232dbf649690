"""`workbench attribute`: scores of any texts from any scorers, as Parquet."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import (
    TEXTS,
    Baseline,
    Explains,
    Longest,
    Rows,
    Sign,
    Target,
    TooLong,
    Units,
)
from workbench.cli.terminal import ERR, OUT, names, numbers, resumable


def attribute(
    texts: Annotated[str, TEXTS],
    scorers: Annotated[str, typer.Option("--scorers", help="Names, such as saliency,alti,attention@3.")],
    run_folder: Annotated[Path | None, typer.Option("--run", help="A run: each scorer's model.")] = None,
    model: Annotated[Path | None, typer.Option("--model", help="A model folder.")] = None,
    method: Annotated[
        str | None, typer.Option("--method", help="The run's model to explain; default: as they need.")
    ] = None,
    target: Target = None,
    output: Explains = None,
    sign: Sign = None,
    granularity: Units = None,
    layers: Rows = None,
    baseline: Baseline = None,
    steps: Annotated[int | None, typer.Option("--steps", help="Points of integrated gradients.")] = None,
    samples: Annotated[int | None, typer.Option("--samples", help="Noisy or perturbed copies.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of everything drawn at random.")] = 0,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Windows per batch, at most.")] = 32,
    memory: Annotated[int, typer.Option("--memory", help="Megabytes for a batch, roughly.")] = 512,
    max_tokens: Longest = None,
    too_long: TooLong = "windows",
    limit: Annotated[int | None, typer.Option("--limit", help="Score this many texts.")] = None,
    id_column: Annotated[
        str | None, typer.Option("--id-column", help="A table's column of text ids.")
    ] = None,
    text_column: Annotated[
        str | None, typer.Option("--text-column", help="A table's column of texts; default: text.")
    ] = None,
    label_column: Annotated[
        str | None,
        typer.Option("--label-column", help="A table's column of classes, for --target gold."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Default: attribute/ in the run, or runs/attribute.")
    ] = None,
) -> None:
    """Score texts with any scorers; goes on with the texts that are not there yet."""
    from workbench.attribution.options import Options
    from workbench.cli.console import ConsoleReporter, frame_table
    from workbench.pipeline.attribute import Request, cost_frame
    from workbench.pipeline.attribute import attribute as score

    options = Options(
        target=target,
        output=output,
        sign=sign,
        granularity=granularity,
        layers=None if layers is None else tuple(numbers("--layers", layers, "0,3,5")),
        baseline=baseline,
        steps=steps,
        samples=samples,
        seed=seed,
        batch_size=batch_size,
        memory_mb=memory,
    )
    request = Request(
        texts=texts,
        scorers=names(scorers),
        run=run_folder,
        model=model,
        method=method,
        options=options,
        max_tokens=max_tokens,
        too_long=too_long,
        limit=limit,
        id_column=id_column,
        text_column=text_column,
        label_column=label_column,
        out=out,
    )
    with resumable():
        folder, tallies = score(request, ConsoleReporter(ERR))
    OUT.print(frame_table(cost_frame({name: tallies[name] for name in request.scorers})))
    OUT.print(f"scores: {folder / 'scores'}", highlight=False, soft_wrap=True)
