"""`workbench scores`: files of other programs, checked and judged."""

import pandas as pd
import pytest

from workbench.core.documents import mask
from workbench.data.corpus import load_corpus
from workbench.data.sources import data_settings

DATA = "data/eraser-sample"


@pytest.fixture
def scores(tmp_path):
    """Those of somebody who knows the answer, and of each text's first word that it is bad."""
    texts = load_corpus(data_settings(DATA)).splits["test"]
    frame = pd.DataFrame(
        [(one.id, word, float(score)) for one in texts
         for word, score in enumerate(mask(one.rationale, len(one.words + one.second)))],
        columns=["text_id", "word", "score"],
    )  # fmt: skip
    path = tmp_path / "theirs.csv"
    frame.to_csv(path, index=False)
    return path


def test_a_file_is_checked_and_then_judged(workbench, scores, tmp_path) -> None:
    checked = workbench("scores", "check", scores, "--data", DATA)
    assert checked.code == 0
    assert "scored, by external, in 1 layer" in checked.out
    answer = workbench("scores", "evaluate", scores, "--data", DATA, "--out", tmp_path / "judged")
    assert answer.code == 0, answer.err
    found = pd.read_csv(tmp_path / "judged" / "plausibility.csv")
    best = found.query("scorer == 'external' and universe == 'with-evidence' and metric == 'ap'")
    assert best["value"].tolist() == [1.0]
    assert "random" in answer.out


def test_wrong_files_and_flags_end_in_a_sentence(workbench, scores, tmp_path) -> None:
    negative = pd.read_csv(scores).assign(score=-1.0)
    negative.to_csv(scores, index=False)
    answer = workbench("scores", "evaluate", scores, "--data", DATA)
    assert answer.code == 2
    assert "a negative score; --signed" in answer.err
    assert "negative: choose --signed" in workbench("scores", "check", scores, "--data", DATA).out
    answer = workbench("scores", "evaluate", scores, "--data", DATA, "--signed", "--absolute")
    assert answer.code == 2
    assert "exclude each other" in answer.err
    answer = workbench("scores", "check", tmp_path / "none.csv", "--data", DATA)
    assert answer.code == 2
    assert "none.csv" in answer.err
