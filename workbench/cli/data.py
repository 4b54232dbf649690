"""The commands about corpora: `workbench data list|fetch|check|convert|plant`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import typer

from workbench.catalog.options import CorpusForm
from workbench.cli.options import Overrides, Source
from workbench.cli.terminal import OUT, say
from workbench.errors import InputError

T = TypeVar("T")
_CLASSES_ACROSS = 8
"""Classes that stand side by side in a data card; more of them are a line each."""


def data_list() -> None:
    """List what can be read: corpora, whether they are here, and the forms of your own files."""
    from rich.table import Table

    from workbench.data.recognising import sources

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


def data_check(
    source: Source,
    overrides: Overrides = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with code 2 on a warning.")] = False,
) -> None:
    """Read a whole corpus and print its data card; exit 2 at the first thing that is wrong.

    Warnings come last: what can be read, but is probably not what was meant.
    """
    from workbench.core.counts import counted
    from workbench.data.cards import data_card
    from workbench.data.corpus import load_corpus
    from workbench.data.sources import data_settings

    card = data_card(load_corpus(data_settings(source, overrides), training=False))
    say(
        f"{card.name}; rationales: {card.rationales}",
        "",
        card.splits.T.map(_number).to_string(),
        "",
        (card.classes if len(card.classes.columns) <= _CLASSES_ACROSS else card.classes.T).to_string(),
        "",
        "shared by two splits:",
        card.leaks.to_string(index=False),
        "",
        *(f"- {note}" for note in card.notes),
    )
    if card.warnings:
        say("", "warnings:", *(f"- {warning}" for warning in card.warnings))
        if strict:
            number = counted(len(card.warnings), "warning")
            raise InputError(f"{card.name}: {number}, told above, and --strict takes none")


@dataclass(frozen=True)
class Conversion:
    """Which form is written, and where."""

    to: CorpusForm
    """Form to write."""
    out: Path
    """Folder to write, new, empty or of an earlier conversion."""


def data_convert(source: Source, what: Conversion, overrides: Overrides = None) -> None:
    """Write a corpus in another form, with a configuration that reads it back; say what is not kept."""
    from workbench.data.corpus import load_corpus
    from workbench.data.sources import data_settings
    from workbench.data.writers.convert import CONFIG, RECORD, convert
    from workbench.runs.folder import refuse_foreign

    refuse_foreign(what.out, RECORD, "converted")
    settings = data_settings(source, overrides)
    corpus = load_corpus(settings, training=False)
    record = convert(corpus, settings, what.to, what.out)
    say(", ".join(f"{split} {texts:,}" for split, texts in record["splits"].items()))
    notes = [*corpus.notes, *record["notes"]]
    say(*(f"- {note}" for note in notes), f"configuration: {what.out / CONFIG}")


@dataclass(frozen=True)
class Planting:
    """What is planted, and where it is written."""

    out: Path
    """Folder to write."""
    kind: Literal["token", "context", "pair"] = "token"
    """Plant one token per class, a token in context, or an ordered pair."""
    tokens: Sequence[str] = ()
    """One word per class; default: qqa,qqb,..."""
    context: str | None = None
    """Other word of kind context; default: qqx."""
    share: float = 0.5
    """Share of texts that get a shortcut."""
    decoys: float | None = None
    """Share of the other texts that get a part of a shortcut, which decides nothing; default: 0.5, or 0
    for kind token."""
    first_words: int | None = None
    """Plant only among this many first words."""
    seed: int = 0
    """Seed of the random places."""


def data_plant(source: Source, planting: Planting, overrides: Overrides = None) -> None:
    """Plant words that alone decide the label, relabel by them, and write texts with rationales."""
    from workbench.data.corpus import load_corpus
    from workbench.data.rationales.planting import (
        CONFIG,
        RECORD,
        Plan,
        default_tokens,
        plant,
        write_planted,
    )
    from workbench.data.sources import data_settings
    from workbench.runs.folder import refuse_foreign

    refuse_foreign(planting.out, RECORD, "planted")
    corpus = load_corpus(data_settings(source, overrides))
    kind = planting.kind
    plan = Plan(
        kind=kind,
        tokens=tuple(planting.tokens) or default_tokens(kind, corpus.labels),
        context=_first(planting.context, "qqx" if kind == "context" else ""),
        share=planting.share,
        decoys=_first(planting.decoys, 0.0 if kind == "token" else 0.5),
        first_words=planting.first_words,
        seed=planting.seed,
    )
    record = write_planted(planting.out, corpus, plan, plant(corpus, plan))
    say(*record["rule"], *(f"{split}: {counts}" for split, counts in record["splits"].items()))
    say(f"configuration: {planting.out / CONFIG}")


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:g}"


def _first(given: T | None, default: T) -> T:
    return default if given is None else given
