"""What is trained side by side on one task: every method at each of its strengths."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.catalog.methods import METHODS
from workbench.config.comparison import spelled
from workbench.config.systems import SystemsConfig

DONE = "trained.json"
"""In the folder: by model what it was trained with."""


@dataclass(frozen=True)
class System:
    """A method at a strength."""

    method: str
    strength: float | None = None

    @property
    def name(self) -> str:
        """Return what its files are called."""
        return self.method if self.strength is None else f"{self.method}-{spelled(self.strength)}"

    @property
    def title(self) -> str:
        """Return how it is called in tables."""
        own = METHODS[self.method].title
        return own if self.strength is None else f"{own} {spelled(self.strength)}"


def systems_of(config: SystemsConfig) -> Iterator[System]:
    """Yield every method at each of its strengths, the dense model first."""
    for method in config.run.methods:
        for strength in config.strengths.get(method, [None]):
            yield System(method, strength)
