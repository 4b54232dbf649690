"""Slurm's jobs by submitit, or, to try a command, processes that submitit starts here."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.pipeline.work.unit import Unit, carry_out
from workbench.pipeline.work.workers import Workers

TAKES = frozenset({"processes", "cpus", "gpus", "memory_gb", "minutes", "partition", "local", "retries"})


def at_once(workers: Workers) -> int | None:
    """Return how many units the cluster is given at a time; None: all that can begin."""
    return workers.processes


def open_engine(workers: Workers, folder: Path) -> "SlurmEngine":
    """Return an engine that hands units to Slurm.

    Args:
        workers: Partition, and whether jobs are processes of this machine.
        folder: For submitit's scripts and logs.

    Raises:
        InputError: submitit is not installed, or there is no Slurm here.
    """
    try:
        import submitit
    except ImportError:
        raise InputError(
            "--engine slurm: install the extra slurm: pip install 'rationale-workbench[slurm]'"
        ) from None
    try:
        executor = submitit.AutoExecutor(folder, cluster="local" if workers.local else "slurm")
    except RuntimeError:
        raise InputError(
            "--engine slurm: there is no Slurm here (no srun); give the command on a machine of the "
            "cluster, or try it with --local"
        ) from None
    return SlurmEngine(executor, workers)


class SlurmEngine:
    """Every unit is a job. What Slurm requeues goes on in the same folder."""

    begins_again = False

    def __init__(self, executor: Any, workers: Workers) -> None:
        self.executor, self.workers, self.at_once = executor, workers, workers.processes

    def submit(self, unit: Unit) -> "_SlurmRun":
        """Submit a job; one that measures time has its machine to itself."""
        needs = unit.resources
        chosen: dict[str, Any] = {
            "name": "workbench", "timeout_min": needs.minutes, "gpus_per_node": needs.gpus or None,
            "cpus_per_task": needs.cpus, "mem_gb": needs.memory_gb,
            "slurm_partition": self.workers.partition, "slurm_comment": unit.name,
        }  # fmt: skip
        if needs.alone:
            chosen["slurm_exclusive"] = True
        self.executor.update_parameters(**{k: v for k, v in chosen.items() if v is not None})
        threads = None if needs.alone else needs.cpus
        return _SlurmRun(self.executor.submit(Resumed(threads), str(unit.folder)))

    def close(self) -> None:
        """Nothing is left once the jobs are stopped."""


@dataclass(frozen=True)
class Resumed:
    """What a job calls: submitted again when Slurm ends it for its time, or for another's job."""

    threads: int | None
    """None: as many as the machine has."""

    def __call__(self, folder: str) -> None:
        """Carry out the unit of a folder."""
        if self.threads is not None:
            os.environ["OMP_NUM_THREADS"] = str(self.threads)
        carry_out(Path(folder))

    def checkpoint(self, folder: str) -> Any:
        """Return the same once more: trainings keep their own checkpoints."""
        import submitit

        return submitit.helpers.DelayedSubmission(self, folder)


@dataclass(frozen=True)
class _SlurmRun:
    job: Any

    def ended(self) -> bool:
        return bool(self.job.done())

    def why(self) -> str:
        return f"its job {self.job.job_id} ended without a result ({self.job.state})"

    def stop(self) -> None:
        self.job.cancel(check=False)
