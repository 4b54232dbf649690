"""Measure seconds and memory of several systems that do the same work, in turn, in one process."""

import ctypes
import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import pandas as pd
import torch

from workbench.metrics.schemas import STOPWATCH

Name = TypeVar("Name", bound=Hashable)


def stopwatch(
    systems: Mapping[Name, Callable[[], None]], repeats: int, warmup: int = 1
) -> dict[Name, list[float]]:
    """Return the seconds of every system in every round, in order.

    In each round all systems run in turn in this process, so that a slow spell of the machine hits them
    alike.

    Args:
        systems: By name; work on a GPU must end with its own synchronisation.
        repeats: Recorded rounds; ValueError if fewer than 1.
        warmup: Rounds before them.
    """
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, not {repeats}")
    seconds: dict[Name, list[float]] = {name: [] for name in systems}
    for turn in range(-warmup, repeats):
        for name, run in systems.items():
            start = perf_counter()
            run()
            elapsed = perf_counter() - start
            if turn >= 0:
                seconds[name].append(elapsed)
    return seconds


def peak_memory(run: Callable[[], None], device: torch.device) -> float | None:
    """Return the most memory in MB (10^6 bytes) that `run` had in use at once, over that before.

    On the CPU the rise of the process's resident memory, which Linux keeps; None elsewhere. On a GPU
    what torch had allocated there.
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        allocated = torch.cuda.memory_allocated(device)
        run()
        return (torch.cuda.max_memory_allocated(device) - allocated) / 1e6
    if sys.platform != "linux":
        return None
    try:
        ctypes.CDLL(None).malloc_trim(0)  # What earlier work freed must not hide what this work takes.
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # Resets the peak.
    except (OSError, AttributeError):
        return None
    before = resident("VmRSS")
    run()
    return max(0.0, resident("VmHWM") - before)


def resident(field: str) -> float:
    """Return resident memory in MB (10^6 bytes), Linux only: `VmRSS` now, `VmHWM` at its highest."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise OSError(f"/proc/self/status has no {field}")


def round_frame(seconds: Mapping[str, Sequence[float]], split: str, batch_size: int) -> pd.DataFrame:
    """Return a row for every recorded round, with the columns of `schemas.STOPWATCH`, for the spread.

    Args:
        seconds: Of every system in every round.
        split: What the texts are called.
        batch_size: Texts in a batch.
    """
    rows = [
        (name, split, batch_size, number, value)
        for name, rounds in seconds.items()
        for number, value in enumerate(rounds)
    ]
    return STOPWATCH.frame(rows)
