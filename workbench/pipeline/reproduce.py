"""A finished run made again from its recorded configuration, in a folder of its own."""

from collections.abc import Callable
from pathlib import Path

from workbench.errors import InputError
from workbench.pipeline.evaluate import evaluations
from workbench.pipeline.job import Job, Reporter
from workbench.pipeline.run import is_finished, make_run
from workbench.runs.folder import COMPARISON, CONFIG, ENVIRONMENT, Run, load_run, refuse_foreign
from workbench.runs.reproduction import Reproduction, compare_runs
from workbench.runs.stages import Stages
from workbench.runs.tables import read_run_data
from workbench.storage.locks import WRITER


def finished_run(folder: Path) -> Run:
    """Open a run that can be made again; InputError for a comparison and for an unfinished run."""
    if (folder / COMPARISON).is_file():
        raise InputError(
            f"{folder}: is a comparison; its trials are ordinary runs: reproduce those below cells/ and "
            "dense/ one by one"
        )
    run = load_run(folder)
    done = Stages(folder).done
    missing = [name for name in (*run.config.methods, *evaluations(run.config)) if name not in done]
    if missing:
        raise InputError(
            f"{folder}: the run is not at its end (no {', '.join(missing)}); finish it first: workbench "
            f"run {folder / CONFIG} --out {folder}"
        )
    return run


def check_again(run: Run, out: Path) -> None:
    """Raise InputError unless `out` is new, empty, or an interrupted reproduction of this run."""
    if out.resolve() == run.folder.resolve():
        raise InputError(f"{out}: is the run itself; choose another --out")
    refuse_foreign(out, ENVIRONMENT, "run")
    if not (out / CONFIG).is_file():
        return
    if load_run(out).config != run.config:
        raise InputError(f"{out}: holds a run with another configuration; choose another --out")
    # Who was killed between the last stage and the cards left the name of the writer there.
    if is_finished(Job(Run(out), run.config)) and not (out / WRITER).is_file():
        raise InputError(f"{out}: holds a finished run already; choose another --out")


def reproduce(
    run: Run, out: Path, reporter: Reporter, write_cards: Callable[[Path], object]
) -> Reproduction:
    """Train and evaluate a run's configuration again, and compare the two.

    Args:
        run: A finished run; see `finished_run`.
        out: The folder to make; see `check_again`.
        reporter: Hears about progress.
        write_cards: Writes the models' cards of the run folder that it is given.
    """
    job = Job(Run(out), run.config, reporter)
    make_run(job, "reproduce", lambda job: write_cards(job.run.folder))
    return compare_runs(read_run_data(run.folder), read_run_data(out))
