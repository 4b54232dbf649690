"""Paths as people write them, looked at once, so that a bad one is told in a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import InputError


def user_path(written: str | Path) -> Path:
    """Return a path with `~` replaced by the home folder; a missing file is for its reader to tell.

    Raises InputError where there is no such home, and for what cannot even be looked at: a name that is
    too long, a loop of links, a folder without permission.
    """
    shown = str(written) if len(str(written)) <= 200 else f"{str(written)[:200]}..."
    try:
        path = Path(written).expanduser()
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except RuntimeError:
        raise InputError(f"{shown}: there is no such home folder") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{shown!r}: cannot be read: {reason}") from None
    return path


@contextmanager
def listable(folder: Path) -> Iterator[None]:
    """Turn what a folder without permission raises while its files are listed into InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{error.filename or folder}: cannot be read: {error.strerror or error}"
        ) from None
