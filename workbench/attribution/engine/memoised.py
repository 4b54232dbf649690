"""Things that several scorers derive from the same batch or layer, computed once."""

from collections.abc import Callable
from typing import Any, Self, TypeVar

_T = TypeVar("_T")


class Once:
    """Remembers what functions of it gave."""

    def __init__(self) -> None:
        self._made: dict[Any, Any] = {}

    def once(self, make: Callable[[Self], _T]) -> _T:
        """What `make` gives for this object, computed when first asked for."""
        if make not in self._made:
            self._made[make] = make(self)
        found: _T = self._made[make]
        return found
