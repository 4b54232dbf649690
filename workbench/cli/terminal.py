"""Where the commands print."""

from rich.console import Console

# Paths, labels and hints may hold square brackets: nothing we print is markup.
OUT = Console(markup=False, emoji=False)
ERR = Console(markup=False, emoji=False, stderr=True)


def say(*lines: object) -> None:
    """Print lines on standard output as they are, however long."""
    for line in lines:
        OUT.print(str(line), highlight=False, soft_wrap=True)


def warn(*lines: str) -> None:
    """Print lines on standard error as they are, however long."""
    for line in lines:
        ERR.print(line, highlight=False, soft_wrap=True)
