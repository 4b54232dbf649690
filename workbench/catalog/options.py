"""The options that a scorer may support or refuse; apart, since the commands' help needs only these."""

from typing import Literal

OptionName = Literal[
    "target", "output", "sign", "granularity", "layers", "baseline", "steps", "samples"
]  # fmt: skip

TooLong = Literal["windows", "refuse"]
"""What to do with a text that is longer than a model's window."""
