"""What must be decided, or mended, before scores that were computed elsewhere can be judged."""

from collections.abc import Iterator

from workbench.core.counts import counted, first_few, listed
from workbench.external.frames import Scores
from workbench.external.records import Texts, match


def check_scores(scores: Scores, data: Texts, *, split: str = "test") -> list[str]:
    """Return what there is, in sentences, and what has to be decided: each names the option.

    Args:
        scores, data, split: As of `evaluate_scores`.

    Raises:
        InputError: What cannot be judged whatever is decided, as of `evaluate_scores`.
    """
    return list(_findings(scores, data, split))


def _findings(scores: Scores, data: Texts, split: str) -> Iterator[str]:
    matched = match(scores, data, split)
    scored = list(matched.scored("max", sizes=False))
    texts = len({one.document.id for one in scored})
    annotated = sum(one.rationale is not None for one in matched.documents.values())
    yield (
        f"{counted(texts, 'text')} of {len(matched.documents):,} scored, by "
        f"{listed(dict.fromkeys(one.scorer for one in scored))}, in "
        f"{counted(max(len(one.matrix) for one in scored), 'layer')}; {annotated:,} have a rationale."
    )
    if not annotated:
        yield "No text has a rationale, so that there is nothing to compare with."
    if matched.of_tokens:
        yield "Scores are of tokens: --pooling says what a word of several gets (max)."
    if matched.unknown:
        yield (
            f"{counted(len(matched.unknown), 'scored text')} not among the texts "
            f"({first_few(matched.unknown)}): --partial leaves them out."
        )
    if matched.missing:
        yield (
            f"{counted(len(matched.missing), 'text')} without scores of some scorer or layer "
            f"({first_few(matched.missing)}): --partial judges each on what it has."
        )
    negative = int((matched.frame["score"] < 0).sum())
    if negative:
        yield (
            f"{negative:,} of {counted(len(matched.frame), 'score')} negative: choose --signed (ranked "
            "as they are) or --absolute (by their sizes)."
        )
    bare = sum(int(one.uncovered.sum()) for one in scored)
    if bare:
        where = next(one.where for one in scored if one.uncovered.any())
        yield f"{counted(bare, 'word')} without a score (the first in {where}): --uncovered gives 0."
