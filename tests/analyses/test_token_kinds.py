"""Special tokens and punctuation: which they are, their mass, and how long they live."""

import pytest

from analyses.lib.token_kinds import COLUMNS, KINDS, is_punctuation, kind_shares, token_kinds
from tests.helpers.score_frames import NAN, grid, one, record
from workbench.errors import InputError

TOKENS, WORDS = ("[CLS]", "good", ",", "[SEP]"), [-1, 0, 1, -1]


@pytest.mark.parametrize("token", [",", "...", "##-", "#", "##", "¿", "،", "“", "🙂", "$"])
def test_punctuation(token: str) -> None:
    assert is_punctuation(token)


@pytest.mark.parametrize("token", ["a", "##ly", "a.", "فيلم", "飯", "3", "", "[SEP]"])
def test_no_punctuation(token: str) -> None:
    assert not is_punctuation(token)


def test_kinds_by_place_and_letters() -> None:
    pair = record(
        [[1.0] * 7],
        tokens=("<s>", "why", "?", "</s>", "[", "so", "</s>"),
        words=[-1, 0, 1, -1, 2, 3, -1],
    )
    short = record([[1.0] * 2], tokens=("<s>", "</s>"), words=[-1, -1], text_id="b")
    kinds = token_kinds(grid(pair, short))
    assert [KINDS[kind] for kind in kinds[0]] == [
        "cls", "word", "punctuation", "separator", "punctuation", "word", "separator",
    ]  # fmt: skip
    assert kinds[1].tolist() == [0, 1, -1, -1, -1, -1, -1]


def test_the_rest_of_a_character_is_of_its_kind() -> None:
    # 京 and an arrow in three bytes each, and a word that is ## itself.
    tokens = ("<s>", "京", "##", "##", "→", "##", "##", "##", "</s>")
    made = grid(record([[1.0] * 9], tokens=tokens, words=[-1, 0, 0, 0, 1, 1, 1, 2, -1]))
    assert [KINDS[kind] for kind in token_kinds(made)[0]] == [
        "cls", "word", "word", "word", *["punctuation"] * 4, "separator",
    ]  # fmt: skip


def test_a_space_mark_is_of_the_kind_of_what_follows_it() -> None:
    """As XLM-R and byte-level BPE cut ", so 👍"."""
    tokens = ("<s>", "", "##,", "so", "", "##👍", "##", "", "##京", "", "</s>")
    words = [-1, 0, 0, 1, 2, 2, 2, 3, 3, 4, -1]
    made = grid(record([[1.0] * 11], tokens=tokens, words=words))
    assert [KINDS[kind] for kind in token_kinds(made)[0]] == [
        "cls", *["punctuation"] * 2, "word", *["punctuation"] * 3, *["word"] * 3, "separator",
    ]  # fmt: skip


def test_shares_by_hand() -> None:
    made = grid(
        record(
            [[1, 4, 2, 1], [3, 1, NAN, NAN]],
            tokens=TOKENS,
            words=WORDS,
            kept=[[True, True, False, False], [True, False, False, False]],
        )
    )
    frame = kind_shares(made, "test", bootstrap=5)
    assert tuple(frame.columns) == COLUMNS

    def value(layer: int, kind: str, measure: str) -> float:
        return one(frame, layer=layer, kind=kind, measure=measure)["value"]

    assert [value(0, kind, "mass") for kind in KINDS] == [1 / 8, 1 / 8, 2 / 8, 4 / 8]
    assert [value(1, kind, "mass") for kind in KINDS] == [3 / 4, 0, 0, 1 / 4]
    assert [value(1, kind, "tokens") for kind in KINDS] == [1 / 2, 0, 0, 1 / 2]
    assert [value(0, kind, "kept") for kind in KINDS] == [1, 0, 0, 1]
    assert [value(1, kind, "kept") for kind in KINDS] == [1, 0, 0, 0]


def test_a_text_without_punctuation_counts_for_mass_but_not_for_kept() -> None:
    kept = [[True] * 3]
    made = grid(record([[1, 2, 1]], tokens=("[CLS]", "good", "[SEP]"), words=[-1, 0, -1], kept=kept))
    frame = kind_shares(made, "test", bootstrap=0)
    assert one(frame, kind="punctuation", measure="mass")["value"] == 0
    assert not ((frame["kind"] == "punctuation") & (frame["measure"] == "kept")).any()


def test_without_dropping_there_is_no_kept_and_negative_scores_are_refused() -> None:
    made = grid(record([[1.0] * 4], tokens=TOKENS, words=WORDS))
    assert set(kind_shares(made, "test", bootstrap=0)["measure"]) == {"mass", "tokens"}
    with pytest.raises(InputError, match="negative"):
        kind_shares(grid(record([[1, -1, 1, 1]], tokens=TOKENS, words=WORDS)), "test")
