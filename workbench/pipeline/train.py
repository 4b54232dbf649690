"""Training stages: the dense model, the saliency targets it gives, and every pruner."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch

from workbench.attribution.engine.gradients import saliency_targets
from workbench.config.run import RunConfig
from workbench.core.documents import Window
from workbench.errors import InputError
from workbench.inference.predict import quality
from workbench.models.backbone import load_backbone
from workbench.models.classifier import PruningClassifier
from workbench.models.kernels.onednn import linear_kernels
from workbench.models.policies import policy_class
from workbench.models.policies.base import Policy
from workbench.pipeline.job import Job
from workbench.storage.atomic import replacing
from workbench.training.checkpoint import load_weights
from workbench.training.inputs import TrainingInputs
from workbench.training.loop import Training
from workbench.training.objectives import objective_class, prepare_objective
from workbench.training.objectives.base import Objective, TrainingProgress
from workbench.training.objectives.dense import DenseObjective
from workbench.training.teacher_targets import Targets


def train_run(job: Job) -> None:
    """Train every method of the configuration that is not yet trained with these settings."""
    check_methods(job.config)
    with linear_kernels(job.config.kernels):
        _stage(job, "dense", _train_dense)
        for method in job.config.methods[1:]:
            _stage(job, method, partial(_train_method, method=method))


def check_methods(config: RunConfig) -> None:
    """Raise InputError, with file and line, where declaration, policy and settings disagree."""
    for method in config.methods:
        objective_class(method)
        policy = policy_class(method)
        policy.check_declared(method)
        policy.check_settings(type(config.section(method)))


def _stage(job: Job, name: str, work: Callable[[Job], None]) -> None:
    key = job.key(name)
    done = job.stages.is_done(name, key)
    job.reporter.stage(name, done)
    if done:
        return
    with job.stages.record(name, key):
        work(job)


def _train_dense(job: Job) -> None:
    torch.manual_seed(job.config.seed)
    model = PruningClassifier(load_backbone(job.config.backbone, job.corpus.labels), Policy())
    limit = model.bert.config.max_position_embeddings
    if job.config.data.max_tokens > limit:
        raise InputError(
            f"data.max_tokens is {job.config.data.max_tokens}, the backbone's limit is {limit}"
        )
    model.to(job.process.device)
    kept = _train(job, "dense", DenseObjective(model, job.config.section("dense")))
    _finish(job, model, "dense")
    _stage(job, "saliency", lambda job: _save_targets(job, model, kept))
    if job.process.is_main_process:
        shutil.rmtree(_checkpoints(job, "dense"))


def _save_targets(job: Job, model: PruningClassifier, kept: list[Path]) -> None:
    """Mean over the kept checkpoints of each training window's saliency, normalised to sum 1."""
    total: list[np.ndarray] = []
    if job.process.is_main_process:
        for number, path in enumerate(kept):
            load_weights(path, model)
            shares = [scores / scores.sum() for scores in saliency_targets(model, job.training_windows)]
            total = [a + b for a, b in zip(total, shares, strict=True)] if total else shares
            job.reporter.progress(number + 1, len(kept), {})
        with replacing(_targets_file(job)) as beside, beside.open("wb") as file:
            np.savez(file, saliency=np.concatenate(total) / len(kept))
    job.process.wait_for_everyone()


def _load_targets(job: Job) -> Targets:
    windows = job.training_windows
    with np.load(_targets_file(job), allow_pickle=False) as stored:
        flat = stored["saliency"].astype(np.float32)
    ends = np.cumsum([len(window.input_ids) for window in windows])
    parts = np.split(flat, ends[:-1])
    return {(w.text_id, w.window): part for w, part in zip(windows, parts, strict=True)}


def _train_method(job: Job, method: str) -> None:
    """Train a method from the dense model, and save its model."""
    dense = job.model("dense")
    inputs = TrainingInputs(
        dense=dense, windows=job.training_windows, seed=job.config.seed, tokenizer=job.tokenizer,
        max_tokens=job.config.data.max_tokens, backbone=job.config.backbone, note=job.note,
        load_saliency=lambda: _load_targets(job),
        measure_dense=lambda: quality(dense, job.encodings["dev"].windows)["quality"],
    )  # fmt: skip
    objective = prepare_objective(method, inputs, job.config.section(method))
    _train(job, method, objective)
    _finish(job, objective.model, method)


def _train(job: Job, method: str, objective: Objective) -> list[Path]:
    dev: list[Window] = job.encodings["dev"].windows

    def report(moment: TrainingProgress, values: dict[str, float]) -> None:
        job.reporter.progress(moment.step + 1, moment.total_steps, values)

    return Training(
        objective=objective,
        windows=job.training_windows,
        validate=lambda: quality(objective.model, dev),
        folder=_checkpoints(job, method),
        seed=job.config.seed,
        report=report,
    ).run()


def _finish(job: Job, model: PruningClassifier, method: str) -> None:
    """Save the model folder; a pruner's checkpoints are then of no more use."""
    job.process.wait_for_everyone()  # The others may still be reading the checkpoints.
    if job.process.is_main_process:
        model.save(job.run.folder / "models" / method, job.tokenizer)
        if method != "dense":
            shutil.rmtree(_checkpoints(job, method))
    job.process.wait_for_everyone()


def _checkpoints(job: Job, method: str) -> Path:
    return job.run.folder / "checkpoints" / f"{method}-{job.key(method)}"


def _targets_file(job: Job) -> Path:
    return job.run.folder / "targets" / "saliency.npz"
