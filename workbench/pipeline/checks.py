"""What can be found wrong with a run before its first step: data, backbone, settings, free disk."""

import shutil
from collections.abc import Sequence

import torch

from workbench.attribution.registry import check_scorers
from workbench.config.run import RunConfig
from workbench.core.processor import multiplies_bfloat16
from workbench.errors import InputError, WorkbenchError
from workbench.models.classifier import PruningClassifier
from workbench.models.policies import policy_class
from workbench.models.policies.base import Policy
from workbench.models.pretrained import load_backbone
from workbench.pipeline.evaluate import evaluations, scorer_groups, scorer_options
from workbench.pipeline.evaluations.faithfulness import chosen_layers
from workbench.pipeline.job import Job, Reporter, this_process
from workbench.pipeline.tracking import require_trackers
from workbench.training.inputs import trial_inputs
from workbench.training.objectives import objective_class, prepare_objective

TRAINING_COPIES = 4
"""Copies of a model's weights on disk while it trains: itself, two moments, one being written."""
_SPARE = 4 * 2**20
"""Bytes for tables and the report of the smallest run."""


def check_run(job: Job) -> None:
    """Raise InputError, or WorkbenchError for a full disk, for whatever would stop a run later.

    Every method that is not trained yet is prepared once with the backbone as it comes and a single
    window, every scorer is asked whether it can explain its model. Nothing is written.
    """
    check_methods(job.config)
    require_trackers(job.config)
    untrained = [method for method in job.config.methods if not job.is_done(method)]
    if untrained:
        warn_of_bfloat16(job.config, untrained, job.reporter)
        with torch.random.fork_rng(devices=[]):
            _check_evaluation(job, _prepared_models(job, len(untrained)))
    elif not all(job.is_done(stage) for stage in evaluations(job.config)):
        _check_evaluation(job, {method: job.model(method) for method in job.config.methods})


def check_methods(config: RunConfig) -> None:
    """Raise InputError, with file and line, where declaration, policy and settings disagree."""
    for method in config.methods:
        objective_class(method)
        policy = policy_class(method)
        policy.check_declared(method)
        policy.check_settings(type(config.section(method)))


def warn_of_bfloat16(config: RunConfig, methods: Sequence[str], reporter: Reporter) -> None:
    """Warn of trainings in bfloat16 on a processor that has to imitate its products.

    Args:
        config: Of the run that the methods' sections are in.
        methods: Those that will be trained.
        reporter: Is warned.
    """
    if this_process().device.type != "cpu" or multiplies_bfloat16() is not False:
        return
    for method in dict.fromkeys(methods):
        if config.section(method).mixed_precision == "bf16":
            reporter.warning(
                f"{method}.mixed_precision: bf16 on a processor without bfloat16 products makes "
                "training many times slower; leave the key out."
            )


def _prepared_models(job: Job, untrained: int) -> dict[str, PruningClassifier]:
    """Return every method's model, as it is before any training."""
    dense = PruningClassifier(
        load_backbone(job.config.backbone, job.corpus.labels, kind=job.corpus.task), Policy()
    )
    limit = dense.backbone.positions
    if job.config.data.max_tokens > limit:
        raise InputError(
            f"data.max_tokens is {job.config.data.max_tokens}, the backbone's limit is {limit}"
        )
    _check_disk(job, dense, untrained)
    models = {"dense": dense}
    config = job.config
    for method in config.methods[1:]:
        inputs = trial_inputs(
            dense, job.training_windows, config.seed, job.tokenizer, config.data.max_tokens,
            config.backbone,
        )  # fmt: skip
        models[method] = prepare_objective(method, inputs, job.config.section(method)).model
    return models


def _check_evaluation(job: Job, models: dict[str, PruningClassifier]) -> None:
    tested = {*job.config.evaluation.faithfulness.scorers}
    for method, names in scorer_groups(job):
        check_scorers(names, models[method], scorer_options(job, names))
        if tested & {*names}:
            chosen_layers(job.config, models[method])


def _check_disk(job: Job, model: PruningClassifier, untrained: int) -> None:
    weights = sum(value.nbytes for value in model.stock.state_dict().values())
    kept = job.config.section("dense").model_dump()["keep_best"]
    needed = weights * (untrained + TRAINING_COPIES + kept) + _SPARE
    free = shutil.disk_usage(job.run.folder).free
    if free < needed:
        raise WorkbenchError(
            f"{job.run.folder}: the disk has {free / 2**20:,.0f} MB free, and {untrained} models with "
            f"their training need about {needed / 2**20:,.0f} MB"
        )
