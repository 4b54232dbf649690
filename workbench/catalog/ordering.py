"""Names in an order of presentation."""

from collections.abc import Iterable


def ordered(names: Iterable[str], order: Iterable[str]) -> list[str]:
    """Return each of `names` once: those of `order` in its order, then the others as they come."""
    known = dict.fromkeys(names)
    first = [name for name in order if name in known]
    return [*first, *(name for name in known if name not in first)]
