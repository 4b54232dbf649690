"""Score records with rationales, written out by hand or drawn."""

import numpy as np

from workbench.core.token_scores import TokenScores


def record(
    scores: object,
    marks: list[int] | None,
    *,
    words: list[int] | None = None,
    kept: object = None,
    text_id: str = "t",
    window: int = 0,
    scorer: str = "cp",
) -> TokenScores:
    """[CLS], the given units, [SEP]; marks and words leave the special tokens out."""
    table = np.atleast_2d(np.asarray(scores, dtype=float))
    n = table.shape[1] - 2
    inner = list(range(n)) if words is None else words
    return TokenScores(
        scorer=scorer,
        method="adapler",
        text_id=text_id,
        window=window,
        tokens=("[CLS]", *(f"w{i}" for i in range(n)), "[SEP]"),
        word_index=np.array([-1, *inner, -1]),
        scores=table,
        kept=None if kept is None else np.atleast_2d(np.asarray(kept, dtype=bool)),
        rationale=None if marks is None else np.array([0, *marks, 0], dtype=bool),
    )


def corpus(texts: int, scorer: str = "cp", seed: int = 0) -> list[TokenScores]:
    rng = np.random.default_rng(seed)
    records = []
    for number in range(texts):
        n = int(rng.integers(5, 20))
        marks = (rng.random(n) < 0.3).astype(int).tolist()
        marks[:2] = [1, 0]
        scores = rng.random((3, n + 2)).round(1)
        scores[:, 1:-1] += 0.8 * np.array(marks)
        records.append(record(scores, marks, text_id=f"t{number}", scorer=scorer))
    return records
