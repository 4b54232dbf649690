"""The folder of `workbench tag`, read as it is now."""

from dataclasses import dataclass

from workbench.config.systems import load_systems_config
from workbench.config.tagging import TaggingConfig
from workbench.errors import InputError
from workbench.runs.systems import SystemsFolder


@dataclass(frozen=True)
class TagsFolder(SystemsFolder):
    """What `workbench tag` wrote."""

    config_file = "tagging.yaml"
    said_name = "tags"

    @property
    def config(self) -> TaggingConfig:
        return load_systems_config(TaggingConfig, self.folder / self.config_file, run_plugins=False)

    def said(self, system: str) -> dict[str, list[str]] | None:
        """Return a tag for each word by the texts' ids."""
        found = self._said(system)
        for tags in (found or {}).values():
            if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
                raise InputError(f"{self.said_file(system)}: holds something else than tags by id")
        return found
