"""Options that several commands take."""

from typing import Annotated, Literal

import typer

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
Baseline = Annotated[
    Literal["pad", "mask", "zero"] | None, typer.Option("--baseline", help="What stands for no word.")
]
Longest = Annotated[
    int | None, typer.Option("--max-tokens", help="Longest window; default: the run's or model's.")
]
TooLong = Annotated[
    Literal["windows", "refuse"], typer.Option("--too-long", help="What to do with longer texts.")
]
TEXTS = typer.Option(
    "--texts", help="imdb, rotten-tomatoes, or a .txt, CSV, JSONL or Parquet file of texts."
)
"""Not a whole annotation: one command needs texts, another has a run's."""
