"""Who is told what while scorers run."""

from collections.abc import Sequence

from workbench.core.documents import Window


class Events:
    """Says nothing; override what is wanted."""

    def progress(self, windows: int) -> None:
        """So many windows are done."""

    def note(self, text: str) -> None:
        """Something was made smaller."""

    def failed(self, scorer: str, window: Window, layers: Sequence[int]) -> None:
        """The scorer gave NaN or infinity in these layers of the window; they are left silent."""
