"""Splits that depend on the text alone: equal texts share a hash, so they never sit in two splits."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence

from workbench.core.counts import counted_notes
from workbench.core.task_type import NO_LABEL
from workbench.data.rows import Row
from workbench.data.words import normalise

SPLITS = ("train", "dev", "test")
_LISTED = 20
"""More labels than these are counted in a note, not listed."""


def text_key(text: str, second: str = "") -> str:
    """Return what two texts (or pairs) must share to count as the same."""
    return f"{normalise(text)}\x1f{normalise(second)}" if second else normalise(text)


def place_and_order(key: str) -> tuple[float, int]:
    """Return two independent hashes: a place in [0, 1) for the split, a rank within the split."""
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest[:6], "big") / 2**48, int.from_bytes(digest[8:], "big")


def without_duplicates(rows: Sequence[Row]) -> tuple[list[Row], list[str]]:
    """Return the first row of each text, none of a text with two labels, and notes with counts."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[text_key(row.text, row.second)].append(row)
    kept, repeated, contradicting = [], 0, 0
    for group in groups.values():
        if len({row.label for row in group}) > 1:
            contradicting += len(group)
        else:
            kept.append(group[0])
            repeated += len(group) - 1
    return kept, counted_notes(
        (repeated, "duplicate", " with the same label dropped."),
        (contradicting, "text", " dropped whose duplicates carry different labels."),
    )


def fill_splits(
    rows: dict[str, list[Row]], shares: tuple[float, float, float]
) -> tuple[dict[str, list[Row]], list[str]]:
    """Cut the splits that are missing from train, by hash, after dropping duplicates there.

    Rows of one group stay together, so that no passage lies on both sides.
    `shares` are the parts of train that go to train, dev and test when both are missing.
    """
    given = {split: list(rows.get(split, ())) for split in SPLITS}
    missing = [split for split in ("dev", "test") if not given[split]]
    if not missing:
        return given, []
    train, notes = without_duplicates(given["train"])
    given["train"] = []
    cuts = {split: shares[SPLITS.index(split)] for split in missing}
    for row in train:
        place, _ = place_and_order(row.group or text_key(row.text, row.second))
        target, edge = "train", 1.0
        for split, share in cuts.items():
            edge -= share
            if edge <= place < edge + share:
                target = split
        given[target].append(row)
    percents = ", ".join(f"{split} {share:.0%}" for split, share in cuts.items())
    notes.append(
        f"{' and '.join(missing)} cut from train by a hash of the normalised text ({percents})."
    )
    return given, notes


def limit(rows: list[Row], most: int | None, split: str) -> tuple[list[Row], list[str]]:
    """Return rows that come first in hash order, so nested for growing limits, in their old order.

    Args:
        rows, split: All rows of a split, and its name, for the note of how many were left out.
        most: How many to return, at most; None for all.
    """
    if most is None or len(rows) <= most:
        return rows, []
    ranks = [place_and_order(text_key(row.text, row.second))[1] for row in rows]
    chosen = sorted(sorted(range(len(rows)), key=ranks.__getitem__)[:most])
    kept = [rows[index] for index in chosen]
    taken = f"{split}: {most:,} of {len(rows):,} texts taken in hash order"
    classes = sorted(Counter(row.label for row in kept).items())
    if len(classes) == 1:
        return kept, [f"{taken}."]
    if len(classes) > _LISTED:
        return kept, [f"{taken} ({len(classes):,} different labels)."]
    return kept, [f"{taken} ({', '.join(f'{label or NO_LABEL} {n:,}' for label, n in classes)})."]
