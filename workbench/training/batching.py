"""Choose which windows make which batch, by seed and epoch alone, so that resuming is exact."""

from collections.abc import Sequence

import numpy as np

POOL = 16
"""Batches sorted by length together: little padding, still a new mix every epoch."""


def epoch_batches(lengths: Sequence[int], batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """Return every index once, in shuffled batches of similar length, of which one may be smaller.

    Args:
        lengths: Tokens of each window.
        batch_size: Windows in a batch.
        seed: Decides the order, together with `epoch`.
        epoch: 0-based.
    """
    generator = np.random.default_rng((seed, epoch))
    order = generator.permutation(len(lengths))
    sizes = np.asarray(lengths)
    batches = []
    for start in range(0, len(order), POOL * batch_size):
        pool = order[start : start + POOL * batch_size]
        pool = pool[np.argsort(sizes[pool], kind="stable")]
        batches += [pool[i : i + batch_size].tolist() for i in range(0, len(pool), batch_size)]
    generator.shuffle(batches)
    return batches


def parts_of(batch: Sequence[int], parts: int, process: int, processes: int) -> list[list[int]]:
    """Return this process's share of a batch; empty parts are left out.

    Args:
        batch: Indices.
        parts: Into how many parts each process cuts its share.
        process: Number of this process.
        processes: How many there are.
    """
    pieces = np.array_split(np.asarray(batch), parts * processes)
    return [piece.tolist() for piece in pieces[process::processes] if len(piece)]
