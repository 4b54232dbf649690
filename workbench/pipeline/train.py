"""Training stages: the dense model, the saliency targets it gives, and every pruner."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from workbench.attribution.scorers.saliency import saliency_targets
from workbench.config.methods import PrunerSettings
from workbench.core.documents import Window
from workbench.errors import InputError
from workbench.inference.predict import quality
from workbench.models.backbone import load_backbone, load_tokenizer
from workbench.models.classifier import PruningClassifier
from workbench.models.inference import infer
from workbench.models.kernels.onednn import linear_kernels
from workbench.models.policies.adapler import AdapLeR
from workbench.models.policies.base import Policy
from workbench.models.policies.distilbert import DistilBert
from workbench.models.policies.ltp import LTP
from workbench.models.policies.powerbert import PowerBert
from workbench.models.policies.top import ToP
from workbench.models.policies.transkimmer import Transkimmer
from workbench.models.policies.trbert import TrBert
from workbench.models.student import from_distilbert, half_depth
from workbench.pipeline.job import Job
from workbench.storage.atomic import replacing
from workbench.training.checkpoint import load_weights
from workbench.training.loop import Training
from workbench.training.objectives.adapler import AdaplerObjective
from workbench.training.objectives.base import Objective, TrainingProgress
from workbench.training.objectives.dense import DenseObjective
from workbench.training.objectives.distilbert import DistilbertObjective
from workbench.training.objectives.ltp import LtpObjective
from workbench.training.objectives.powerbert import PowerbertObjective
from workbench.training.objectives.teacher_targets import Logits, Targets
from workbench.training.objectives.top import TopObjective, compute_teacher_targets
from workbench.training.objectives.transkimmer import TranskimmerObjective
from workbench.training.objectives.trbert import TrbertObjective


def train_run(job: Job) -> None:
    """Train every method of the configuration that is not yet trained with these settings."""
    with linear_kernels(job.config.kernels):
        for method in job.config.methods:
            _stage(job, method, TRAINERS[method])


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
    kept = _train(job, "dense", DenseObjective(model, job.config.dense))
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


def _train_distilbert(job: Job) -> None:
    dense, settings = job.model("dense"), job.config.distilbert
    torch.manual_seed(job.config.seed)
    if settings.checkpoint is None:
        student = half_depth(dense.bert)
    else:
        student = from_distilbert(settings.checkpoint, job.corpus.labels)
        _check_checkpoint(job, settings.checkpoint, student.config.max_position_embeddings)
    policy = DistilBert.beside(student.config, dense.bert.config)
    model = PruningClassifier(student, policy).to(job.process.device)
    _finish_training(job, DistilbertObjective(model, settings, dense))


def _check_checkpoint(job: Job, checkpoint: str, positions: int) -> None:
    """InputError where the student cannot read the run's windows."""
    if load_tokenizer(checkpoint).get_vocab() != job.tokenizer.get_vocab():
        raise InputError(
            f"distilbert.checkpoint {checkpoint}: its vocabulary is not that of the backbone "
            f"{job.config.backbone}; take a checkpoint and a backbone with one vocabulary"
        )
    if positions < job.config.data.max_tokens:
        raise InputError(
            f"distilbert.checkpoint {checkpoint}: has {positions} positions; set data.max_tokens, now "
            f"{job.config.data.max_tokens}, to at most that"
        )
    job.note(f"distilbert: the checkpoint's head is not used, {checkpoint} gets a new one")


def _train_adapler(job: Job) -> None:
    dense, settings = job.model("dense"), job.config.adapler
    floor = quality(dense, job.encodings["dev"].windows)["quality"]
    torch.manual_seed(job.config.seed)
    policy = AdapLeR(
        dense.bert.config,
        width=settings.predictor_width,
        eta_start=settings.eta_start,
        beta=settings.beta,
    )
    targets = _load_targets(job)
    _prune(job, dense, policy, lambda model: AdaplerObjective(model, settings, targets, floor))


def _train_top(job: Job) -> None:
    dense, settings = job.model("dense"), job.config.top
    teacher_targets = compute_teacher_targets(dense, job.training_windows, settings.rank_top_k)
    torch.manual_seed(job.config.seed)
    try:
        policy = ToP(
            dense.bert.config,
            bins=settings.bins,
            first_layer=settings.first_layer,
            fine_start=settings.fine_start,
            coarse_start=settings.coarse_start,
        )
    except ValueError as error:
        raise InputError(f"top.{error}") from None
    _prune(job, dense, policy, lambda model: TopObjective(model, settings, teacher_targets))


def _train_ltp(job: Job) -> None:
    dense, settings = job.model("dense"), job.config.ltp
    policy = LTP(
        dense.bert.config,
        last_threshold=settings.last_threshold,
        temperature=settings.temperature,
    )
    _prune(job, dense, policy, lambda model: LtpObjective(model, settings))


def _train_transkimmer(job: Job) -> None:
    dense, settings = job.model("dense"), job.config.transkimmer
    torch.manual_seed(job.config.seed)
    policy = Transkimmer(
        dense.bert.config, keep_bias=settings.keep_bias, temperature=settings.temperature
    )
    _prune(job, dense, policy, lambda model: TranskimmerObjective(model, settings))


def _train_powerbert(job: Job) -> None:
    dense, settings = job.model("dense"), job.config.powerbert
    length = max(len(window.input_ids) for window in job.training_windows)
    policy = PowerBert(dense.bert.config, length=length)
    _prune(job, dense, policy, lambda model: PowerbertObjective(model, settings))


def _train_trbert(job: Job) -> None:
    dense, settings = job.model("dense"), job.config.trbert
    torch.manual_seed(job.config.seed)
    try:
        policy = TrBert(dense.bert.config, width=settings.selector_width, keep_start=settings.keep_start)
    except ValueError as error:
        raise InputError(f"trbert {error}") from None
    teacher, targets = _logits(dense, job.training_windows), _load_targets(job)
    _prune(job, dense, policy, lambda model: TrbertObjective(model, settings, targets, teacher))


TRAINERS: dict[str, Callable[[Job], None]] = {
    "dense": _train_dense,
    "distilbert": _train_distilbert,
    "adapler": _train_adapler,
    "top": _train_top,
    "ltp": _train_ltp,
    "transkimmer": _train_transkimmer,
    "powerbert": _train_powerbert,
    "trbert": _train_trbert,
}
"""Adding a method: its objective, and a row here."""


def _prune(
    job: Job,
    dense: PruningClassifier,
    policy: Policy,
    objective: Callable[[PruningClassifier], Objective],
) -> None:
    """Train the dense model's weights on under a policy, and save the model."""
    model = PruningClassifier(dense.bert, policy).to(job.process.device)
    made = objective(model)
    settings = made.settings
    if isinstance(settings, PrunerSettings) and settings.distil:
        made.learn_from(_logits(dense, job.training_windows), settings.distil)
    _finish_training(job, made)


def _finish_training(job: Job, objective: Objective) -> None:
    """Train to the end and save the model."""
    method = objective.model.policy.method
    _train(job, method, objective)
    _finish(job, objective.model, method)


def _logits(dense: PruningClassifier, windows: Sequence[Window]) -> Logits:
    """The fine-tuned model's answers, asked for before a pruner trains its weights on."""
    rows = infer(dense, windows).logits
    return {(w.text_id, w.window): row for w, row in zip(windows, rows, strict=True)}


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
