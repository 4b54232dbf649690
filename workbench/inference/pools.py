"""Any number of items sent through a model a pool at a time: memory does not depend on their number."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TypeVar

from workbench.errors import InputError

_T = TypeVar("_T")
_R = TypeVar("_R")


def check_pool(batch_size: int, pool: int) -> None:
    """Raise InputError for a number below 1.

    Args:
        batch_size: Windows that run together.
        pool: How many times as many items are read at a time.
    """
    for name, value in (("batch_size", batch_size), ("pool", pool)):
        if value < 1:
            raise InputError(f"{name} {value}: at least 1")


def in_pools(items: Iterator[_T], size: int, run: Callable[[list[_T]], list[_R]]) -> Iterator[_R]:
    """Yield what `run` makes of each pool; nothing is read before the first `next`.

    Args:
        items: A pool of them is read once the results of the one before are handed out.
        size: How many items a pool has; the last may have fewer.
        run: Takes the items of a pool and returns at least one result.
    """

    def next_pool() -> list[_R]:
        members = list(islice(items, size))
        return run(members) if members else []

    # Unlike a loop with a variable for the pool, the chain lets go of one before it asks for the next.
    return chain.from_iterable(iter(next_pool, []))


def refuse_repeated(ids: Iterable[str], noun: str) -> None:
    """Raise InputError for an id that comes twice.

    Args:
        ids: Of the items of a pool.
        noun: What an item is called.
    """
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise InputError(f"{noun} {one!r} comes twice; give each an id of its own")
        seen.add(one)
