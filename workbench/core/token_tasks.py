"""What a model's outputs mean where it says something of every token."""

from dataclasses import dataclass
from typing import ClassVar

IGNORED = -100
"""A token's target where it is not learnt, such as that of special tokens."""
NOWHERE = -1e4
"""Logit of what is no token: its probability is 0, and its logarithm still a number."""


@dataclass(frozen=True)
class AnswerSpans:
    """Extractive question answering: whether an answer begins, and whether it ends, at a token.

    A window's target are the places of the answer's first and last token, those of [CLS] for no answer.
    """

    kind: ClassVar[None] = None
    labels: tuple[str, ...] = ("start", "end")

    def explained(self, target: str, output: str) -> str:
        """In words: the `output` (logit, probability) of the `target` answer (predicted, gold)."""
        joined = "times" if output == "probability" else "plus"
        return f"{output} of the {target} answer's start {joined} that of its end"


@dataclass(frozen=True)
class TokenTags:
    """Token classification: one tag for each token.

    A window's target is a number for each of its tokens: that of its tag, or `IGNORED`.
    """

    kind: ClassVar[None] = None
    labels: tuple[str, ...]
    """The tags, in the order of the outputs."""


TokenTask = AnswerSpans | TokenTags
