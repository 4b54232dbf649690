"""What to do with a text that is longer than a model's window."""

from typing import Literal

TooLong = Literal["windows", "refuse"]
