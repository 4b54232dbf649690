"""The configuration of token classification: what is learnt of each word."""

from typing import Literal

from workbench.catalog.settings import Settings
from workbench.config.systems import SystemsConfig


class TaggingSettings(Settings):
    """How tags are read and learnt; `run.data` says where they are, and how long windows may be."""

    learnt: Literal["first", "all"] = "first"
    """Which sub-words of a word learn its tag; the first one says it."""
    names: list[str] | None = None
    """What tags are called that are numbers in a file, in their order."""


class TaggingConfig(SystemsConfig):
    """Methods trained to give every word a tag."""

    tagging: TaggingSettings = TaggingSettings()
