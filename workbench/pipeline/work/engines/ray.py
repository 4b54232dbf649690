"""Tasks of a Ray cluster, which begins those again whose worker or machine died."""

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.pipeline.work.unit import Unit, carry_out
from workbench.pipeline.work.workers import Workers

TAKES = frozenset({"processes", "address", "cpus", "gpus", "memory_gb", "retries"})


def at_once(workers: Workers) -> int | None:
    """Return how many units the cluster is given at a time; None: all that can begin."""
    return workers.processes


def open_engine(workers: Workers, folder: Path) -> "RayEngine":
    """Join a Ray cluster.

    Args:
        workers: Its address, and what a unit may use.
        folder: Not needed.

    Raises:
        InputError: Ray is not installed, or there is no cluster at the address.
    """
    try:
        import ray
    except ImportError:
        raise InputError(
            "--engine ray: install the extra ray: pip install 'rationale-workbench[ray]'"
        ) from None
    # Ray has its own idea of SIGTERM.
    before = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address=workers.address, log_to_driver=False, logging_level="error")
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(
            f"--address {workers.address}: no Ray cluster answers there ({str(error).splitlines()[0]}); "
            "start one with `ray start --head`"
        ) from error
    finally:
        signal.signal(signal.SIGTERM, before)
    return RayEngine(ray, workers.processes, workers.retries)


class RayEngine:
    """Every unit is a task; those of one process after another import what they need once."""

    begins_again = True

    def __init__(self, ray: Any, at_once: int | None, retries: int) -> None:
        self.ray, self.at_once, self.retries = ray, at_once, retries
        self.task = ray.remote(_carry_out)

    def submit(self, unit: Unit) -> "_RayRun":
        """Have a unit carried out wherever there is room; one that measures time on a machine of its
        own, the one with the most processors."""
        needs = unit.resources
        chosen: dict[str, Any] = {"num_cpus": needs.cpus, "num_gpus": needs.gpus}
        if needs.alone:
            memory = (needs.memory_gb or 0) * 2**30
            fit = [
                node["Resources"]
                for node in self.ray.nodes()
                if node["Alive"]
                and node["Resources"].get("GPU", 0) >= needs.gpus
                and node["Resources"].get("memory", 0) >= memory
            ]
            chosen["num_cpus"] = most = max((int(one.get("CPU", 0)) for one in fit), default=1)
            # A worker of its own, whose libraries have not begun with fewer threads.
            chosen["runtime_env"] = {"env_vars": {"OMP_NUM_THREADS": str(most)}}
        if needs.memory_gb is not None:
            chosen["memory"] = needs.memory_gb * 2**30
        task = self.task.options(name=unit.name, max_retries=self.retries, **chosen)
        return _RayRun(self.ray, task.remote(str(unit.folder)))

    def close(self) -> None:
        """Leave the cluster, which ends what it still does for this command."""
        self.ray.shutdown()


@dataclass(frozen=True)
class _RayRun:
    ray: Any
    reference: Any

    def ended(self) -> bool:
        ready, _ = self.ray.wait([self.reference], timeout=0)
        return bool(ready)

    def why(self) -> str:
        try:
            self.ray.get(self.reference)
        except Exception as error:
            first = str(error).strip().splitlines()[:1]
            return f"its worker died: {type(error).__name__}{': ' if first else ''}{''.join(first)}"
        return "its worker left no result"

    def stop(self) -> None:
        self.ray.cancel(self.reference, force=True)


def _carry_out(folder: str) -> None:
    carry_out(Path(folder))
