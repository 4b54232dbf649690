"""Callbacks of scorers while they run."""

from collections.abc import Sequence

from workbench.core.documents import Window


class Events:
    """Ignores everything; override what is of interest."""

    def progress(self, windows: int) -> None:
        """Take note that so many windows are done."""

    def note(self, text: str) -> None:
        """Take note that batches were made smaller."""

    def failed(self, scorer: str, window: Window, layers: Sequence[int]) -> None:
        """Take note of NaN or infinity, in place of which the window has no scores.

        Args:
            scorer: Its name.
            window: The window that was scored.
            layers: Its layers that failed.
        """
