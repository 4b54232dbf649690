"""`workbench explain`: one text, layer by layer."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import Method, RunFolder, Target, names
from workbench.cli.terminal import OUT
from workbench.errors import InputError


def explain(
    text: Annotated[str, typer.Argument(help="Text to classify.")],
    run_folder: RunFolder,
    method: Method = "adapler",
    second: Annotated[
        str | None, typer.Option("--second", help="Second text, for a model of pairs.")
    ] = None,
    scorers: Annotated[
        str,
        typer.Option(
            "--scorers", help="Show these side by side, such as saliency,alti; default: its own."
        ),
    ] = "",
    layer: Annotated[
        int | None, typer.Option("--layer", help="Layer to show with --scorers; default: the last.")
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

    run = load_run(run_folder)
    model, tokenizer = load_classifier(run.model_folder(method))
    if (layer is not None or target is not None) and not scorers:
        raise InputError("--layer and --target need --scorers")
    if layer is not None:
        check_layers([layer], model.layers)
    # In windows as long as those the run trained on and predicted with.
    explained = explain_text(
        model, tokenizer, text, second=second, max_tokens=run.config.data.max_tokens,
        scorers=names(scorers), options=Options(target=target),
    )  # fmt: skip
    if scorers:
        OUT.print(side_by_side(explained, model.layers - 1 if layer is None else layer))
    else:
        for record in explained.records:
            OUT.print(explanation_table(explained, record))
    records = explained.stitched()
    save_explained(explained.predicted, explained.probabilities, records, html=html, json=json)
