"""What a folder of exported graphs says of itself, and whether its files are the ones it speaks of."""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeGuard, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.catalog.options import Precision, Quantisation
from workbench.config.questions import QuestionSettings
from workbench.core.task_type import TaskKind
from workbench.errors import InputError
from workbench.metrics.efficiency.flops import Costs
from workbench.storage.atomic import read_json, write_json
from workbench.storage.fingerprints import file_sha256

MANIFEST = "graphs.json"
FORMAT = 2
"""Rises when an older folder can no longer be run as it is."""
TEXT_GRAPH, BATCH_GRAPH = "model.onnx", "batch.onnx"
INPUTS = ("input_ids", "token_type_ids", "sizes")
"""The graphs' inputs, int64: (T,) tokens of all texts end to end, their types, and, of the batch graph
only, (B,) how many are whose."""
OUTPUTS = ("logits", "tokens", "tokens_ffn")
"""(B, classes) float32, or (T, outputs) by original position where each token has some; (B, layers)
int64: tokens in each layer's self-attention; in its feed-forward part."""
TokenTaskKind = Literal["answers", "tokens"]
"""What is said of each token: whether an answer begins and ends there, or a tag."""

_Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Agreement(BaseModel):
    """How a folder's graphs and the torch model answer the same windows of the dev split."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    windows: int
    accuracy: float | None
    """Of the graph; None where a text has not one class."""
    accuracy_torch: float | None
    same_class: float
    """Share of the windows; where texts have any number of labels, with all of them the same."""
    same_tokens: float
    """Share of the windows in which as many tokens stay in every layer."""
    largest_difference: float
    """Of any logit."""

    def in_words(self) -> str:
        """Say how both answer."""
        accuracy = (
            ""
            if self.accuracy is None
            else f"accuracy {self.accuracy:.3f} (torch {self.accuracy_torch:.3f}), "
        )
        return (
            f"{self.windows:,} windows of dev: {accuracy}the same class on {self.same_class:.2%}, "
            f"{_same(self.same_tokens, self.largest_difference)}"
        )


class AnswersAgreement(BaseModel):
    """How a folder's graphs and the torch model answer the questions of the dev split."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    windows: int
    questions: int
    f1: float
    """Of the graph; mean over the questions."""
    f1_torch: float
    exact_match: float
    exact_match_torch: float
    same_answer: float
    """Share of the questions."""
    same_tokens: float
    largest_difference: float
    """As of `Agreement`."""

    def in_words(self) -> str:
        """Say how both answer."""
        return (
            f"{self.questions:,} questions of dev in {self.windows:,} windows: F1 {self.f1:.3f} (torch "
            f"{self.f1_torch:.3f}), exact match {self.exact_match:.3f} (torch "
            f"{self.exact_match_torch:.3f}), the same answer to {self.same_answer:.2%}, "
            f"{_same(self.same_tokens, self.largest_difference)}"
        )


class TagsAgreement(BaseModel):
    """How a folder's graphs and the torch model tag the words of the dev split."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    windows: int
    words: int
    f1: float
    """Of the graph; micro-averaged, of entities or of tags."""
    f1_torch: float
    same_tag: float
    """Share of the words."""
    same_tokens: float
    largest_difference: float
    """As of `Agreement`."""

    def in_words(self) -> str:
        """Say how both tag."""
        return (
            f"{self.words:,} words of dev in {self.windows:,} windows: F1 {self.f1:.3f} (torch "
            f"{self.f1_torch:.3f}), the same tag on {self.same_tag:.2%}, "
            f"{_same(self.same_tokens, self.largest_difference)}"
        )


def _same(tokens: float, difference: float) -> str:
    return f"the same tokens in every layer on {tokens:.2%}, logits within {difference:.1e} of torch's"


class Manifest(BaseModel):
    """What runs a folder's graphs and what is said of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[2] = 2
    workbench: str
    """Version that wrote it."""
    method: str
    policy: dict[str, Any]
    labels: tuple[str, ...] = Field(min_length=1)
    task: TaskKind | TokenTaskKind | None = None
    """What the outputs mean; None in folders of before that was kept: as many as `labels` tell."""
    questions: QuestionSettings | None = None
    """How questions were cut and answered in training; None: it answers none, or nobody knows."""
    pairs: bool | None
    positions: int = Field(ge=1)
    """Tokens of the longest window."""
    costs: Costs
    precision: Precision
    quantisation: Quantisation | None = None
    """Of int8 graphs; None for others, and in folders of before that was kept: dynamic."""
    files: dict[Literal["model.onnx", "batch.onnx"], _Sha256]
    """The graph of one text and, where it was asked for, that of any number."""
    dev: Agreement | AnswersAgreement | TagsAgreement | None = None
    others: dict[Quantisation, Agreement] = {}
    """Of int8 graphs that were made another way, and were not kept since they agree less."""

    def in_words(self) -> str:
        """Say in a line how its graphs answer the dev split, and how those did that were not kept."""
        way = f" by {self.quantisation} quantisation" if self.quantisation else ""
        if self.dev is None:
            return f"{self.precision}{way}: not held against the torch model"
        others = (f"; by {name}, not kept: {dev.in_words()}" for name, dev in self.others.items())
        return f"{self.precision}{way}, {self.dev.in_words()}{''.join(others)}"

    def write(self, folder: Path) -> None:
        """Write it into its folder."""
        write_json(folder / MANIFEST, self.model_dump(mode="json"))


def is_of_texts(task: TaskKind | TokenTaskKind | None) -> TypeGuard[TaskKind | None]:
    """Return whether outputs are of whole texts, not of each token."""
    return task not in get_args(TokenTaskKind)


def read_manifest(folder: Path) -> Manifest:
    """Read a folder's manifest and check its files.

    Raises:
        InputError: No such folder or manifest, one of another format, or a graph that is missing or not
            the one that was exported.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(
            f"{folder}: no exported graphs ({MANIFEST} is missing); write some with "
            "`workbench export --format onnx`"
        )
    values = read_json(path)
    if values.get("format") != FORMAT:
        raise InputError(
            f"{path}: written in format {values.get('format')!r} by workbench "
            f"{values.get('workbench', 'of an unknown version')}, and this one reads format {FORMAT}: "
            "export the model again"
        )
    try:
        manifest = Manifest.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise InputError(f"{path}: {where}: {first['msg']}") from None
    if TEXT_GRAPH not in manifest.files:
        raise InputError(f"{path}: files: names no {TEXT_GRAPH}")
    for name, expected in manifest.files.items():
        graph = folder / name
        if not graph.is_file():
            raise InputError(f"{graph}: missing; export the model again")
        if file_sha256(graph) != expected:
            raise InputError(f"{graph}: not the graph that {MANIFEST} speaks of; export the model again")
    return manifest
