"""Things that several scorers derive from the same batch or layer, computed once."""

from collections.abc import Callable
from typing import Any, Self, TypeVar

_T = TypeVar("_T")


class Memoised:
    """Remembers what functions of it returned, as long as it lives itself."""

    def __init__(self) -> None:
        self._results: dict[Callable[[Any], Any], Any] = {}

    def once(self, function: Callable[[Self], _T]) -> _T:
        """Return `function(self)`, computed at the first call only."""
        if function not in self._results:
            self._results[function] = function(self)
        result: _T = self._results[function]
        return result
