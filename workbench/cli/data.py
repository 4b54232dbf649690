"""The commands about corpora: `workbench data list|fetch|check|plant`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from workbench.cli.options import Overrides, Source
from workbench.cli.terminal import OUT, say


def data_list() -> None:
    """List the corpora that need no hub, and whether they are here."""
    from rich.table import Table

    from workbench.data.sources import sources

    table = Table("source", "here", "what it is", "how", box=None)
    for source in sources().values():
        table.add_row(source.name, "yes" if source.present else "no", source.description, source.how)
    OUT.print(table)


def data_fetch(
    name: Annotated[str, typer.Argument(help="Name that `data list` shows as fetchable.")],
    address: Annotated[
        str | None, typer.Option("--address", help="Fetch from this http, https or file address.")
    ] = None,
) -> None:
    """Download a corpus into the cache and check it against known hashes."""
    from workbench.data.fetch import fetch

    say(fetch(name, address=address))


def data_check(source: Source, overrides: Overrides = None) -> None:
    """Read a whole corpus and print its data card; exit 2 at the first thing that is wrong."""
    from workbench.data.cards import data_card
    from workbench.data.corpus import load_corpus
    from workbench.data.sources import data_settings

    card = data_card(load_corpus(data_settings(source, overrides)))
    say(
        f"{card.name}; rationales: {card.rationales}",
        "",
        card.splits.T.map("{:g}".format).to_string(),
        "",
        card.classes.to_string(),
        "",
        "shared by two splits:",
        card.leaks.to_string(index=False),
        "",
        *(f"- {note}" for note in card.notes),
    )


def data_plant(
    source: Source,
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")],
    kind: Annotated[
        Literal["token", "context", "pair"],
        typer.Option("--kind", help="One token per class, a token in context, or an ordered pair."),
    ] = "token",
    tokens: Annotated[
        str | None, typer.Option("--tokens", help="One word per class; default: qqa,qqb,...")
    ] = None,
    context: Annotated[
        str | None, typer.Option("--context", help="The other word of kind context; default: qqx.")
    ] = None,
    share: Annotated[float, typer.Option("--share", help="Share of texts that get a shortcut.")] = 0.5,
    decoys: Annotated[
        float | None,
        typer.Option(
            "--decoys",
            help="Share of the other texts that get a part of a shortcut, which decides nothing;"
            " default: 0.5, or 0 for kind token.",
        ),
    ] = None,
    first_words: Annotated[
        int | None, typer.Option("--first-words", help="Plant only among this many first words.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the random places.")] = 0,
    overrides: Overrides = None,
) -> None:
    """Plant words that alone decide the label, relabel by them, and write texts with rationales."""
    from workbench.data.corpus import load_corpus
    from workbench.data.rationales.planted_files import CONFIG, RECORD, write_planted
    from workbench.data.rationales.planting import Plan, default_tokens, plant
    from workbench.data.sources import data_settings
    from workbench.runs.folder import refuse_foreign

    refuse_foreign(out, RECORD, "planted")
    corpus = load_corpus(data_settings(source, overrides))
    words = default_tokens(kind, corpus.labels) if tokens is None else tuple(tokens.split(","))
    if context is None:
        context = "qqx" if kind == "context" else ""
    if decoys is None:
        decoys = 0.0 if kind == "token" else 0.5
    plan = Plan(kind, words, context, share, decoys, first_words, seed)
    record = write_planted(out, corpus, plan, plant(corpus, plan))
    say(*record["rule"], *(f"{split}: {counts}" for split, counts in record["splits"].items()))
    say(f"configuration: {out / CONFIG}")
