"""What `workbench attribute` and `workbench bench` can be asked for.

A field is an option of the command, its docstring the option's help. No torch here: help comes at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from workbench.attribution.options import Options
from workbench.catalog.options import Compute, Engine, TooLong
from workbench.errors import InputError


@dataclass(frozen=True, kw_only=True)
class TextsRequest:
    """Models, and how texts are cut for them."""

    run: Path | None = None
    """Run folder whose models are used."""
    max_tokens: int | None = None
    """Longest window; default: the run's, or as long as the model allows."""
    too_long: TooLong = "windows"
    """Cut longer texts into windows, or refuse them."""
    text_column: str | None = None
    """Column of texts in a table; default: text."""


def require_one_source(
    command: str, run: Path | None, model: Path | str | None, method: str | None = None
) -> None:
    """Raise InputError unless exactly one of `run` and `model` is given, or for a model's `method`.

    Args:
        command: Which asks for them.
        run, model: Where models are from.
        method: What chooses among the models of a run.
    """
    if (run is None) == (model is None):
        raise InputError(f"{command} needs either --run or --model")
    if model is not None and method is not None:
        raise InputError("--method chooses among the models of a run; --model has one")


@dataclass(frozen=True, kw_only=True)
class AttributeRequest(TextsRequest):
    """What is scored, by which scorers; exactly one of `run` and `model` is needed."""

    texts: str
    """Texts to score: imdb, rotten-tomatoes, or a .txt, CSV, TSV, JSONL or Parquet file."""
    scorers: Sequence[str]
    """Scorers by name, such as saliency,alti,attention@3."""
    model: Path | None = None
    """Model folder, instead of a run."""
    method: str | None = None
    """Explain this method's model of the run; default: the one that each scorer belongs to, or dense."""
    options: Options = field(default_factory=Options)
    limit: int | None = None
    """Score only this many texts."""
    id_column: str | None = None
    """Column of text ids in a table; default: row numbers."""
    label_column: str | None = None
    """Column of classes in a table, for --target gold."""
    out: Path | None = None
    """Folder to write; default: attribute/<name of the texts> in the run, or runs/attribute/<name>."""


@dataclass(frozen=True, kw_only=True)
class PredictRequest(TextsRequest):
    """What is classified, by what; exactly one of `run` and `model` is needed."""

    texts: str
    """Texts to classify: imdb, rotten-tomatoes, or a .txt, CSV, TSV, JSONL or Parquet file."""
    out: Path
    """JSONL file to write, a line per text."""
    model: Path | None = None
    """Model folder, instead of a run; with --engine one that `export --format onnx` wrote."""
    method: str | None = None
    """Trained method of the run."""
    engine: Literal["torch", Engine] = "torch"
    """Who runs the model."""
    threads: int | None = None
    """Threads that one batch may use; default: all."""
    compute: Compute = "as-exported"
    """What OpenVINO multiplies in."""
    batch_size: int = 32
    """Texts of similar length that run together."""
    limit: int | None = None
    """Classify only this many texts."""
    id_column: str | None = None
    """Column of text ids in a table; default: row numbers."""


@dataclass(frozen=True, kw_only=True)
class AskRequest:
    """Which questions are answered, by what; exactly one of `run` and `model` is needed."""

    questions: str
    """Questions: SQuAD's JSON, or a CSV, TSV, JSONL, JSON or Parquet file of questions and passages."""
    out: Path
    """File to write: .jsonl with a line per question, or .json with id and answer, as SQuAD's scripts
    read it."""
    run: Path | None = None
    """Folder of `workbench answer`."""
    method: str | None = None
    """Its model: a method, with its strength where it has several, such as top-0.3."""
    model: Path | None = None
    """Model folder instead; with --engine one that `export --format onnx` wrote."""
    engine: Literal["torch", Engine] = "torch"
    """Who runs the model."""
    threads: int | None = None
    """Threads that one batch may use; default: all."""
    compute: Compute = "as-exported"
    """What OpenVINO multiplies in."""
    batch_size: int = 32
    """Windows of similar length that run together."""
    limit: int | None = None
    """Answer only this many questions."""
    question_column: str = "question"
    """Column of questions in a table."""
    context_column: str = "context"
    """Column of passages in a table."""
    id_column: str | None = None
    """Column of ids in a table; default: row numbers."""


@dataclass(frozen=True, kw_only=True)
class BenchRequest(TextsRequest):
    """What is timed, on which texts; exactly one of `run` and `model` is needed."""

    model: str | None = None
    """Model folder, `packaged`, or a hub name, instead of a run."""
    texts: str | None = None
    """Texts to time: imdb, rotten-tomatoes, or a .txt, CSV, TSV, JSONL or Parquet file; default: the
    run's test split, or imdb."""
    limit: int = 256
    """Time this many texts."""
    batch: Sequence[int] = (1, 8, 32, 128)
    """Batch sizes."""
    rounds: int = 5
    """Rounds; each runs all models in turn."""
    device: str = "cpu"
    """Device to time on: cpu or cuda."""
    engines: Sequence[str] = ()
    """Time the stock model and all of ours in torch and in these instead: torch.compile, onnxruntime,
    openvino."""
    bfloat16: bool = False
    """Time every model in bfloat16 as well."""
    out: Path | None = None
    """Folder to write; default: the run, or runs/bench."""
