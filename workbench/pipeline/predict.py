"""Classify any number of texts with a run's model, or a folder's, in torch or in an engine."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbench.config.data import DataSettings
from workbench.data.readers.plain_texts import iter_texts
from workbench.errors import InputError
from workbench.inference.classify import Prediction, classify
from workbench.inference.load import load_classifier
from workbench.pipeline.job import Reporter
from workbench.pipeline.requests import AskRequest, PredictRequest, require_one_source
from workbench.runs.folder import load_run
from workbench.storage.atomic import replacing


def predict(request: PredictRequest, reporter: Reporter) -> int:
    """Write a line of JSON per text, in their order, whole or not at all; return how many.

    A line has the fields of `Prediction`. Texts are read, and answers written, as they come: of .txt and
    JSON lines memory holds a pool of texts (`classify`), however many there are.

    Raises:
        InputError: As `load_classifier`, `iter_texts` and `classify`; for both or none of run and model.
        WorkbenchError: The disk refuses.
    """
    folder, cut = _model_folder(request)
    model, tokenizer = loaded_for(load_classifier, request, folder)
    documents = iter_texts(
        request.texts, request.limit, text_column=request.text_column, id_column=request.id_column,
        settings=DataSettings() if cut is None else DataSettings(segmenter=cut.segmenter),
    )  # fmt: skip
    answers = classify(
        model, tokenizer, documents, batch_size=request.batch_size,
        max_tokens=request.max_tokens or (None if cut is None else cut.max_tokens),
        too_long=request.too_long,
    )  # fmt: skip
    lines = (json.dumps(_record(answer), ensure_ascii=False) + "\n" for answer in answers)
    return write_as_answered("predict", request, lines, reporter)


def write_as_answered(
    command: str,
    request: PredictRequest | AskRequest,
    parts: Iterable[str],
    reporter: Reporter,
    *,
    end: str = "",
) -> int:
    """Write answers as they come, the file whole or not at all; return how many.

    Args:
        command: Its name, for the reporter.
        request: Says where to, and with how many threads.
        parts: What is written of each answer.
        reporter: Hears how many there are.
        end: Written behind the last one.
    """
    written = 0
    with (
        torch_threads(request.threads if request.engine == "torch" else None),
        reporter,
        replacing(request.out) as new,
        new.open("w", encoding="utf-8") as file,
    ):
        reporter.stage(command, False)
        for written, part in enumerate(parts, 1):
            file.write(part)
            if written % request.batch_size == 0:
                reporter.progress(written, 0, {})
        file.write(end)
        reporter.progress(written, written, {})
    return written


def _model_folder(request: PredictRequest) -> tuple[Path, DataSettings | None]:
    """Return the model's folder, and how the run that it is from cuts texts into words and windows."""
    check_source("predict", request)
    if request.model is not None:
        return request.model, None
    assert request.run is not None
    run = load_run(request.run)
    if request.method is None:
        raise InputError(f"--run needs --method, one of {', '.join(run.config.methods)}")
    return run.model_folder(request.method), run.config.data


def check_source(command: str, request: PredictRequest | AskRequest) -> None:
    """Raise InputError unless one of run and model is named, and of a run torch is asked for."""
    require_one_source(command, request.run, request.model, request.method)
    if request.run is not None and request.engine != "torch":
        raise InputError(
            f"--engine {request.engine}: name the folder that `workbench export --format onnx` wrote "
            "with --model"
        )


def loaded_for(
    load: Callable[..., tuple[Any, Any]], request: PredictRequest | AskRequest, folder: Path
) -> tuple[Any, Any]:
    """Return a model and its tokenizer for the engine that is asked for.

    Args:
        load: `load_classifier` or `load_answerer`.
        request: Says which engine.
        folder: The model's.

    Raises:
        InputError: As `load`, and for what only OpenVINO computes in.
    """
    if request.engine != "torch":
        return load(folder, request.engine, threads=request.threads, compute=request.compute)
    if request.compute != "as-exported":
        raise InputError("--compute: is OpenVINO's; add --engine openvino")
    return load(folder)


@contextmanager
def torch_threads(threads: int | None) -> Iterator[None]:
    """Let torch use so many threads here, and as many as before afterwards: it has one number."""
    if threads is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _record(answer: Prediction) -> dict[str, Any]:
    return asdict(answer) | {"tokens": answer.tokens.tolist()}
