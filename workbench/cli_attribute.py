"""`workbench attribute`: scores of any texts from any scorers, as Parquet."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from workbench.terminal import ERR, OUT, names, numbers, resumable

Target = Annotated[
    str | None,
    typer.Option("--target", help="Class explained: predicted (default), gold, or a class name."),
]
Explains = Annotated[
    Literal["logit", "probability"] | None, typer.Option("--output", help="What of it is explained.")
]
Sign = Annotated[
    Literal["signed", "absolute"] | None, typer.Option("--sign", help="Sizes, or as they are.")
]
Units = Annotated[
    Literal["token", "word", "sentence"] | None, typer.Option("--granularity", help="What gets a score.")
]
Rows = Annotated[str | None, typer.Option("--layers", help="Layers to score, such as 0,3,5.")]
Nothing = Annotated[
    Literal["pad", "mask", "zero"] | None, typer.Option("--baseline", help="What stands for no word.")
]


def attribute(
    texts: Annotated[
        str,
        typer.Option(
            "--texts", help="imdb, rotten-tomatoes, or a .txt, CSV, JSONL or Parquet file of texts."
        ),
    ],
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
    baseline: Nothing = None,
    steps: Annotated[int | None, typer.Option("--steps", help="Points of integrated gradients.")] = None,
    samples: Annotated[int | None, typer.Option("--samples", help="Noisy or perturbed copies.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of everything drawn at random.")] = 0,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Windows per batch, at most.")] = 32,
    memory: Annotated[int, typer.Option("--memory", help="Megabytes for a batch, roughly.")] = 512,
    max_tokens: Annotated[
        int | None, typer.Option("--max-tokens", help="Longest window; default: the run's or model's.")
    ] = None,
    too_long: Annotated[
        Literal["windows", "refuse"], typer.Option("--too-long", help="What to do with longer texts.")
    ] = "windows",
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
    from workbench.console import ConsoleReporter, frame_table
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
