"""The special tokens around one text and around two, from the tokenizer's own template."""

from dataclasses import dataclass, field

import numpy as np

from workbench.data.windows.sub_words import TextTokenizer, backend_of
from workbench.errors import InputError

_PROBE = "a the 0 1 . ,"
"""Some of it is a token in any tokenizer."""


@dataclass(frozen=True)
class Template:
    """Token ids around texts: `head` first `tail`, or `head` first `middle` second `tail`; (n,) int64.

    Head and tail are one token each, the middle of a pair is at least one.
    """

    head: np.ndarray
    tail: np.ndarray
    middle: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    types: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """The tokenizer's own token types: of the special tokens in order, then of both texts."""

    def __len__(self) -> int:
        return len(self.head) + len(self.middle) + len(self.tail)

    def around(self, first: np.ndarray, second: np.ndarray, special: np.ndarray) -> np.ndarray:
        """Return values in a pair's order.

        Args:
            first, second: Of the two texts' tokens.
            special: Of the special tokens, in order.
        """
        head, middle, tail = np.split(special, [1, len(self) - 1])
        return np.concatenate([head, first, middle, second, tail])


def template(tokenizer: TextTokenizer) -> Template:
    """Return what stands around a single text.

    InputError for a tokenizer that does not put one token before a text, from which the prediction is
    read, and one after it.
    """
    ids, owners, _ = _probed(tokenizer, pair=False)
    inside = np.flatnonzero(owners == 0)
    if len(inside):
        found = Template(ids[: inside[0]], ids[inside[-1] + 1 :])
        if len(found.head) == len(found.tail) == 1:
            return found
    raise InputError(
        "the tokenizer does not put one special token before a text and one after it, as [CLS] and [SEP]"
        " or <s> and </s>: the prediction is read from the first"
    )


def pair_template(tokenizer: TextTokenizer) -> Template:
    """Return what stands around and between two texts; InputError as of `template`."""
    ids, owners, types = _probed(tokenizer, pair=True)
    first, second = (np.flatnonzero(owners == number) for number in (0, 1))
    if len(first) and len(second):
        head, tail = ids[: first[0]], ids[second[-1] + 1 :]
        middle = ids[first[-1] + 1 : second[0]]
        if len(head) == len(tail) == 1 and len(middle):
            own = [*types[owners < 0], types[first[0]], types[second[0]]]
            return Template(head, tail, middle, np.array(own))
    raise InputError(
        "the tokenizer has no special tokens for two texts: one before them, one after, some in between"
    )


def _probed(tokenizer: TextTokenizer, *, pair: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ids (n,), which text each belongs to (n,), -1 for special tokens, and token types (n,)."""
    encoded = backend_of(tokenizer).encode(_PROBE, _PROBE if pair else None)
    owners = [-1 if owner is None else owner for owner in encoded.sequence_ids]
    types = np.array(encoded.type_ids, dtype=np.int64)
    return np.array(encoded.ids, dtype=np.int64), np.array(owners), types
