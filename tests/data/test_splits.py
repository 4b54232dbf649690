import pytest

from workbench.data.rows import Row
from workbench.data.splits import fill_splits, limit, without_duplicates

SHARES = (0.8, 0.1, 0.1)


def row(index, text, label="x"):
    return Row(str(index), text, label, f"row {index}")


@pytest.fixture
def rows():
    return [row(index, f"text number {index}", "xy"[index % 2]) for index in range(2000)]


def test_shares_are_met_and_no_text_is_lost(rows):
    splits, notes = fill_splits({"train": rows}, SHARES)
    assert sorted(r.id for members in splits.values() for r in members) == sorted(r.id for r in rows)
    for split, share in zip(splits, SHARES, strict=True):
        assert len(splits[split]) == pytest.approx(2000 * share, abs=60)
    assert notes == ["dev and test cut from train by a hash of the normalised text (dev 10%, test 10%)."]


def test_the_split_depends_on_the_text_alone(rows):
    before, _ = fill_splits({"train": rows}, SHARES)
    shouted = [
        row(index + 5000, r.text.upper() + " !", r.label) for index, r in enumerate(reversed(rows))
    ]
    after, _ = fill_splits({"train": shouted}, SHARES)
    for split in before:
        assert {r.text.upper() + " !" for r in before[split]} == {r.text for r in after[split]}


def test_only_what_is_missing_is_cut(rows):
    test = [row("t", "a test text")]
    splits, notes = fill_splits({"train": rows, "test": test}, SHARES)
    assert splits["test"] == test
    assert len(splits["dev"]) == pytest.approx(200, abs=60)
    assert "test" not in notes[-1]
    assert fill_splits({"train": rows, "dev": rows[:1], "test": test}, SHARES)[0]["train"] == rows


def test_duplicates_are_dropped_and_contradictions_dropped_whole():
    rows = [
        row(1, "Good film"),
        row(2, "good   film!"),
        row(3, "odd", "x"),
        row(4, "Odd.", "y"),
        row(5, "z"),
    ]
    kept, notes = without_duplicates(rows)
    assert [r.id for r in kept] == ["1", "5"]
    assert notes == [
        "1 duplicate with the same label dropped.",
        "2 texts dropped whose duplicates carry different labels.",
    ]


def test_limits_are_nested_keep_the_order_and_say_the_classes(rows):
    few, notes = limit(rows, 100, "train")
    more, _ = limit(list(reversed(rows)), 300, "train")
    assert {r.id for r in few} < {r.id for r in more}
    assert [int(r.id) for r in few] == sorted(int(r.id) for r in few)
    assert notes[0].startswith("train: 100 of 2,000 texts taken in hash order (x ")
    assert limit(rows, 2000, "train") == (rows, [])
