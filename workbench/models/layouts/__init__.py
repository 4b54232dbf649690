"""Where the tokens of a batch lie: padded to a rectangle (masked execution) or end to end (packed).

Both layouts answer the same questions for every remaining token of every text, so that a policy is
written once. Token values have shape (rows, columns): (B, N) when padded, (1, T) when packed, with
B texts, N the longest length and T the number of tokens that remain in the batch. Column 0 of a padded
row, and the first token of each packed text, is [CLS].
"""

from workbench.models.layouts.base import NEEDS, NOTHING, Attention, Inputs, Need, PairBias, Rejoin
from workbench.models.layouts.packed import Packed
from workbench.models.layouts.padded import Padded

Layout = Padded | Packed

__all__ = [
    "NEEDS",
    "NOTHING",
    "Attention",
    "Inputs",
    "Layout",
    "Need",
    "Packed",
    "Padded",
    "PairBias",
    "Rejoin",
]
