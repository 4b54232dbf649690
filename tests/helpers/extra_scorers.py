"""Scorers that are known for the time of a test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from workbench.catalog.scorers import SCORERS, ScorerSpec


@contextmanager
def extra_scorer(name: str, implementation: Callable[..., Any], **fields: Any) -> Iterator[None]:
    """Have a scorer in the catalogue inside."""
    required = {"title": name, "description": name, "group": "attention"}
    SCORERS.add(
        ScorerSpec(name=name, implementation=implementation, **required | fields), f"test:{name}"
    )
    try:
        yield
    finally:
        SCORERS.remove(name)
