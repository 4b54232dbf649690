"""What a corpus holds, in numbers: the content of `workbench data check`."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from workbench.core.documents import Corpus, Document, mask
from workbench.core.task_type import NO_LABEL, names_in
from workbench.data.splits import text_key
from workbench.data.windows.encodings import Encoding


@dataclass(frozen=True)
class DataCard:
    """Tables about one corpus."""

    name: str
    rationales: str
    """Where the spans come from."""
    splits: pd.DataFrame
    """One row per split: texts, words, rationales, the source's counts and, where encoded, windows."""
    classes: pd.DataFrame
    """Texts per class or label: one row per split, one column per name, and where texts have any number
    of labels one for texts without any. Of a regression the values' mean,
    standard deviation (n - 1), least and greatest."""
    leaks: pd.DataFrame
    """`first`, `second`, `texts`, `first_texts`: what two splits share, by normalised text; of pairs the
    first text alone as well (the document under another question)."""
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    """What is probably not what was meant."""

    def recorded(self) -> dict[str, Any]:
        """Return all but notes and warnings in JSON's types; what is not known (NaN) is None."""
        tables = {"splits": self.splits, "classes": self.classes}
        by_split = {name: json.loads(table.to_json(orient="index")) for name, table in tables.items()}
        leaks = json.loads(self.leaks.to_json(orient="records"))
        return {"name": self.name, "rationales": self.rationales, **by_split, "leaks": leaks}


def data_card(corpus: Corpus, encodings: Mapping[str, Encoding] | None = None) -> DataCard:
    """Describe each split of a corpus; with `encodings` also how its windows came out.

    Shares are means over texts, in words; texts that nobody annotated (None) do not count there.
    `without_evidence` and `all_rationale` are texts of one class, for which AP is undefined or 1;
    `overlapping_spans` are texts in which some words lie in two spans.
    """
    rows = []
    for split, documents in corpus.splits.items():
        row: dict[str, Any] = {"split": split, **_words(documents), **_rationales(documents)}
        row |= {name: by_split.get(split, 0) for name, by_split in corpus.counts.items()}
        if encodings and split in encodings:
            row |= _windows(encodings[split])
        rows.append(row)
    notes = list(corpus.notes)
    for split, encoding in (encodings or {}).items():
        notes += [f"{split}: {note}" for note in encoding.notes]
    return DataCard(
        name=corpus.name,
        rationales=corpus.rationales,
        splits=pd.DataFrame(rows).set_index("split"),
        classes=_labels(corpus),
        leaks=find_leaks(corpus),
        notes=tuple(notes),
        warnings=corpus.warnings,
    )


def _labels(corpus: Corpus) -> pd.DataFrame:
    given = {split: [d.label for d in documents] for split, documents in corpus.splits.items()}
    index = pd.Index(list(given), name="split")
    if corpus.has_values:
        values = {split: pd.Series(labels, dtype=float) for split, labels in given.items()}
        rows = [one.agg(["mean", "std", "min", "max"]).to_list() for one in values.values()]
        return pd.DataFrame(rows, index=index, columns=["mean", "std", "min", "max"])
    kind = corpus.task_type.kind
    counts = [
        Counter(name for one in labels for name in names_in(one, kind)) for labels in given.values()
    ]
    table = pd.DataFrame(
        [[one[label] for label in corpus.labels] for one in counts],
        index=index,
        columns=list(corpus.labels),
    )
    if kind == "multi-label":
        table[NO_LABEL] = [labels.count("") for labels in given.values()]
    return table


def find_leaks(corpus: Corpus) -> pd.DataFrame:
    """Return how many different texts each two splits share, case, spaces and punctuation aside."""
    keys = {
        split: (
            {text_key(" ".join(d.words), " ".join(d.second)) for d in documents},
            {text_key(" ".join(d.words)) for d in documents},
        )
        for split, documents in corpus.splits.items()
    }
    pairs = [
        (a, b, *(len(ours & theirs) for ours, theirs in zip(keys[a], keys[b], strict=True)))
        for a, b in combinations(keys, 2)
    ]
    return pd.DataFrame(pairs, columns=["first", "second", "texts", "first_texts"])


def _words(documents: tuple[Document, ...]) -> dict[str, Any]:
    lengths = pd.Series([len(one.words) + len(one.second) for one in documents], dtype=float)
    return {
        "texts": len(lengths),
        "words_mean": lengths.mean(),
        "words_median": lengths.median(),
        "words_max": int(lengths.max()) if len(lengths) else 0,
    }


def _rationales(documents: tuple[Document, ...]) -> dict[str, Any]:
    rows = []
    for document in documents:
        if document.rationale is not None:
            spans = document.evidence
            marked = mask(spans, len(document.words) + len(document.second))
            twice = sum(span.end - span.start for span in spans) > marked.sum()
            rows.append((marked.mean(), len(spans), not spans, marked.all(), twice))
    means = ("rationale_share", "spans_per_text")
    counts = ("without_evidence", "all_rationale", "overlapping_spans")
    table = pd.DataFrame(rows, columns=[*means, *counts], dtype=float)
    return {
        "annotated": len(table),
        **{name: table[name].mean() for name in means},
        **{name: int(table[name].sum()) for name in counts},
    }


def _windows(encoding: Encoding) -> dict[str, Any]:
    lengths = [len(window.input_ids) for window in encoding.windows]
    return {
        "max_tokens": encoding.max_tokens,
        "windows": len(encoding),
        "windows_with_evidence": encoding.n_with_evidence,
        "tokens_mean": float(np.mean(lengths)) if lengths else np.nan,
        "split_spans": encoding.n_split_spans,
        "unknown_only": len(encoding.unknown_only),
    }
