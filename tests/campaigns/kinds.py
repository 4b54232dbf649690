"""The kinds of attack by name, and how many of each the whole campaign has."""

import random
from collections.abc import Callable, Iterator

from tests.campaigns.harness import Case
from tests.campaigns.kills import chosen_kills, random_kills
from tests.campaigns.stage import Stage

KINDS: dict[str, tuple[Callable[[Stage, int, random.Random], Iterator[Case]], int]] = {
    "random-kills": (random_kills, 100),
    "chosen-kills": (chosen_kills, 200),
}
