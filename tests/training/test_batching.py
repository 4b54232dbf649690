"""Batches cover every index once and depend on nothing but seed and epoch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.training.batching import POOL, epoch_batches, parts_of

FEW = settings(max_examples=40, deadline=None, derandomize=True)


@FEW
@given(st.lists(st.integers(2, 64), min_size=1, max_size=300), st.integers(1, 9), st.integers(0, 5))
def test_every_index_comes_exactly_once(lengths, batch_size, epoch) -> None:
    batches = epoch_batches(lengths, batch_size, 3, epoch)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert len(batches) == -(-len(lengths) // batch_size)
    assert sorted(map(len, batches))[1:] == [batch_size] * (len(batches) - 1)


def test_batches_are_a_pure_function_of_seed_and_epoch() -> None:
    lengths = np.random.default_rng(0).integers(2, 60, 200).tolist()
    first = epoch_batches(lengths, 8, 1, 2)
    np.random.default_rng(5).random(3)
    assert epoch_batches(lengths, 8, 1, 2) == first
    assert epoch_batches(lengths, 8, 1, 3) != first
    assert epoch_batches(lengths, 8, 2, 2) != first


def test_batches_hold_similar_lengths_in_shuffled_order() -> None:
    lengths = np.random.default_rng(0).integers(2, 60, POOL * 8).tolist()
    batches = epoch_batches(lengths, 8, 0, 0)
    spans = [max(lengths[i] for i in b) - min(lengths[i] for i in b) for b in batches]
    assert max(spans) < 15
    longest = [max(lengths[i] for i in b) for b in batches]
    assert longest != sorted(longest)
    assert longest != sorted(longest, reverse=True)


@FEW
@given(st.integers(1, 20), st.integers(1, 4), st.integers(1, 3))
def test_parts_of_all_processes_cover_the_batch_once(size, parts, processes) -> None:
    batch = list(range(100, 100 + size))
    shares = [parts_of(batch, parts, process, processes) for process in range(processes)]
    assert sorted(i for share in shares for part in share for i in part) == batch
    assert all(part for share in shares for part in share)
    assert all(len(share) <= parts for share in shares)


@pytest.mark.parametrize(
    ("parts", "process", "processes", "expected"),
    [
        (1, 0, 1, [[5, 6, 7, 8, 9]]),
        (2, 0, 1, [[5, 6, 7], [8, 9]]),
        (1, 0, 2, [[5, 6, 7]]),
        (1, 1, 2, [[8, 9]]),
        (2, 1, 2, [[7], [9]]),
        (8, 0, 1, [[5], [6], [7], [8], [9]]),
    ],
)
def test_parts_by_hand(parts, process, processes, expected) -> None:
    assert parts_of([5, 6, 7, 8, 9], parts, process, processes) == expected
