"""The search for the strength that gives a wanted speed-up or loss: bisection, nothing else."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Try:
    """One training: its strength and what it gave; no value where it failed."""

    strength: float
    value: float | None


@dataclass(frozen=True)
class Found:
    """What a search tried, in order, and the try nearest to the target."""

    tries: tuple[Try, ...]
    nearest: Try | None
    """None where every training failed."""
    reached: bool
    notes: tuple[str, ...]
    """Why it was not reached, which trainings failed, and where the values were not monotone."""


def bisect(
    measure: Callable[[float], float | None],
    low: float,
    high: float,
    *,
    first: float,
    target: float,
    slack: float,
    tries: int,
    linear: bool = False,
) -> Found:
    """Find the strength in [low, high] whose `measure` lies within `slack` of `target`.

    The value is taken to rise with the strength. The first try is at `first`, the next ones in the
    middle of what is left, on a log scale (`linear`: as they are), three digits each. If all but the
    last try lie on one side of the target, the last is made at that end of the range, so that failing
    is a fact about the range. `measure` returns None for a training that failed, which is taken for too
    strong. A value that falls while the strength rises is noted, and the search goes on.
    """
    bottom, top = low, high
    made: list[Try] = []
    strength: float | None = min(max(first, low), high)
    while strength is not None and len(made) < tries:
        value = measure(strength)
        made.append(Try(strength, value))
        if value is not None and abs(value - target) <= slack:
            return Found(tuple(made), made[-1], True, _notes(made))
        if value is None or value > target:
            top = strength
        else:
            bottom = strength
        last = len(made) == tries - 1
        strength = _next(bottom, top, low, high, last, linear, {one.strength for one in made})
    valued = [one for one in made if one.value is not None]
    nearest = min(valued, key=lambda one: abs(_value(one) - target), default=None)
    return Found(tuple(made), nearest, False, (*_notes(made), _missed(made, target, low, high)))


def _next(
    bottom: float, top: float, low: float, high: float, last: bool, linear: bool, made: set[float]
) -> float | None:
    """The next strength; None where three digits leave nothing between what was tried."""
    middle = float(f"{(bottom + top) / 2 if linear else math.sqrt(bottom * top):.3g}")
    untried = [end for end, bound in ((high, top), (low, bottom)) if end == bound and end not in made]
    if (last or middle in made) and len(untried) == 1:
        return untried[0]
    return None if middle in made or not low <= middle <= high else middle


def _notes(made: list[Try]) -> tuple[str, ...]:
    notes = [f"strength {one.strength:g} failed" for one in made if one.value is None]
    ranked = sorted((one for one in made if one.value is not None), key=lambda one: one.strength)
    for weaker, stronger in pairwise(ranked):
        if _value(stronger) < _value(weaker):
            notes.append(
                f"not monotone: {_value(weaker):.3f} at strength {weaker.strength:g}, "
                f"{_value(stronger):.3f} at {stronger.strength:g}"
            )
    return tuple(notes)


def _missed(made: list[Try], target: float, low: float, high: float) -> str:
    values = [_value(one) for one in made if one.value is not None]
    strengths = {one.strength for one in made}
    if values and max(values) < target and high in strengths:
        return f"the range ends at strength {high:g}, short of {target:g}; raise its upper end"
    if values and min(values) > target and low in strengths:
        return f"the range begins at strength {low:g}, beyond {target:g}; lower its lower end"
    return f"not reached in {len(made)} tries"


def _value(one: Try) -> float:
    assert one.value is not None
    return one.value
