"""Names in an order of presentation."""

from collections.abc import Iterable


def ordered(names: Iterable[object], order: Iterable[str]) -> list[str]:
    """Return each of `names` once: those of `order` in its order, then the others as they come."""
    distinct = dict.fromkeys(map(str, names))
    first = {name: None for name in order if name in distinct}
    return [*(first | distinct)]
