"""Evaluation stages: predictions, scores, metrics, stopwatch; each reads what the one before wrote."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.attribution.callbacks import Events
from workbench.attribution.options import Options
from workbench.attribution.registry import caption
from workbench.attribution.run import score_windows
from workbench.catalog.scorers import SCORERS
from workbench.core.documents import Window
from workbench.core.task_type import task_type_of
from workbench.core.token_scores import TokenScores, to_frame
from workbench.data.cards import data_card
from workbench.inference.predict import predict
from workbench.metrics.classification import classification
from workbench.metrics.efficiency.table import counted_efficiency
from workbench.models.classifier import PruningClassifier
from workbench.models.cost import shape_of
from workbench.models.kernels.onednn import linear_kernels
from workbench.pipeline.bench.timing import load_stock, time_models
from workbench.pipeline.budget_controls import chosen_controls, run_controls
from workbench.pipeline.faithfulness import chosen_windows, run_faithfulness
from workbench.pipeline.job import Job
from workbench.pipeline.plausibility import plausibility_tables
from workbench.runs.folder import ABOUT, PREDICTIONS
from workbench.runs.scores import ROW_GROUP
from workbench.storage.atomic import write_json
from workbench.storage.tables import remove_table, write_table


def evaluate_run(job: Job, *, again: bool = False) -> bool:
    """Predict, score and measure with every trained method; return whether anything was left to do.

    Then the models' cards speak of numbers that are gone: the caller writes them anew. `again` repeats
    finished stages.
    """
    worked = False
    for name, work in evaluations(job).items():
        key = job.key(name)
        done = job.stages.is_done(name, key) and not again
        job.reporter.stage(name, done)
        if not done:
            with job.stages.record(name, key), linear_kernels(job.config.kernels):
                work(job)
            worked = True
    if worked:
        _describe(job)
    return worked


def _describe(job: Job) -> None:
    """Keep for the report what the numbers cannot say: what was left out, what each score explains."""
    task_type = task_type_of(job.corpus.labels)
    chosen = {
        name: caption(SCORERS[name], scorer_options(job, [name]), task_type)
        for name in job.config.evaluation.scorers
    }
    # What earlier commands told is told again: the stages that would tell it may be skipped now.
    _ = job.training_windows
    for split in job.config.evaluation.splits:
        _scored_windows(job, split)
        chosen_controls(job, split)
        if job.config.evaluation.faithfulness.scorers:
            chosen_windows(job, split)
    scorer_groups(job)
    notes = list(dict.fromkeys([*job.corpus.notes, *job.notes]))
    card = data_card(job.corpus, job.encodings).recorded()
    write_json(job.run.folder / ABOUT, {"notes": notes, "explains": chosen, "data": card})


def _predictions(job: Job) -> None:
    config = job.config
    splits = list(dict.fromkeys([*config.evaluation.splits, "dev"]))
    known = _known_predictions(job)
    frames = []
    methods = [method for method in config.methods if method not in known]
    for method in methods:
        model = job.model(method)
        for split in splits:
            frames.append(
                predict(model, job.encodings[split].windows, split, config.evaluation.batch_size)
            )
            job.reporter.progress(len(frames), len(splits) * len(methods), {})
    frames = [*known.values(), *frames]
    whole = pd.concat(frames, ignore_index=True)
    write_table(whole, job.run.folder / PREDICTIONS)
    table = classification(whole, bootstrap=config.evaluation.bootstrap, seed=config.seed)
    write_table(table, job.run.table_file("classification"), csv=True)


def _known_predictions(job: Job) -> dict[str, pd.DataFrame]:
    """What the base job predicted with the dense model; nothing where that was on other texts."""
    if job.base is None:
        return {}
    theirs, ours = job.base.config.evaluation, job.config.evaluation
    if (theirs.splits, theirs.batch_size) != (ours.splits, ours.batch_size):
        return {}
    rows = job.base.run.predictions
    return {"dense": rows[rows["method"] == "dense"]}


def _plausibility(job: Job) -> None:
    """Score the texts, write each scorer's scores, and compare them with the rationales."""
    evaluation = job.config.evaluation
    splits: list[str] = list(evaluation.splits)
    by_split: dict[str, list[TokenScores]] = {split: [] for split in splits}
    chosen = scorer_groups(job)
    _forget_scores(job, [name for _, names in chosen for name in names])
    for method, names in chosen:
        records = {split: _score(job, method, split, names) for split in splits}
        for name in names:
            own = [r for split in records for r in records[split] if r.scorer == name]
            write_table(to_frame(own), job.run.folder / "scores" / f"{name}.parquet", group=ROW_GROUP)
        for split, found in records.items():
            by_split[split] += found
    tables: dict[str, list[pd.DataFrame]] = {}
    for split, found in by_split.items():
        for name, frame in plausibility_tables(job, split, found).items():
            tables.setdefault(name, []).append(frame)
    for name, frames in tables.items():
        write_table(pd.concat(frames, ignore_index=True), job.run.table_file(name), csv=True)


