"""What a model says of texts: `workbench predict`, `ask`, `explain` and `attribute`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import Against, Strict, Target, end_strictly
from workbench.cli.terminal import ERR, OUT, say
from workbench.errors import InputError
from workbench.pipeline.requests import AskRequest, AttributeRequest, PredictRequest


@dataclass(frozen=True)
class Explanation:
    """Which model explains, and what is shown of it."""

    run: Path
    """Run folder."""
    method: str = "adapler"
    """Trained method of the run."""
    second: str | None = None
    """Second text, for a model of pairs."""
    scorers: Sequence[str] = ()
    """Show these scorers side by side, such as saliency,alti; default: the model's own."""
    layer: int | None = None
    """Layer to show with --scorers; default: the last."""
    html: Path | None = None
    """Save as a page."""
    json: Path | None = None
    """Save as JSON."""


def explain(
    text: Annotated[str, typer.Argument(help="Text to classify.")],
    how: Explanation,
    target: Target = None,
    against: Against = None,
    strict: Strict = False,
) -> None:
    """Show the tokens of a text, or of a pair, layer by layer; dropped ones are struck out."""
    from workbench.attribution.options import Options, check_layers
    from workbench.cli.console import explanation_table, side_by_side
    from workbench.inference.explain import explain_text
    from workbench.models.classifier import load_classifier
    from workbench.reporting.pages.explained import save_explained
    from workbench.runs.folder import load_run

    run = load_run(how.run)
    model, tokenizer = load_classifier(run.model_folder(how.method))
    if any(given is not None for given in (how.layer, target, against)) and not how.scorers:
        raise InputError("--layer, --target and --against need --scorers")
    layer = model.layers - 1 if how.layer is None else how.layer
    check_layers([layer], model.layers)
    # In windows as long as those the run trained on and predicted with.
    explained = explain_text(
        model, tokenizer, text, second=how.second, max_tokens=run.config.data.max_tokens,
        scorers=how.scorers, options=Options(target=target, against=against),
        segmenter=run.config.data.segmenter,
    )  # fmt: skip
    if how.scorers:
        OUT.print(side_by_side(explained, layer))
    else:
        for record in explained.records:
            OUT.print(explanation_table(explained, record))
    records = explained.stitched()
    save_explained(
        explained.predicted,
        explained.said,
        explained.probabilities,
        records,
        html=how.html,
        json=how.json,
    )
    missed = [f"{explained.unlike} (--second)"] if explained.unlike else []
    end_strictly(missed, strict=strict)


def predict(request: PredictRequest) -> None:
    """Classify texts: a line of JSON for each, with probabilities, tokens per layer and FLOPs."""
    from workbench.cli.console import ConsoleReporter
    from workbench.pipeline.predict import predict as classify_all

    written = classify_all(request, ConsoleReporter(ERR))
    say(f"{request.out}: {written:,} texts")


def ask(request: AskRequest) -> None:
    """Answer the questions of a file: with the answer its place, scores, tokens per layer and FLOPs."""
    from workbench.cli.console import ConsoleReporter
    from workbench.pipeline.ask import ask as answer_all

    written = answer_all(request, ConsoleReporter(ERR))
    say(f"{request.out}: {written:,} answers")


def attribute(request: AttributeRequest, strict: Strict = False) -> None:
    """Score texts with any scorers; texts that already have scores are skipped."""
    from workbench.cli.console import ConsoleReporter, frame_table
    from workbench.pipeline.attribute import attribute as score
    from workbench.pipeline.attribute import cost_frame

    reporter = ConsoleReporter(ERR)
    folder, tallies = score(request, reporter)
    OUT.print(frame_table(cost_frame({name: tallies[name] for name in request.scorers})))
    say(f"scores: {folder / 'scores'}")
    end_strictly(reporter.short, strict=strict, told=True)
