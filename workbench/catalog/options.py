"""The options that a scorer may support or refuse; apart, since the commands' help needs only these."""

from typing import Literal

OptionName = Literal[
    "target", "output", "sign", "granularity", "layers", "baseline", "steps", "samples"
]  # fmt: skip