def scorer_groups(job: Job) -> list[tuple[str, list[str]]]:
    """The scorers asked for, by the model they run on and by whether their scores have a sign.

    Those without their model are left out.
    """
    groups: dict[tuple[str, bool], list[str]] = {}
    for name, row in SCORERS.items():
        if name in job.config.evaluation.scorers:
            groups.setdefault((row.method or "dense", row.signed), []).append(name)
    chosen: list[tuple[str, list[str]]] = []
    for (method, _), names in groups.items():
        if method in job.config.methods:
            chosen.append((method, names))
        else:
            job.note(f"{', '.join(names)} left out: needs the method {method}")
    return chosen


def scorer_options(job: Job, names: list[str]) -> Options:
    """Scores with a sign are compared by their size."""
    signed = any(SCORERS[name].signed for name in names)
    return Options(
        sign="absolute" if signed else None,
        seed=job.config.seed,
        batch_size=job.config.evaluation.batch_size,
    )


class _Told(Events):
    """Passes on to the job's reporter and notes."""

    def __init__(self, job: Job, windows: int) -> None:
        self.job, self.windows = job, windows

    def progress(self, windows: int) -> None:
        self.job.reporter.progress(windows, self.windows, {})

    def note(self, text: str) -> None:
        self.job.note(text)

    def failed(self, scorer: str, window: Window, layers: Sequence[int]) -> None:
        self.job.note(f"{scorer}: NaN for text {window.text_id!r}, layers {list(layers)}: left out")


def _forget_scores(job: Job, chosen: list[str]) -> None:
    """Remove our scorers' files of an earlier configuration: they speak of models that are gone."""
    for name in set(SCORERS) - set(chosen):
        (job.run.folder / "scores" / f"{name}.parquet").unlink(missing_ok=True)


def _score(job: Job, method: str, split: str, names: list[str]) -> list[TokenScores]:
    windows = _scored_windows(job, split)
    order = {(window.text_id, window.window): index for index, window in enumerate(windows)}
    records = score_windows(
        names,
        job.model(method),
        job.tokenizer,
        windows,
        scorer_options(job, names),
        _Told(job, len(windows)),
    )
    # Without its seconds a score table depends on the configuration alone.
    kept = [replace(record, seconds=None) for record in records]
    return sorted(kept, key=lambda record: order[record.text_id, record.window])


def _scored_windows(job: Job, split: str) -> list[Window]:
    return job.first_windows(split, [job.config.evaluation.max_scored], "scoring")


def _efficiency(job: Job) -> None:
    config = job.config
    predictions = job.run.predictions
    predictions = predictions[predictions["split"].isin(config.evaluation.splits)]
    dense = job.model("dense")
    lengths: dict[str, list[tuple[str, int]]] = {
        split: [(window.text_id, len(window.input_ids)) for window in job.encodings[split].windows]
        for split in config.evaluation.splits
    }
    largest = max(config.efficiency.batch_sizes)
    tables = [counted_efficiency(predictions, lengths, shape_of(dense), largest)]
    if config.efficiency.repeats:
        tables += _timed(job, dense)
    else:
        remove_table(job.run.table_file("stopwatch"))
    write_table(pd.concat(tables, ignore_index=True), job.run.table_file("efficiency"), csv=True)


def _timed(job: Job, dense: PruningClassifier) -> list[pd.DataFrame]:
    """Efficiency rows of each split by stopwatch; every round is kept in metrics/stopwatch."""
    config = job.config
    tables, rounds = [], []
    stock = load_stock(dense)
    models = {"dense": dense} | {m: job.model(m) for m in config.methods if m != "dense"}
    sizes = config.efficiency.batch_sizes
    for split in config.evaluation.splits:
        measured = time_models(
            stock,
            models,
            timed_windows(job, split),
            split,
            batch_sizes=sizes,
            repeats=config.efficiency.repeats,
            report=lambda done: job.reporter.progress(done, len(sizes), {}),
        )
        tables.append(measured.efficiency)
        rounds.append(measured.rounds)
    write_table(pd.concat(rounds, ignore_index=True), job.run.table_file("stopwatch"), csv=True)
    return tables


def timed_windows(job: Job, split: str) -> list[Window]:
    """Return a fixed random sample of the split's windows, so that lengths are as they come."""
    windows = job.encodings[split].windows
    order = np.random.default_rng(job.config.seed).permutation(len(windows))
    return [windows[index] for index in order[: job.config.efficiency.texts]]


def evaluations(job: Job) -> dict[str, Callable[[Job], None]]:
    """Return the stages after training, in their order."""
    stages: dict[str, Callable[[Job], None]] = {
        "predictions": _predictions,
        "plausibility": _plausibility,
        "efficiency": _efficiency,
    }
    # Also once they are no longer asked for: their tables must go.
    if job.config.evaluation.controls or "controls" in job.stages.done:
        stages["controls"] = run_controls
    if job.config.evaluation.faithfulness.scorers or "faithfulness" in job.stages.done:
        stages["faithfulness"] = run_faithfulness
    return stages
