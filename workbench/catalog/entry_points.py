"""Methods, scorers and readers of other installed packages."""

import sys
from collections.abc import Sized
from importlib import metadata

from workbench.errors import InputError


def load_entry_points(group: str, registry: Sized) -> None:
    """Import every module that installed packages name in an entry-point group.

    Args:
        group: `workbench.methods`, `workbench.scorers` or `workbench.readers`.
        registry: What the modules register into when they are imported.

    Raises:
        InputError: A module cannot be imported or registers nothing; names the package and the module.
    """
    for point in metadata.entry_points(group=group):
        package = point.dist.name if point.dist is not None else "a package"
        where = f"{package}: its plug-in {point.name!r} ({point.value})"
        before, is_new = len(registry), point.module not in sys.modules
        try:
            point.load()
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
        except (Exception, SystemExit) as error:
            reason = f"{type(error).__name__}: {error}"
            raise InputError(f"{where} cannot be imported: {reason}; mend or uninstall it") from error
        if is_new and len(registry) == before:
            raise InputError(f"{where} registers nothing of {group}; call its register_* when imported")
