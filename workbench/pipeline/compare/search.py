"""The search for the strength that gives a wanted speed-up or loss: bisection, nothing else."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from workbench.catalog.methods import Strength
from workbench.errors import InputError

CONTRADICTION = 0.98
"""A faster strength whose speed-up is below this share of a slower one's contradicts the catalogue."""


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
    strength: Strength,
    is_speedup: bool = True,
) -> Found:
    """Find the strength in [low, high] whose `measure` lies within `slack` of `target`.

    The value is taken to rise as the method becomes faster. The first try is at `first`, the next ones
    in the middle of what is left, three digits each. If all but the last try lie on one side of the
    target, the last is made at that end of the range, so that failing is a fact about the range. A value
    that falls as the method should become faster is noted, and the search goes on; a speed-up that falls
    between the first two tries is refused.

    Args:
        measure: Trains at a strength and returns the value; None for a training that failed, which is
            taken for too fast.
        low: Lower end of the range.
        high: Upper end of the range.
        first: Where to begin.
        target: The wanted value.
        slack: How far from it still counts as reached.
        tries: At most this many trainings.
        strength: The method's scale and direction.
        is_speedup: Whether the value is a speed-up; a loss may fall by chance.

    Raises:
        InputError: The speed-up does not follow the strength's direction.
    """
    ends = (low, high) if strength.faster == "larger" else (high, low)
    slow, fast = ends
    made: list[Try] = []
    chosen: float | None = min(max(first, low), high)
    while chosen is not None and len(made) < tries:
        value = measure(chosen)
        made.append(Try(chosen, value))
        if value is not None and abs(value - target) <= slack:
            return Found(tuple(made), made[-1], True, _notes(made, strength))
        if is_speedup and len(made) == 2:
            _refuse_contradiction(made, strength)
        if value is None or value > target:
            fast = chosen
        else:
            slow = chosen
        last = len(made) == tries - 1
        chosen = _next(
            (slow, fast), ends, last, strength.scale == "linear", {one.strength for one in made}
        )
    valued = [one for one in made if one.value is not None]
    nearest = min(valued, key=lambda one: abs(_value(one) - target), default=None)
    notes = (*_notes(made, strength), _missed(made, target, ends, strength))
    return Found(tuple(made), nearest, False, notes)


def _refuse_contradiction(made: list[Try], strength: Strength) -> None:
    """Raise InputError if the first two tries contradict the direction that the catalogue gives."""
    if any(one.value is None for one in made):
        return
    slower, faster = _from_slow_to_fast(made, strength)
    if _value(faster) >= CONTRADICTION * _value(slower):
        return
    other = "smaller" if strength.faster == "larger" else "larger"
    raise InputError(
        f"speed-up {_value(slower):.3f} at {strength.key}={slower.strength:g} but "
        f"{_value(faster):.3f} at {faster.strength:g}: it does not rise as {strength.key} "
        f"becomes {strength.faster}; where the method is right, register its "
        f"strength with faster={other!r}"
    )


def _from_slow_to_fast(made: Iterable[Try], strength: Strength) -> list[Try]:
    return sorted(made, key=lambda one: one.strength, reverse=strength.faster == "smaller")


def _next(
    bracket: tuple[float, float], ends: tuple[float, float], last: bool, linear: bool, made: set[float]
) -> float | None:
    """The next strength; None where three digits leave nothing between what was tried."""
    (slow, fast), (slow_end, fast_end) = bracket, ends
    middle = float(f"{(slow + fast) / 2 if linear else math.sqrt(slow * fast):.3g}")
    pairs = ((fast_end, fast), (slow_end, slow))
    untried = [end for end, bound in pairs if end == bound and end not in made]
    if (last or middle in made) and len(untried) == 1:
        return untried[0]
    return None if middle in made or not min(ends) <= middle <= max(ends) else middle


def _notes(made: list[Try], strength: Strength) -> tuple[str, ...]:
    notes = [f"strength {one.strength:g} failed" for one in made if one.value is None]
    ranked = _from_slow_to_fast((one for one in made if one.value is not None), strength)
    for weaker, stronger in pairwise(ranked):
        if _value(stronger) < _value(weaker):
            notes.append(
                f"not monotone: {_value(weaker):.3f} at strength {weaker.strength:g}, "
                f"{_value(stronger):.3f} at {stronger.strength:g}"
            )
    return tuple(notes)


def _missed(made: list[Try], target: float, ends: tuple[float, float], strength: Strength) -> str:
    """Say whether the range ends too early, and on which side."""
    values = [_value(one) for one in made if one.value is not None]
    strengths = {one.strength for one in made}
    (slow_end, fast_end), larger = ends, strength.faster == "larger"
    upper, lower = "the range ends at strength", "the range begins at strength"
    if values and max(values) < target and fast_end in strengths:
        advice = "raise its upper end" if larger else "lower its lower end"
        return f"{upper if larger else lower} {fast_end:g}, short of {target:g}; {advice}"
    if values and min(values) > target and slow_end in strengths:
        advice = "lower its lower end" if larger else "raise its upper end"
        return f"{lower if larger else upper} {slow_end:g}, beyond {target:g}; {advice}"
    return f"not reached in {len(made)} tries"


def _value(one: Try) -> float:
    assert one.value is not None
    return one.value
