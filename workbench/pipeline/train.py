"""Training stages: the dense model, the saliency targets it gives, and every pruner."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workbench.attribution.engine.gradients import saliency_targets
from workbench.core.documents import Window
from workbench.inference.predict import quality
from workbench.models.classifier import PruningClassifier
from workbench.models.kernels.onednn import linear_kernels
from workbench.models.policies.base import Policy
from workbench.models.pretrained import load_backbone
from workbench.pipeline.job import Job
from workbench.pipeline.tracking import Tracked, epoch_values
from workbench.runs.folder import Run
from workbench.runs.manifest import verify
from workbench.storage.atomic import replacing, share_folder
from workbench.storage.scratch import discard
from workbench.training.checkpoint import load_weights
from workbench.training.inputs import TrainingInputs
from workbench.training.loop import Training
from workbench.training.objectives import prepare_objective
from workbench.training.objectives.base import Objective, TrainingProgress
from workbench.training.objectives.dense import DenseObjective
from workbench.training.teacher_targets import Targets

CHECKPOINTS = "checkpoints"
"""Folder of a run with the state of trainings that have not ended."""


def train_run(job: Job) -> None:
    """Train every method of the configuration that is not yet trained with these settings."""
    with linear_kernels(job.config.kernels):
        for method in job.config.methods:
            if method != "dense":
                job.stage(method, partial(_train_method, method=method))
            elif job.base is None:
                job.stage(method, _train_dense)
            else:
                job.stage(method, partial(_share_dense, base=job.base), shared=True)
            # The others may still be reading the checkpoints, and must find the model in its place.
            job.process.wait_for_everyone()
            if job.process.is_main_process:
                discard(_checkpoints(job, method))
    if job.process.is_main_process:
        # Also those of settings that an interrupted command had: the run is another's now.
        discard(job.run.folder / CHECKPOINTS)


def _train_dense(job: Job) -> None:
    torch.manual_seed(job.config.seed)
    model = PruningClassifier(
        load_backbone(job.config.backbone, job.corpus.labels, kind=job.corpus.task), Policy()
    )
    model.to(job.process.device)
    kept = _train(job, "dense", DenseObjective(model, job.config.section("dense")))
    _save_model(job, model, "dense")
    job.reporter.stage("saliency", False)
    _save_targets(job, model, kept)


def _share_dense(job: Job, base: Job) -> None:
    """Link the dense model of another run, and its targets, into this one."""
    for folder in (base.run.model_folder("dense"), _targets_file(base.run).parent):
        share_folder(folder, job.out.folder / folder.relative_to(base.run.folder))


def _save_targets(job: Job, model: PruningClassifier, kept: list[Path]) -> None:
    """Mean over the kept checkpoints of each training window's saliency, normalised to sum 1."""
    total: list[np.ndarray] = []
    if job.process.is_main_process:
        for number, path in enumerate(kept):
            load_weights(path, model)
            shares = [scores / scores.sum() for scores in saliency_targets(model, job.training_windows)]
            total = [a + b for a, b in zip(total, shares, strict=True)] if total else shares
            job.reporter.progress(number + 1, len(kept), {})
        with replacing(_targets_file(job.out)) as scratch, scratch.open("wb") as file:
            np.savez(file, saliency=np.concatenate(total) / len(kept))
    job.process.wait_for_everyone()


def _load_targets(job: Job) -> Targets:
    windows = job.training_windows
    path = _targets_file(job.run)
    verify(job.run.folder, path)
    with np.load(path, allow_pickle=False) as stored:
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
    _save_model(job, objective.model, method)


def _train(job: Job, method: str, objective: Objective) -> list[Path]:
    dev: list[Window] = job.encodings["dev"].windows

    cpu = objective.model.device.type == "cpu"
    tracked = Tracked(job.config, job.run.folder, method, cpu=cpu, warn=job.reporter.warning)
    step = 0

    def report(moment: TrainingProgress, values: dict[str, float]) -> None:
        nonlocal step
        step = moment.step + 1
        job.reporter.progress(step, moment.total_steps, values)
        tracked.log({f"train/{name}": value for name, value in values.items()}, step)

    def validate() -> dict[str, Any]:
        measured = quality(objective.model, dev)
        tracked.log(epoch_values(measured), step)
        return measured

    training = Training(
        objective=objective,
        windows=job.training_windows,
        validate=validate,
        folder=_checkpoints(job, method),
        seed=job.config.seed,
        report=report,
    )
    try:
        return training.run()
    finally:
        tracked.end()


def _save_model(job: Job, model: PruningClassifier, method: str) -> None:
    kinds = {bool(document.second) for document in job.corpus.splits["train"]}
    model.pairs = kinds.pop() if len(kinds) == 1 else None
    if job.process.is_main_process:
        model.save(job.out.folder / "models" / method, job.tokenizer)


def _checkpoints(job: Job, method: str) -> Path:
    return job.run.folder / CHECKPOINTS / f"{method}-{job.recipes.key(method)}"


def _targets_file(run: Run) -> Path:
    return run.folder / "targets" / "saliency.npz"
