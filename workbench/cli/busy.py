"""Tell users whose machine does other work that what they start will be slow."""

import os

import psutil

from workbench.cli.terminal import warn

_WATCHED = 0.1
"""Seconds in which this process waits and others are watched."""
_MUCH = 0.5
"""Busy processors from which something is said: threads that wait for each other then spin in vain."""


def warn_if_busy() -> None:
    """Print a line where other processes keep half a processor or more busy.

    Source of its numbers: docs/performance.md, "A machine that does other work".
    """
    cores = os.cpu_count() or 1
    busy = psutil.cpu_percent(_WATCHED) / 100 * cores
    if busy >= _MUCH:
        warn(
            f"note: other work keeps {busy:.1f} of this machine's {cores} processors busy. torch's "
            "threads then wait for each other: a step can take three times as long. OMP_NUM_THREADS=1 "
            "helps, or OMP_WAIT_POLICY=PASSIVE; measured times are not to be quoted."
        )
