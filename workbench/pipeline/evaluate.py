"""Evaluation stages: predictions, scores, metrics, stopwatch; each reads what the one before wrote."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.attribution.callbacks import Events
from workbench.attribution.options import Options
from workbench.attribution.registry import caption
from workbench.attribution.run import score_windows
from workbench.catalog.methods import METHODS
from workbench.catalog.scorers import SCORERS
from workbench.config.run import RunConfig
from workbench.core.documents import Window
from workbench.core.token_scores import TokenScores, to_frame
from workbench.data.cards import data_card
from workbench.inference.predict import predict
from workbench.metrics.aims import Aim, held_aims
from workbench.metrics.classification import classification
from workbench.metrics.efficiency.table import counted_efficiency
from workbench.metrics.label_sets import by_label
from workbench.models.classifier import PruningClassifier
from workbench.models.kernels.onednn import linear_kernels
from workbench.pipeline.bench.timing import Measured, load_stock, time_models
from workbench.pipeline.evaluations.budget_controls import chosen_controls, run_controls
from workbench.pipeline.evaluations.faithfulness import chosen_windows, run_faithfulness
from workbench.pipeline.evaluations.plausibility import plausibility_tables
from workbench.pipeline.job import Job
from workbench.runs.folder import ABOUT, PREDICTIONS
from workbench.runs.scores import ROW_GROUP
from workbench.storage.atomic import write_json
from workbench.storage.tables import write_parts, write_table

UNCOMPARED = (
    "data.rationales is none: scores are compared with one another only, and kept for the app; "
    "evaluation.scorers: [] leaves them out and saves their time"
)


def evaluate_run(job: Job, *, again: bool = False) -> None:
    """Predict, score and measure with every trained method; `again` repeats finished stages.

    At the end the run's configuration is the folder's, with nothing in it from another one.
    """
    for name, work in evaluations(job.config).items():
        with linear_kernels(job.config.kernels):
            job.stage(name, work, again=again)
    job.stages.adopt_config()


def _describe(job: Job) -> None:
    """Keep for the report what the numbers cannot say: what was left out, what each score explains."""
    task_type = job.corpus.task_type
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
    warnings = list(job.corpus.warnings)
    about = {"notes": notes, "warnings": warnings, "explains": chosen, "data": card}
    write_json(job.out.folder / ABOUT, about)


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
    write_table(whole, job.out.folder / PREDICTIONS)
    table = classification(whole, bootstrap=config.evaluation.bootstrap, seed=config.seed)
    write_table(table, job.out.table_file("classification"), csv=True)
    if len(labels := by_label(whole)):
        write_table(labels, job.out.table_file("labels"), csv=True)
    if aims := asked_for(config):
        write_table(held_aims(whole, aims), job.out.table_file("aims"), csv=True)


def asked_for(config: RunConfig) -> list[Aim]:
    """Return what the settings of a run's methods ask of their models."""
    return [
        Aim(method, aim.key, aim.quantity, wanted, getattr(config.section(method), aim.slack or "", 0.0))
        for method in config.methods
        for aim in METHODS[method].aims
        if (wanted := getattr(config.section(method), aim.key)) is not None
    ]


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
    if chosen and job.config.data.rationales == "none":
        job.note(UNCOMPARED)
    windows = {split: _scored_windows(job, split) for split in splits}
    events = _JobEvents(job, len(chosen) * sum(map(len, windows.values())))
    for method, names in chosen:
        records = {split: _score(job, method, windows[split], names, events) for split in splits}
        for name in names:
            scored = [r for split in records for r in records[split] if r.scorer == name]
            write_table(to_frame(scored), job.out.score_file(name), group=ROW_GROUP)
        for split, scored in records.items():
            by_split[split] += scored
    tables: dict[str, list[pd.DataFrame]] = {}
    job.reporter.stage("agreement", False)
    for number, (split, scored) in enumerate(by_split.items(), start=1):
        for name, frame in plausibility_tables(job, split, scored).items():
            tables.setdefault(name, []).append(frame)
        job.reporter.progress(number, len(by_split), {})
    for name, frames in tables.items():
        write_parts(frames, job.out.table_file(name))


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


class _JobEvents(Events):
    """Passes on to the job's reporter and notes; one bar goes through all models and splits."""

    def __init__(self, job: Job, windows: int) -> None:
        self.job, self.windows, self.before = job, windows, 0

    def progress(self, windows: int) -> None:
        self.job.reporter.progress(self.before + windows, self.windows, {})

    def note(self, text: str) -> None:
        self.job.note(text)

    def failed(self, scorer: str, window: Window, layers: Sequence[int]) -> None:
        self.job.note(f"{scorer}: NaN for text {window.text_id!r}, layers {list(layers)}: left out")


def _score(
    job: Job, method: str, windows: list[Window], names: list[str], events: _JobEvents
) -> list[TokenScores]:
    order = {(window.text_id, window.window): index for index, window in enumerate(windows)}
    records = score_windows(
        names,
        job.model(method),
        job.tokenizer,
        windows,
        scorer_options(job, names),
        events,
    )
    # Without its seconds a score table depends on the configuration alone.
    kept = [replace(record, seconds=None) for record in records]
    events.before += len(windows)  # The windows are scored as the records are asked for.
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
    tables = [counted_efficiency(predictions, lengths, dense.costs.shape, largest)]
    measured = _timed(job, dense) if config.efficiency.repeats else []
    tables += [split.efficiency for split in measured]
    write_parts([split.rounds for split in measured], job.out.table_file("stopwatch"))
    write_parts(tables, job.out.table_file("efficiency"))


def _timed(job: Job, dense: PruningClassifier) -> list[Measured]:
    """What the stopwatch says of each split."""
    config = job.config
    stock = load_stock(dense)
    models = {"dense": dense} | {m: job.model(m) for m in config.methods if m != "dense"}
    sizes = config.efficiency.batch_sizes
    return [
        time_models(
            stock,
            models,
            timed_windows(job, split),
            split,
            batch_sizes=sizes,
            repeats=config.efficiency.repeats,
            report=lambda done: job.reporter.progress(done, len(sizes), {}),
        )
        for split in config.evaluation.splits
    ]


def timed_windows(job: Job, split: str) -> list[Window]:
    """Return a fixed random sample of the split's windows, so that lengths are as they come."""
    windows = job.encodings[split].windows
    order = np.random.default_rng(job.config.seed).permutation(len(windows))
    return [windows[index] for index in order[: job.config.efficiency.texts]]


def evaluations(config: RunConfig) -> dict[str, Callable[[Job], None]]:
    """Return the stages after training, in their order."""
    stages: dict[str, Callable[[Job], None]] = {
        "predictions": _predictions,
        "plausibility": _plausibility,
        "efficiency": _efficiency,
    }
    if config.evaluation.controls:
        stages["controls"] = run_controls
    if config.evaluation.faithfulness.scorers:
        stages["faithfulness"] = run_faithfulness
    return stages | {"about": _describe}
