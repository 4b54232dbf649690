"""Benchmark the stock model, our dense one, and every pruned one on the same texts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import PreTrainedTokenizerBase

from workbench.catalog.options import TooLong
from workbench.config.data import DataSettings
from workbench.core.documents import Document, Window
from workbench.core.inference import Inference
from workbench.data.readers.plain_texts import read_texts
from workbench.data.windows.encode import encode
from workbench.errors import InputError
from workbench.inference.pairs import seconds_of, unlike_training
from workbench.inference.predict import text_frame
from workbench.metrics.efficiency.seconds import work_of
from workbench.metrics.efficiency.table import counted_efficiency
from workbench.models.classifier import PruningClassifier, load_classifier
from workbench.models.inference import infer
from workbench.models.policies.base import Policy
from workbench.models.pretrained import load_backbone, load_tokenizer
from workbench.pipeline.bench.cost_model import Calibration, calibrate
from workbench.pipeline.bench.engines import time_engines
from workbench.pipeline.bench.timing import in_bfloat16, load_stock, stock_logits, time_models
from workbench.pipeline.environment import describe_environment
from workbench.pipeline.job import Job, Reporter
from workbench.pipeline.recipes import bench_recipe
from workbench.pipeline.requests import BenchRequest
from workbench.runs.folder import BENCH, ENGINE_BENCH, Run, load_run
from workbench.runs.stages import Stages
from workbench.storage.atomic import write_json
from workbench.storage.locks import one_writer
from workbench.storage.tables import read_table, write_table


@dataclass(frozen=True)
class Subject:
    """What is benchmarked: models by method name, `dense` among them, and their tokenizer."""

    models: Mapping[str, PruningClassifier]
    tokenizer: PreTrainedTokenizerBase
    max_tokens: int

    def encode(self, documents: Sequence[Document], too_long: TooLong) -> list[Window]:
        """Return windows of the texts; with `refuse`, InputError for a text that needs more than one."""
        task_type = self.models["dense"].task_type
        # Nothing is compared with a label here, and plain texts have none.
        labelled = [replace(document, label=task_type.any_label) for document in documents]
        encoding = encode(labelled, task_type, self.tokenizer, self.max_tokens)
        if too_long == "refuse":
            encoding.refuse_cut()
        return encoding.windows


@dataclass(frozen=True)
class Prepared:
    """Everything that a benchmark needs, loaded and checked."""

    subject: Subject
    windows: Sequence[Window]
    split: str
    """What the texts are called in the tables."""
    folder: Path


def prepare(options: BenchRequest, reporter: Reporter) -> Prepared:
    """Load what the options name; InputError for whatever cannot be done.

    Without `texts`, a run is timed on its own test split, a model on the packaged IMDB reviews.
    """
    device = checked_device(options)
    if options.run is not None:
        run = load_run(options.run)
        subject = subject_of_run(run, options.max_tokens, device)
        folder = options.out or run.folder
    else:
        subject = subject_of_model(str(options.model), options.max_tokens, device)
        folder = options.out or Path("runs") / "bench"
    if options.texts is None and options.text_column is not None:
        raise InputError("--text-column: names a column of a table; name the table with --texts")
    if options.run is not None and options.texts is None:
        job = Job(run, run.config, reporter)
        split = "test"
        windows = subject.encode(job.corpus.splits[split][: options.limit], options.too_long)
    else:
        source = options.texts or "imdb"
        split = Path(source).stem
        data = (
            DataSettings() if options.run is None else DataSettings(segmenter=run.config.data.segmenter)
        )
        texts = read_texts(source, options.limit, text_column=options.text_column, settings=data)
        windows = subject.encode(texts, options.too_long)
    if unlike := unlike_training(subject.models["dense"], seconds_of(windows)):
        reporter.missed(unlike)
    return Prepared(subject, windows, split, folder)


def checked_device(options: BenchRequest) -> torch.device:
    """Return where models are timed; InputError for numbers below 1 and a device that is not there."""
    if min(options.limit, options.rounds, *options.batch) < 1:
        raise InputError("--limit, --rounds and every --batch must be at least 1")
    name = options.device
    if name not in {"cpu", "cuda"}:
        raise InputError(f"--device {name!r}: cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: torch finds no CUDA device here")
    return torch.device(name)


def subject_of_run(run: Run, max_tokens: int | None, device: torch.device) -> Subject:
    """Load every trained model of a run.

    Args:
        run: The run.
        max_tokens: Tokens of the longest window; None: as in training.
        device: Where the models run.
    """
    models: dict[str, PruningClassifier] = {}
    for method in run.config.methods:
        model, tokenizer = load_classifier(run.model_folder(method))
        models[method] = model.to(device)
    models["dense"].window_limit(max_tokens)
    return Subject(models, tokenizer, max_tokens or run.config.data.max_tokens)


def subject_of_model(name: str, max_tokens: int | None, device: torch.device) -> Subject:
    """Load a model, and the dense one beside it.

    Args:
        name: A model folder, pruned or not, or any backbone by name, which gets an untrained head.
        max_tokens: Tokens of the longest window; None: the model's positions.
        device: Where the models run.
    """
    if Path(name).is_dir():
        model, tokenizer = load_classifier(name)
    else:
        model = PruningClassifier(load_backbone(name, ("0", "1")), Policy()).eval()
        tokenizer = load_tokenizer(name)
    model.to(device)
    limit = model.window_limit(max_tokens)
    dense = PruningClassifier(model.stock, Policy()).eval()
    # A student's own weights are all there is: alone in its folder it is a dense model like any other.
    alone = model.policy.method == "dense" or model.policy.reference is not None
    models = {"dense": dense} | ({} if alone else {model.policy.method: model})
    return Subject(models, tokenizer, limit)


def bench(
    prepared: Prepared, options: BenchRequest, report: Callable[[int], None] = lambda done: None
) -> None:
    """Time everything and write metrics/{bench,bench_rounds,limits} and bench.json; one at a time.

    Rows of the same split that an earlier benchmark wrote there are replaced; what a run measured itself
    stays as it is.

    Args:
        prepared: What `prepare` loaded.
        options: The same as there.
        report: Is told how many batch sizes are done.
    """
    with one_writer(prepared.folder, "bench"):
        if options.engines:
            _bench_engines(prepared, options, report)
        else:
            _bench(prepared, options, report)


def _bench_engines(prepared: Prepared, options: BenchRequest, report: Callable[[int], None]) -> None:
    """Write metrics/engines and engines.json; everything else in the folder stays as it is."""
    subject, windows, split = prepared.subject, prepared.windows, prepared.split
    if options.device != "cpu":
        raise InputError("--engines: are timed on the CPU; leave --device out")
    missing: list[str] = []
    table = time_engines(
        load_stock(subject.models["dense"], same_library=False), subject.models, subject.tokenizer,
        windows, split, engines=options.engines, batch_sizes=options.batch, rounds=options.rounds,
        note=missing.append, report=report,
    )  # fmt: skip
    _replace(prepared.folder / "metrics" / "engines.parquet", table, split)
    about = _about(prepared, options) | {"engines": list(options.engines), "not_timed": missing}
    write_json(prepared.folder / ENGINE_BENCH, about)
    _note_files(prepared.folder, ["engines"], ENGINE_BENCH)


def _bench(prepared: Prepared, options: BenchRequest, report: Callable[[int], None]) -> None:
    subject, windows, split = prepared.subject, prepared.windows, prepared.split
    dense = subject.models["dense"]
    stock = load_stock(dense)
    twins = subject.models if options.bfloat16 else {}
    bf16 = {name: in_bfloat16(model) for name, model in twins.items()}
    measured = time_models(
        stock, subject.models, windows, split, batch_sizes=options.batch,
        repeats=options.rounds, whole=True, bf16=bf16, report=report,
    )  # fmt: skip
    calibration = calibrate(dense)
    results = {name: infer(model, windows) for name, model in subject.models.items()}
    tables = {
        "bench": pd.concat(
            [_counted(prepared, results, max(options.batch)), measured.efficiency],
            ignore_index=True,
        ),
        "bench_rounds": measured.rounds,
        "limits": _limits(subject, results, split, measured.efficiency, calibration),
    }
    for name, table in tables.items():
        _replace(prepared.folder / "metrics" / f"{name}.parquet", table, split)
    difference = np.abs(results["dense"].logits - stock_logits(stock, windows)).max()
    about = _about(prepared, options) | {
        "largest_logit_difference_dense_to_stock": float(difference),
        "cost_model": asdict(calibration.model) | {"median_relative_error": calibration.error},
        "bfloat16_same_class": {
            name: _same_class(model, results[name], windows) for name, model in bf16.items()
        },
    }
    write_json(prepared.folder / BENCH, about)
    _note_files(prepared.folder, tables, BENCH)


def _about(prepared: Prepared, options: BenchRequest) -> dict[str, Any]:
    """What was timed, how often and where."""
    windows = prepared.windows
    return {
        "split": prepared.split,
        "texts": len({window.text_id for window in windows}),
        "windows": len(windows),
        "tokens": sum(len(window.input_ids) for window in windows),
        "max_tokens": prepared.subject.max_tokens,
        "batch_sizes": list(options.batch),
        "rounds": options.rounds,
        "environment": describe_environment(seed=0),
    }


def _note_files(folder: Path, tables: Iterable[str], about: str) -> None:
    """Keep the hashes of a run's files up to date; a folder of benchmarks alone has none."""
    stages = Stages(folder)
    if stages.done:
        run = Run(folder)
        files = [run.table_file(name) for name in tables]
        recipe = bench_recipe({method: stages.done[method]["key"] for method in run.config.methods})
        csv = [file.with_suffix(".csv") for file in files]
        stages.rewritten(about.removesuffix(".json"), recipe, [*files, *csv, folder / about])


