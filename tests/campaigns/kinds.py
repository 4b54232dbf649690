"""The kinds of attack by name, and how many of each the whole campaign has."""

import random
from collections.abc import Callable, Iterator

from tests.campaigns.command_lines import command_lines
from tests.campaigns.damage import damaged_files
from tests.campaigns.disks import full_disks, no_inodes
from tests.campaigns.harness import Case
from tests.campaigns.hostile_models import hostile_models
from tests.campaigns.kills import chosen_kills, random_kills
from tests.campaigns.stage import Stage
from tests.campaigns.two_writers import readers, signals, two_writers

KINDS: dict[str, tuple[Callable[[Stage, int, random.Random], Iterator[Case]], int]] = {
    "random-kills": (random_kills, 100),
    "chosen-kills": (chosen_kills, 220),
    "full-disks": (full_disks, 30),
    "no-inodes": (no_inodes, 7),
    "command-lines": (command_lines, 300),
    "damaged-files": (damaged_files, 120),
    "hostile-models": (hostile_models, 45),
    "two-writers": (two_writers, 36),
    "readers": (readers, 4),
    "signals": (signals, 52),
}
_FAST = ("attribute", "explain", "data plant", "export-predictions")
QUICK: dict[str, tuple[int, tuple[str, ...]]] = {
    "random-kills": (2, ("attribute",)),
    "chosen-kills": (6, _FAST),
    "full-disks": (1, ("attribute",)),
    "no-inodes": (1, ("attribute",)),
    "command-lines": (30, ()),
    "damaged-files": (10, ("explain", "check", "app", "export-predictions")),
    "hostile-models": (8, ("attribute",)),
    "two-writers": (1, ("attribute",)),
    "readers": (1, ("bench",)),
    "signals": (2, ("attribute", "explain")),
}
"""Kind -> how many of its attacks, and on which commands (nothing: on all), the tests do."""
