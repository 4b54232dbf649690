"""Which spans of a passage may be answers; apart, since the command line needs no arrays."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SpanSearch:
    """Which spans may be answers; the defaults are run_squad.py's."""

    n_best: int = 20
    """A window's highest start logits and end logits that are tried with each other; also how many of a
    question's spans are kept."""
    max_answer_length: int = 30
    """Tokens."""
    max_context: bool = False
    """Whether a span may start only at a token that no other window shows more around."""
    null: bool = True
    """Whether no answer may be the answer, as in SQuAD 2.0."""
    null_threshold: float = 0.0
    """No answer is the answer where its score is higher than the best span's by more than this."""


USUAL = SpanSearch()
"""With the defaults."""
