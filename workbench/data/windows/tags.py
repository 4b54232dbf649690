"""From tagged texts to encoder inputs: windows whose target is a tag for each token."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from workbench.core.documents import Window
from workbench.core.tagging import OUTSIDE, TaggedText
from workbench.core.task_type import MultiLabel
from workbench.core.token_tasks import IGNORED
from workbench.data.windows.encode import encode
from workbench.data.windows.encodings import Encoding
from workbench.data.windows.sub_words import TextTokenizer

Learnt = Literal["first", "all"]
"""Which sub-words of a word learn its tag."""


@dataclass(frozen=True)
class TagEncoding:
    """The windows of some tagged texts."""

    encoding: Encoding
    """Its windows' labels are a tag's number for each token, or `IGNORED`."""
    speaking: list[np.ndarray]
    """Of each window the places of the tokens that say a word's tag: the first of each word."""
    words: list[np.ndarray]
    """Of each window the words that these tokens begin."""

    @property
    def windows(self) -> list[Window]:
        """Return all windows, a text's next to each other."""
        return self.encoding.windows

    def tags(
        self, texts: Sequence[TaggedText], logits: Sequence[np.ndarray], names: Sequence[str]
    ) -> list[list[str]]:
        """Return what (n, tags) logits of every window say of each text's words, by name.

        A word of which the tokenizer makes no token is outside.

        Args:
            texts: Those that were encoded.
            logits: Of every window.
            names: The tags, in the order of the outputs.
        """
        said = {text.document.id: [OUTSIDE] * len(text.tags) for text in texts}
        for window, places, words, row in zip(
            self.windows, self.speaking, self.words, logits, strict=True
        ):
            for word, tag in zip(words.tolist(), row[places].argmax(axis=1).tolist(), strict=True):
                said[window.text_id][word] = names[tag]
        return [said[text.document.id] for text in texts]


def encode_tagged(
    texts: Sequence[TaggedText],
    names: Sequence[str],
    tokenizer: TextTokenizer,
    *,
    max_tokens: int,
    learnt: Learnt = "first",
) -> TagEncoding:
    """Cut tagged texts into windows, as `encode` does; no word is in two.

    Where a text is cut does not depend on its tags, which nobody knows of a text to be tagged. A token
    of a word that is not outside is marked as rationale.

    Args:
        texts: With different ids.
        names: The tags, in the order of the outputs.
        tokenizer, max_tokens: As of `encode`, which says what is raised.
        learnt: Which sub-words of a word learn its tag; the first one says it. Source of `first`:
            Devlin et al. 2019, section 5.3.
    """
    numbers = {name: number for number, name in enumerate(names)}
    found = encode([text.document.unmarked() for text in texts], MultiLabel(()), tokenizer, max_tokens)
    marked = {text.document.id: np.array([tag != OUTSIDE for tag in text.tags]) for text in texts}
    tags = {text.document.id: np.array([numbers[tag] for tag in text.tags]) for text in texts}
    windows, speaking, words = list[Window](), list[np.ndarray](), list[np.ndarray]()
    begun: set[tuple[str, int]] = set()
    for window in found.windows:
        index = window.word_index
        first = index >= 0
        first[1:] &= index[1:] != index[:-1]
        places = [
            at for at in np.flatnonzero(first).tolist() if (window.text_id, int(index[at])) not in begun
        ]
        begun.update((window.text_id, int(index[at])) for at in places)
        target = np.full(len(index), IGNORED)
        wanted = index >= 0 if learnt == "all" else np.array(places, dtype=int)
        target[wanted] = tags[window.text_id][index[wanted]]
        marks = (index >= 0) & marked[window.text_id][index]
        windows.append(replace(window, label=tuple(target.tolist()), rationale=marks))
        speaking.append(np.array(places, dtype=int))
        words.append(index[speaking[-1]])
    return TagEncoding(replace(found, windows=windows), speaking, words)
