"""A run from its configuration to its last table: checked, locked, trained, evaluated."""

from collections.abc import Callable
from contextlib import ExitStack

from workbench.errors import InputError
from workbench.pipeline.checks import check_run
from workbench.pipeline.environment import describe_environment
from workbench.pipeline.evaluate import evaluate_run, evaluations
from workbench.pipeline.job import Job
from workbench.pipeline.tracking import tell_results
from workbench.pipeline.train import train_run
from workbench.runs.flat import write_flat
from workbench.runs.folder import ENVIRONMENT, refuse_other_run
from workbench.runs.manifest import STAGES
from workbench.storage.atomic import write_json
from workbench.storage.locks import one_writer


def make_run(job: Job, doing: str, finish: Callable[[Job], object]) -> None:
    """Carry out every stage of a run that is not done; nobody else writes its folder meanwhile.

    Args:
        job: The run; its folder may be new.
        doing: The command, for others who want to write the folder.
        finish: Writes what speaks of the results; called in the main process.

    Raises:
        InputError: Before anything is written, for all that `check_run` refuses, and for a folder of
            something else.
        WorkbenchError: The folder has a writer, the disk is full, or training diverged.
    """
    with ExitStack() as held:
        with job.process.main_process_first():
            if job.process.is_main_process:
                refuse_other_run(job.run.folder, job.config.name)
                held.enter_context(one_writer(job.run.folder, doing))
                _begin(job)
        held.enter_context(job.reporter)
        train_run(job)
        if job.process.is_main_process:
            evaluate_run(job)
            _tell_results(job)
            finish(job)


def evaluate_again(job: Job, finish: Callable[[Job], object]) -> None:
    """Repeat every stage after training.

    Args:
        job: A run whose models are trained.
        finish: Writes what speaks of the results.

    Raises:
        InputError: A model is not trained, or not whole, or what it was trained on has changed.
        WorkbenchError: The folder has a writer, or the disk is full.
    """
    with one_writer(job.run.folder, "evaluate"), job.reporter:
        job.stages.refuse_unrecorded()
        for method in job.config.methods:
            if not job.is_done(method):
                why = job.stages.why(method, job.recipe(method)) or f"{STAGES} does not have it"
                raise InputError(
                    f"{job.run.folder}: {method} must be trained first ({why}); give the command that "
                    "made the run again"
                )
        evaluate_run(job, again=True)
        _tell_results(job)
        finish(job)


def _tell_results(job: Job) -> None:
    """Write metrics.json and params.yaml, and tell the trackers the same numbers."""
    numbers = write_flat(job.run, job.config)
    cpu = job.process.device.type == "cpu"
    tell_results(job.config, job.run.folder, numbers, cpu=cpu, warn=job.reporter.warning)


def _begin(job: Job) -> None:
    """Check a run and make its folder one; a run without any result gets its configuration at once."""
    job.stages.refuse_unrecorded()
    check_run(job)
    environment = job.run.folder / ENVIRONMENT
    if not environment.is_file():
        # First, since it is what makes the folder a run's.
        write_json(environment, describe_environment(job.config.seed))
    if not job.stages.done:
        job.stages.adopt_config()


def is_finished(job: Job) -> bool:
    """Return whether every stage of a run was done with its configuration, and is whole."""
    return all(job.is_done(stage) for stage in (*job.config.methods, *evaluations(job.config)))


def is_trained(job: Job) -> bool:
    """Return whether a run is finished but, perhaps, for its stopwatch."""
    stages = (*job.config.methods, *evaluations(job.config))
    return all(job.is_done(stage) for stage in stages if stage != "efficiency")
