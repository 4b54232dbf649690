"""The texts that a folder of tags is judged by, and what models say of the words of one of them."""

from collections.abc import Mapping, Sequence

import pandas as pd

from app.data.corpus import refuse_download
from workbench.core.counts import counted
from workbench.core.documents import Document
from workbench.core.tagging import OUTSIDE, TaggedText, entities, spell_entities
from workbench.data.tagged import load_tagged
from workbench.data.words import Segmenter, split_words
from workbench.errors import InputError
from workbench.inference.token_flow import TagFlow
from workbench.metrics.stats.micro_f1 import micro_f1
from workbench.metrics.tagging import tag_values
from workbench.runs.tags import TagsFolder
from workbench.storage.jsonl import is_encodable


def judged_texts(opened: TagsFolder) -> dict[str, TaggedText]:
    """Return the judged texts by id, read from their source; nothing is downloaded.

    InputError where they cannot be read.
    """
    config = opened.config
    refuse_download(config.run.data)
    found = load_tagged(config.run.data, config.tagging.names)
    return {text.document.id: text for text in found.splits["test"]}


def text_rows(texts: Mapping[str, TaggedText], said: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return a row per text: id, text, and right (boolean: every tag is; missing where nobody judged).

    Args:
        texts: By id.
        said: A system's tags by id.
    """
    right = [
        list(said[name]) == list(text.tags) if name in said else pd.NA for name, text in texts.items()
    ]
    return pd.DataFrame(
        {
            "id": list(texts),
            "text": [" ".join(text.document.words) for text in texts.values()],
            "right": pd.array(right, dtype="boolean"),
        }
    )


def verdict(flow: TagFlow, text: TaggedText) -> str:
    """Return how much a model tags, and what of it is right, in words.

    Args:
        flow: What it says.
        text: With the true tags, if they are known (`is_judged`).
    """
    said = flow.tags
    found = counted(len(said), "tag")
    if spell_entities(flow.names):
        n = len(entities(said))
        found = "1 entity" if n == 1 else f"{n} entities"
    if not is_judged(text):
        return found
    values = tag_values([text.tags], [said], flow.names)
    right = sum(one == other for one, other in zip(said, text.tags, strict=True))
    f1 = float(micro_f1(values.counts.sum(0)))
    return f"{found}, F1 {f1:.2f}; {right} of {counted(len(said), 'word')} right"


def is_judged(text: TaggedText) -> bool:
    """Return whether the true tags are known."""
    return text.document.rationale is not None


def tag_frame(text: TaggedText, flows: Mapping[str, TagFlow]) -> pd.DataFrame:
    """Return a row per word: word, gold (where the true tags are known), and a column per system.

    Args:
        text: Its words.
        flows: What the systems say, by title.
    """
    columns: dict[str, Sequence[str]] = {"word": text.document.words}
    if is_judged(text):
        columns["gold"] = text.tags
    return pd.DataFrame(columns | {f"tag by {title}": flow.tags for title, flow in flows.items()})


def typed_text(text: str, segmenter: Segmenter) -> TaggedText:
    """Return what somebody typed as a text whose tags nobody knows.

    InputError for one without words, or with characters that are none.

    Args:
        text: Any.
        segmenter: What finds words in scripts without spaces.
    """
    if not is_encodable(text):
        raise InputError("the text is not valid Unicode (a lone surrogate)")
    words = tuple(split_words(text, segmenter))
    if not words:
        raise InputError("type a text of at least one word")
    return TaggedText(Document("typed", words, ""), (OUTSIDE,) * len(words))
