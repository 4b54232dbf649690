"""Load a model for the engine that is to run it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

from workbench.catalog.options import Compute, Engine
from workbench.engines.manifest import TokenTaskKind
from workbench.engines.sessions import ENGINES
from workbench.errors import InputError

if TYPE_CHECKING:
    from workbench.engines.classifier import EngineClassifier
    from workbench.engines.token_classifier import EngineTokenClassifier
    from workbench.engines.tokenizer import FastTokenizer
    from workbench.models.classifier import PruningClassifier
    from workbench.models.token_classifier import PruningTokenClassifier


@overload
def load_classifier(
    folder: str | Path, engine: Literal["torch"] = "torch"
) -> tuple["PruningClassifier", Any]: ...


@overload
def load_classifier(
    folder: str | Path, engine: Engine, *, threads: int | None = None, compute: Compute = "as-exported"
) -> tuple["EngineClassifier", "FastTokenizer"]: ...


def load_classifier(
    folder: str | Path,
    engine: Literal["torch"] | Engine = "torch",
    *,
    threads: int | None = None,
    compute: Compute = "as-exported",
) -> tuple[Any, Any]:
    """Load a model folder and its tokenizer, for `classify`.

    With torch: a folder that a run or `workbench export` wrote, or any fine-tuned classifier of a
    supported family, as dense; in evaluation mode. With an engine: a folder that
    `workbench export --format onnx` wrote, and torch is not imported.

    Args:
        folder: The folder.
        engine: `torch`, `onnxruntime` or `openvino`.
        threads: Of one run in an engine; None: as many as the engine thinks good. torch's are set by
            `torch.set_num_threads`.
        compute: `bf16`: OpenVINO multiplies in bfloat16, where the processor has it.

    Raises:
        InputError: Names what is missing or does not fit, or the extra that installs the engine.

    Example:
        >>> import workbench
        >>> model, tokenizer = workbench.load_classifier("runs/demo/models/adapler")
        >>> model.policy.method
        'adapler'
    """
    if engine == "torch":
        _refuse_for_torch(threads, compute)
        from workbench.models.classifier import load_classifier as load_for_torch

        return load_for_torch(folder)
    _refuse_unknown(engine, compute)
    from workbench.engines.classifier import EngineClassifier
    from workbench.engines.tokenizer import FastTokenizer

    folder = Path(folder)
    return EngineClassifier(folder, engine, threads=threads, compute=compute), FastTokenizer(folder)


@overload
def load_answerer(
    folder: str | Path, engine: Literal["torch"] = "torch"
) -> tuple["PruningTokenClassifier", Any]: ...


@overload
def load_answerer(
    folder: str | Path, engine: Engine, *, threads: int | None = None, compute: Compute = "as-exported"
) -> tuple["EngineTokenClassifier", "FastTokenizer"]: ...


def load_answerer(
    folder: str | Path,
    engine: Literal["torch"] | Engine = "torch",
    *,
    threads: int | None = None,
    compute: Compute = "as-exported",
) -> tuple[Any, Any]:
    """Load a folder of a model that answers questions and its tokenizer, for `answer_questions`.

    With torch: a model of `workbench answer` or what `workbench export` made of it, or any fine-tuned
    question answering model of a supported family, as dense. With an engine: a folder that
    `workbench export --format onnx` wrote, and torch is not imported.

    Args:
        folder, engine, threads, compute: As of `load_classifier`.

    Raises:
        InputError: As `load_classifier`, and for a model that does not answer questions.

    Example:
        >>> import workbench
        >>> model, tokenizer = workbench.load_answerer("runs/xquad/models/top-0.3")
        >>> model.policy.method
        'top'
    """
    return _load_of_tokens(folder, "answers", engine, threads, compute)


@overload
def load_tagger(
    folder: str | Path, engine: Literal["torch"] = "torch"
) -> tuple["PruningTokenClassifier", Any]: ...


@overload
def load_tagger(
    folder: str | Path, engine: Engine, *, threads: int | None = None, compute: Compute = "as-exported"
) -> tuple["EngineTokenClassifier", "FastTokenizer"]: ...


def load_tagger(
    folder: str | Path,
    engine: Literal["torch"] | Engine = "torch",
    *,
    threads: int | None = None,
    compute: Compute = "as-exported",
) -> tuple[Any, Any]:
    """Load a folder of a model that tags words and its tokenizer, for `tag_texts`.

    With torch: a model of `workbench tag` or what `workbench export` made of it, or any fine-tuned token
    classification model of a supported family, as dense. With an engine: a folder that
    `workbench export --format onnx` wrote, and torch is not imported.

    Args:
        folder, engine, threads, compute: As of `load_classifier`.

    Raises:
        InputError: As `load_classifier`, and for a model that does not tag words.

    Example:
        >>> import workbench
        >>> model, tokenizer = workbench.load_tagger("runs/tags/models/top-0.3")
        >>> model.policy.method
        'top'
    """
    return _load_of_tokens(folder, "tokens", engine, threads, compute)


_SAID: dict[TokenTaskKind, str] = {"answers": "answers questions", "tokens": "tags words"}


def _load_of_tokens(
    folder: str | Path, task: TokenTaskKind, engine: Literal["torch"] | Engine, threads: int | None,
    compute: Compute,
) -> tuple[Any, Any]:  # fmt: skip
    if engine == "torch":
        _refuse_for_torch(threads, compute)
        from workbench.models.token_classifier import load_token_classifier

        return load_token_classifier(folder, task)
    _refuse_unknown(engine, compute)
    from workbench.engines.token_classifier import EngineTokenClassifier
    from workbench.engines.tokenizer import FastTokenizer

    folder = Path(folder)
    model = EngineTokenClassifier(folder, engine, threads=threads, compute=compute)
    found = model.manifest.task
    if found != task:
        other = next(said for kind, said in _SAID.items() if kind == found)
        raise InputError(f"{folder}: its model {other}, and one that {_SAID[task]} is needed")
    return model, FastTokenizer(folder)


def _refuse_for_torch(threads: int | None, compute: Compute) -> None:
    if threads is not None or compute != "as-exported":
        raise InputError("engine torch: takes no threads and no compute; see torch.set_num_threads")


def _refuse_unknown(engine: str, compute: str) -> None:
    known = {"engine": (engine, ("torch", *ENGINES)), "compute": (compute, get_args(Compute))}
    for name, (value, values) in known.items():
        if value not in values:
            raise InputError(f"{name} {value!r}: one of {', '.join(values)}")
