"""The commands about corpora: `workbench data list|fetch|check|plant`."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table

from workbench.cli.terminal import OUT, Overrides
from workbench.config.data import DataSettings
from workbench.config.loading import apply_overrides, load_config, parse_config

ANNOTATED = ("eraser", "hatexplain")
"""Sources with a manifest whose texts come with spans."""

data_app = typer.Typer(no_args_is_help=True, help="Corpora: what there is, fetching, checking.")


@data_app.command("list")
def data_list() -> None:
    """The corpora that need no hub, and whether they are here."""
    from workbench.data.sources import available

    table = Table("source", "here", "what it is", "how", box=None)
    for source in available():
        table.add_row(source.name, "yes" if source.present else "no", source.description, source.how)
    OUT.print(table)


@data_app.command("fetch")
def data_fetch(
    name: Annotated[str, typer.Argument(help="A name that `data list` shows as fetchable.")],
    address: Annotated[str | None, typer.Option("--address", help="Fetch from here instead.")] = None,
) -> None:
    """Download a corpus into the cache and check it against known hashes."""
    from workbench.data.fetch import fetch

    OUT.print(str(fetch(name, address=address)), highlight=False, soft_wrap=True)


@data_app.command("check")
def data_check(
    source: Annotated[
        str,
        typer.Argument(
            help="A source name (with --set data.path=... where it reads files), a file, Label Studio's"
            " export (.json), a folder or archive in ERASER's layout, or a config."
        ),
    ],
    overrides: Overrides = None,
) -> None:
    """Read a corpus whole and print its data card; exit 2 with the first thing that is wrong."""
    from workbench.data.cards import data_card
    from workbench.data.corpus import load_corpus

    card = data_card(load_corpus(data_settings(source, overrides)))
    lines = [
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
    ]
    OUT.print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)


@data_app.command("plant")
def data_plant(
    source: Annotated[str, typer.Argument(help="What `data check` takes.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write.")],
    kind: Annotated[
        Literal["token", "context", "pair"],
        typer.Option("--kind", help="One token per class, a token in context, or an ordered pair."),
    ] = "token",
    tokens: Annotated[
        str | None, typer.Option("--tokens", help="One word per class; default qqa,qqb,...")
    ] = None,
    context: Annotated[
        str | None, typer.Option("--context", help="The other word of kind context; default qqx.")
    ] = None,
    share: Annotated[float, typer.Option("--share", help="Share of the texts with a shortcut.")] = 0.5,
    decoys: Annotated[
        float | None,
        typer.Option(
            "--decoys",
            help="Share of the others with a part that decides nothing; default 0.5, kind token none.",
        ),
    ] = None,
    first_words: Annotated[
        int | None, typer.Option("--first-words", help="Plant among this many first words only.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    overrides: Overrides = None,
) -> None:
    """Plant words that alone decide the label, relabel by them, and write texts with rationales."""
    from workbench.data.corpus import load_corpus
    from workbench.data.rationales.planted_files import CONFIG, RECORD, write_planted
    from workbench.data.rationales.planting import Plan, default_tokens, plant
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
    for line in (*record["rule"], *(f"{name}: {told}" for name, told in record["splits"].items())):
        OUT.print(line, highlight=False, soft_wrap=True)
    OUT.print(f"configuration: {out / CONFIG}", highlight=False, soft_wrap=True)


def data_settings(source: str, overrides: list[str] | None) -> DataSettings:
    """What `data check` was pointed at: a configuration, a built-in source, a file, or ERASER data."""
    from workbench.data.readers.glue import load_standards

    path = Path(source)
    if path.suffix in {".yaml", ".yml"}:
        return load_config(path, overrides).data
    if source in {"rotten-tomatoes", "imdb"}:
        data: dict[str, str] = {"source": source}
    elif source == "eraser-movies":
        data = {"source": "eraser", "rationales": "annotated"}
    elif source in load_standards():
        data = {"source": source, "rationales": "annotated" if source in ANNOTATED else "none"}
    elif source == "hub":
        data = {"source": source, "rationales": "none"}
    elif path.suffix in {".csv", ".tsv", ".jsonl", ".parquet"}:
        data = {"source": "file", "path": source, "rationales": "none"}
    elif path.suffix == ".json":
        data = {"source": "label-studio", "path": source, "rationales": "annotated"}
    else:
        data = {"source": "eraser", "path": source, "rationales": "annotated"}
    return parse_config(apply_overrides({"data": data}, overrides or []), source).data
