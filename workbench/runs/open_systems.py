"""Which of the two kinds of folders of systems a folder is."""

from pathlib import Path

from workbench.runs.answers import AnswersFolder
from workbench.runs.tags import TagsFolder

OpenedSystems = AnswersFolder | TagsFolder
_KINDS: tuple[type[OpenedSystems], ...] = (AnswersFolder, TagsFolder)


def systems_folder(path: Path) -> OpenedSystems | None:
    """Return a folder of `workbench answer` or `workbench tag`, opened; None: it is neither."""
    return next((kind(path) for kind in _KINDS if (path / kind.config_file).is_file()), None)
