"""Scorers that are known for the time of a test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.catalog.scorers import SCORERS, ScorerSpec

PLACE = Path("a test")


@contextmanager
def extra_scorer(name: str, implementation: Callable[..., Any], **fields: Any) -> Iterator[None]:
    """Have a scorer in the catalogue inside."""
    required = {"title": name, "description": name, "group": "attention"}
    spec = ScorerSpec(name=name, implementation=implementation, **required | fields)
    SCORERS.add(spec, f"{PLACE}:{name}")
    try:
        yield
    finally:
        SCORERS.remove_from(PLACE)
