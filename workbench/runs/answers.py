"""The folder of `workbench answer`, read as it is now."""

from dataclasses import dataclass
from pathlib import Path

from workbench.config.questions import QuestionsConfig
from workbench.config.systems import load_systems_config
from workbench.errors import InputError
from workbench.runs.systems import SystemsFolder


def holds_answers(folder: Path) -> bool:
    """Return whether a folder is one of `workbench answer`."""
    return (folder / AnswersFolder.config_file).is_file()


@dataclass(frozen=True)
class AnswersFolder(SystemsFolder):
    """What `workbench answer` wrote."""

    config_file = "questions.yaml"
    said_name = "answers"

    @property
    def config(self) -> QuestionsConfig:
        return load_systems_config(QuestionsConfig, self.folder / self.config_file, run_plugins=False)

    def said(self, system: str) -> dict[str, str] | None:
        """Return its answers by the questions' ids; empty: no answer."""
        found = self._said(system)
        if found and not all(isinstance(answer, str) for answer in found.values()):
            raise InputError(f"{self.said_file(system)}: holds something else than an answer by id")
        return found
