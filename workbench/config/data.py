"""The `data` section: which texts, which rationales, how they are cut."""

from typing import Literal

from pydantic import Field

from workbench.catalog.settings import Settings


class DataSettings(Settings):
    """Which texts, which rationales, how they are cut."""

    source: str = "rotten-tomatoes"
    """A name that `workbench data list` shows. `rotten-tomatoes` and `imdb` come from the packaged
    reviews; `eraser` is a folder or archive in ERASER's layout; `file` is your own CSV, JSONL or
    Parquet; `hub` is any `datasets` name; `label-studio` is its JSON export. `glue`, `agnews`,
    `dbpedia`, `imdb-folder`, `20newsgroups` and `hatexplain` read the files that these sets come in."""
    path: str | None = None
    """Folder, archive or file, or the data set's name (`hub`)."""
    subset: str | None = None
    """Task of `glue` (sst2, mnli, mnli-mismatched, ...) or `eraser` (movies, boolq, ...), variant of
    `20newsgroups` (stripped, whole), or configuration name of a hub data set."""
    text_column: str = "text"
    label_column: str = "label"
    second_column: str | None = None
    """Second text of a pair."""
    rationale_column: str | None = None
    """Column with spans: a list of [start, end) pairs."""
    rationale_offsets: Literal["char", "word"] = "char"
    id_column: str | None = None
    """Column with text ids; without it ids are made from the row's number."""
    split_column: str | None = None
    """Column naming train, dev or test; without it the split is a hash of the normalised text."""
    rationales: Literal["annotated", "valence", "none"] = "valence"
    """`annotated`: the spans that come with the data. `valence`: words that ten people rated, out
    of context, at 1.0 or more in size with the label's sign: a proxy, not annotated rationales."""
    annotators: Literal["majority", "union"] = "majority"
    """Which words are rationale where several people marked a text (`hatexplain`, `label-studio`): those
    that more than half of them marked, or that anyone did."""
    mismatches: Literal["refuse", "keep"] = "refuse"
    """What to do with a span whose stored text is not what stands at its offsets (`eraser`,
    `label-studio`): `keep` trusts the offsets and counts it."""
    positive_label: str | None = None
    """Which class the positive valence ratings speak for; needed by `valence` on own data."""
    max_train: int | None = Field(None, ge=1)
    """At most this many training texts, chosen by the same hash; null takes all."""
    max_dev: int | None = Field(None, ge=1)
    max_test: int | None = Field(None, ge=1)
    max_tokens: int = Field(64, ge=8, le=10**6)
    """Longest window in tokens, special tokens included; longer texts are cut into windows."""
    unknown_only: Literal["refuse", "keep"] = "refuse"
    """What to do with a text of which the tokenizer knows no character."""
    training_windows: Literal["all", "with-evidence"] = "all"
    """`with-evidence` trains on windows that hold rationale tokens only (AdapLeR's protocol)."""