def _same_class(model: PruningClassifier, known: Inference, windows: Sequence[Window]) -> float:
    """Return the share of the windows that a model puts into the same class, or labels, as before."""
    return float(model.task_type.same(known.logits, infer(model, windows).logits).mean())


def _counted(prepared: Prepared, results: Mapping[str, Inference], batch_size: int) -> pd.DataFrame:
    """Tabulate FLOPs speed-ups and tokens kept on exactly the timed windows."""
    models, windows, split = prepared.subject.models, prepared.windows, prepared.split
    predictions = pd.concat(
        [
            text_frame(models[name], windows, result, split).assign(method=name)
            for name, result in results.items()
        ]
    )
    lengths = {split: [(window.text_id, len(window.input_ids)) for window in windows]}
    return counted_efficiency(predictions, lengths, models["dense"].costs.shape, batch_size)


def _limits(
    subject: Subject,
    results: Mapping[str, Inference],
    split: str,
    efficiency: pd.DataFrame,
    calibration: Calibration,
) -> pd.DataFrame:
    """Tabulate where the cost model says each packed run's seconds go, beside the measured ones."""
    measured = efficiency[efficiency["quantity"] == "seconds_median"]
    seconds = measured.set_index(["method", "batch_size"])["value"]
    rows = []
    for name, result in results.items():
        costs = subject.models[name].costs
        for size in measured["batch_size"].unique():
            batches = -(-len(result.tokens) // int(size))
            work = work_of(result.tokens, result.tokens_ffn, batches, costs)
            predicted, limit = calibration.model.predict(work), calibration.model.limit(work)
            row = {"method": name, "split": split, "batch_size": int(size)}
            row |= {"measured": seconds[name, size], "predicted": predicted}
            rows.append(row | calibration.model.parts(work) | {"limit": limit})
    return pd.DataFrame(rows)


def _replace(path: Path, table: pd.DataFrame, split: str) -> None:
    """Write `table`, keeping what the file says of other splits."""
    if path.is_file():
        old = read_table(path)
        table = pd.concat([old[old["split"] != split], table], ignore_index=True)
    write_table(table, path, csv=True)
