"""The `data` section: which texts, which rationales, how they are cut."""

from typing import Literal

from pydantic import Field

from workbench.catalog.settings import Settings

RationaleForm = Literal["spans", "mask", "shares", "ranks", "indices", "quotes", "marked", "tags"]
"""How a rationale is written in a cell."""


class DataSettings(Settings):
    """Which texts, which rationales, how they are cut."""

    source: str = "rotten-tomatoes"
    """A name that `workbench data list` shows. `rotten-tomatoes` and `imdb` come from the packaged
    reviews; `eraser` is a folder or archive in ERASER's layout; `file` is your own table of any known
    form; `hub` is any `datasets` name; `label-studio`, `prodigy`, `doccano`, `spacy`, `argilla`, `brat`
    and `inception` are what these tools export, `conll` columns of tokens and tags. `glue`, `agnews`,
    `dbpedia`, `imdb-folder`, `20newsgroups`, `hatexplain`, `esnli`, `cose`, `evidence-inference` and
    `squad` read the files that these sets come in."""
    path: str | None = None
    """Folder, archive or file, or the data set's name (`hub`)."""
    paths: dict[Literal["train", "dev", "test"], str] | None = None
    """A file for each split, instead of `path`."""
    subset: str | None = None
    """Task of `glue` (sst2, mnli, mnli-mismatched, ...) or `eraser` (movies, boolq, ...), variant of
    `20newsgroups` (stripped, whole), `abstract` for less of `evidence-inference`'s articles, or
    configuration name of a hub data set."""
    text_column: str = "text"
    label_column: str = "label"
    task: Literal["classification", "multi-label", "regression"] | None = None
    """What the labels of your own file, or of a `hub` data set, are. `classification`: one class per
    text. `multi-label`: any number of labels per text, several or none. `regression`: a finite number.
    null: what the source's sets are, classes for all but `glue`'s stsb."""
    label_separator: str | None = None
    """With `multi-label`: what stands between labels in a cell of text, such as `,` or `|`; null: a cell
    is a list (in a table of text as JSON). An empty cell has no label."""
    label_columns: list[str] | None = None
    """With `multi-label`: a column of 0 and 1 for each label, instead of `label_column`."""
    second_column: str | None = None
    """Second text of a pair."""
    rationale_column: str | None = None
    """Column with rationales, in the form that `rationale_form` names; of `conll` its number, from 0 on;
    of `inception` the layer, of `label-studio` the control."""
    rationale_form: RationaleForm = "spans"
    """How a rationale is written. `spans`: [start, end) pairs, with a label or without. `mask`: 0 or 1
    per unit. `shares`: the share of annotators per unit, 0 to 1. `ranks`: 1 for the most important
    unit, 2 for the next, 0 or null for the others. `indices`: numbers of the marked units. `quotes`:
    the marked passages themselves, looked for in the text. `marked`: the text once more, with `*`
    around what is marked. `tags`: a BIO tag per word."""
    rationale_offsets: Literal["char", "word"] = "char"
    """The unit of rationales: characters, or words between spaces."""
    rationale_labels: list[str] | None = None
    """Labels of the spans (or tags) that are rationale; null takes every one."""
    rationale_lists: bool = False
    """Whether a cell holds a list of rationales, one per annotator."""
    annotator_column: str | None = None
    """Column with the annotator's name: rows of one id (or text) are one text that several people
    marked. With `rationale_lists` a cell may name several, one per rationale of the list; whose is null
    saw the text and marked nothing."""
    offsets: Literal["auto", "code-point", "utf-16", "utf-8"] = "auto"
    """What spans in characters count: Unicode's characters, UTF-16 units (browsers) or bytes. `auto`
    takes the one under which the stored texts of the spans stand at their offsets; without such texts
    characters."""
    encoding: str = "utf-8"
    """Of a file of text; one of Python's codecs, such as cp1252 or utf-16."""
    separator: str | None = None
    """Between two fields of a CSV file; null: a comma."""
    columns: list[str] | None = None
    """Names of the columns of a CSV, TSV or Excel file that has none in its first line."""
    sheet: str | None = None
    """Of an Excel file; null: the first."""
    id_column: str | None = None
    """Column with text ids; without it ids are made from the row's number."""
    split_column: str | None = None
    """Column naming train, dev or test; without it the split is a hash of the normalised text."""
    rationales: Literal["annotated", "valence", "none"] = "valence"
    """`annotated`: the spans that come with the data. `valence`: words that ten people rated, out
    of context, at 1.0 or more in size with the label's sign: a proxy, not annotated rationales."""
    annotators: str = "majority"
    """Which words are rationale where several people marked a text: those that more than half of them
    marked (`majority`), that anyone did (`union`), or that the annotator of this name did. The share of
    annotators that marked a word is kept beside it, for the soft metrics."""
    soft_labels: bool = False
    """Train on the share of annotators that gave each class, where several did, instead of the class
    that most gave. What is judged stays the class; agreement with the shares is measured in any case."""
    mismatches: Literal["refuse", "keep"] = "refuse"
    """What to do with a span whose stored text is not what stands at its offsets, and with a quote that
    is not in its text: `keep` trusts the offsets, leaves the quote out, and counts both."""
    missing_documents: Literal["refuse", "skip"] = "refuse"
    """What to do with an instance of `eraser` that names a document without a file: `skip` leaves it
    out."""
    unencodable: Literal["refuse", "replace"] = "refuse"
    """What to do with half of a surrogate pair (half of an emoji), which no text file can hold:
    `replace` puts U+FFFD there."""
    segmenter: Literal["unicode", "icu"] = "unicode"
    """Words of scripts without spaces (Chinese, Japanese, Thai, ...): by Unicode's rules (a Chinese
    character is a word), or by the dictionaries of ICU (extra `icu`)."""
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
