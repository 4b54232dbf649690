"""What is probably not what was meant: each rule speaks where it should, and is silent on good data."""

from dataclasses import replace

import pandas as pd
import pytest

from workbench.config.data import DataSettings
from workbench.core.documents import Corpus, Document, Span
from workbench.data.corpus import load_corpus
from workbench.data.warnings import warnings_of


def corpus(
    labels=("bad", "good"), *, train: int = 60, dev: int = 30, test: int = 30, only=None, **more
) -> Corpus:
    """Texts whose classes take turns; `only` names the classes of a split that has not all."""
    numbers = {"train": train, "dev": dev, "test": test}
    splits = {}
    for split, n in numbers.items():
        names = (only or {}).get(split, labels)
        splits[split] = tuple(
            Document(f"{split}-{k}", ("a", "film", "."), names[k % len(names)]) for k in range(n)
        )
    return Corpus("some", tuple(labels), splits, **more)


def test_good_data_are_not_warned_of() -> None:
    assert warnings_of(corpus()) == ()
    marked = corpus(rationales="annotated spans")
    assert warnings_of(with_spans(marked, Span(0, 1))) == ()


def with_spans(given: Corpus, *spans: Span) -> Corpus:
    splits = {
        split: tuple(replace(one, rationale=spans) for one in members)
        for split, members in given.splits.items()
    }
    return replace(given, splits=splits)


@pytest.mark.parametrize(
    ("classes", "train", "told"),
    [
        (2, 10, None),
        (3, 30, None),
        (3, 29, "3 classes for 29 training texts"),
        (10, 100, None),
        (11, 100, "11 classes for 100 training texts"),
        (50, 5000, None),
        (51, 5000, "51 classes for 5,000 training texts"),
    ],
)
def test_many_classes_may_be_ids(classes: int, train: int, told: str | None) -> None:
    labels = [f"c{n:02}" for n in range(classes)]
    found = warnings_of(corpus(labels, train=train, dev=classes, test=max(30, classes)))
    expected = [f"{told}: is the label column an id, or a number to predict?"] if told else []
    assert [one for one in found if "label column" in one] == expected


@pytest.mark.parametrize(
    "labels",
    [
        ("0", "1"), ("1", "2", "3", "4", "5"), ("-1", "0", "1"), ("0", "2", "4"), ("0.5", "1.5"),
        ("1", "2", "x"), tuple(map(str, range(40))), tuple(map(str, range(1, 41))),
        ("1", "2", "3", "4", "7", "8", "9", "10"), ("1.0", "2.0", "3.0"),
    ],
)  # fmt: skip
def test_numbers_that_are_codes_are_classes(labels) -> None:
    found = warnings_of(corpus(labels, train=10 * len(labels), dev=len(labels), test=30 * len(labels)))
    assert found == ()


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (("0.5", "1", "1.5"), "all 3 classes are numbers (0.5, 1, 1.5): each"),
        (
            ("0", "0.2", "0.4", "0.6", "0.8", "1"),
            "all 6 classes are numbers (0, 0.2, 0.4, 0.6, 0.8, ...)",
        ),
        (tuple(str(3 * n) for n in range(21)), "all 21 classes are numbers (0, 3, 6, 9, 12, ...): each"),
        (("1e-3", "2e-3", "5e-1"), "all 3 classes are numbers"),
    ],
)
def test_numbers_that_look_like_values_are_told(labels, shown: str) -> None:
    found = warnings_of(corpus(labels, train=10 * len(labels), dev=len(labels), test=30 * len(labels)))
    assert len(found) == 1
    assert found[0].startswith(shown)
    assert found[0].endswith(
        "is a class of its own here, not a value to predict (data.task=regression)."
    )


@pytest.mark.parametrize(
    ("labels", "same"),
    [
        (("Pos", "neg", "pos"), "Pos, pos"),
        (("neg", "new york", "newyork"), "new york, newyork"),
        (("neg", "STRASSE", "straße"), "STRASSE, straße"),
        (("caf\u00e9", "cafe\u0301", "neg"), "café, cafe\u0301"),
        (("1", "1.0", "2"), "1, 1.0"),
        (("x", "ｘ", "y"), "x, ｘ"),
    ],
)
def test_classes_that_are_the_same_but_for_their_spelling(labels, same: str) -> None:
    found = warnings_of(corpus(labels, train=90))
    assert found == (f"classes that are the same but for how they are written: {same}.",)


def test_truth_values_of_several_kinds_mean_the_same() -> None:
    found = warnings_of(corpus(("0", "1", "False", "True", "true"), train=90))
    assert found == (
        "classes that are the same but for how they are written: True, true.",
        "classes that mean the same: 1, True, true.",
        "classes that mean the same: 0, False.",
    )
    assert warnings_of(corpus(("False", "True"))) == ()


@pytest.mark.parametrize("label", ["NA", "n/a", "null", "NULL", "None", "<NA>", "-", "?", "missing"])
def test_a_class_like_a_missing_value(label: str) -> None:
    found = warnings_of(corpus(("good", label)))
    assert found == (f"a class that is called like a missing value: {label}.",)


@pytest.mark.parametrize("label", ["none", "NONE", "nap", "unknown", "no"])
def test_a_class_that_is_only_near_a_missing_value(label: str) -> None:
    assert warnings_of(corpus(("good", label))) == ()


def test_rare_and_absent_classes_are_told() -> None:
    given = corpus(
        ("a", "b", "c"), train=60, only={"train": ("a", "b"), "dev": ("a", "c"), "test": ("a",)}
    )
    rare = tuple(Document(f"rare-{n}", ("x",), "c") for n in range(4))
    given = replace(given, splits=given.splits | {"train": given.splits["train"] + rare})
    assert warnings_of(given) == (
        "classes with fewer than 5 training texts: c 4.",
        "dev has no text of the class b.",
        "test has no text of the class b, c.",
    )


def test_of_many_rare_classes_ten_are_shown() -> None:
    labels = [f"c{n:02}" for n in range(12)]
    found = warnings_of(corpus(labels, train=12, dev=12, test=36))
    assert f"training texts: {', '.join(f'c{n:02} 1' for n in range(10))}, ..." in found[1]


def test_an_empty_split_lacks_no_class() -> None:
    assert warnings_of(corpus(dev=0, test=0)) == ()


@pytest.mark.parametrize(("test", "told"), [(1, "1 text"), (29, "29 texts"), (30, None)])
def test_a_small_test_split_is_told(test: int, told: str | None) -> None:
    found = [one for one in warnings_of(corpus(test=test)) if one.startswith("test has ") and ":" in one]
    assert found == ([f"test has {told}: intervals will span nearly everything."] if told else [])


def test_of_texts_that_are_only_judged_classes_are_not_told() -> None:
    given = corpus(("NA", "a", "A"), train=0, dev=0, test=29)
    assert warnings_of(given, training=False) == (
        "test has 29 texts: intervals will span nearly everything.",
    )


def test_values_are_no_classes() -> None:
    given = corpus(("score",), only=dict.fromkeys(("train", "dev", "test"), ("0.5", "1.5", "NA")))
    assert warnings_of(given) == ()


@pytest.mark.parametrize(
    ("spans", "told"),
    [
        ((Span(0, 3),), "rationales mark 100% of the words: any ranking agrees with them."),
        ((Span(0, 2), Span(1, 3)), "rationales mark 100% of the words: any ranking agrees with them."),
        ((Span(0, 2),), None),
        ((), "no word of any annotated text is marked."),
        ((Span(1, 1),), "no word of any annotated text is marked."),
    ],
)
def test_rationales_that_tell_nothing(spans, told: str | None) -> None:
    given = with_spans(corpus(rationales="annotated spans"), *spans)
    assert warnings_of(given) == ((told,) if told else ())
    # A proxy is not looked at, and texts that nobody annotated do not count.
    assert warnings_of(replace(given, rationales="none")) == ()
    assert warnings_of(corpus(rationales="annotated spans")) == ()


def test_rationales_count_the_second_text() -> None:
    given = with_spans(corpus(rationales="annotated spans"), Span(0, 3))
    splits = {
        split: tuple(replace(one, second=("b",)) for one in members)
        for split, members in given.splits.items()
    }
    assert warnings_of(replace(given, splits=splits)) == ()


@pytest.mark.parametrize("word", ["a\0b", "\x07", "x\x9fy"])
def test_control_characters_are_counted(word: str) -> None:
    hint = (
        "; quotes and dashes of another encoding, such as data.encoding: cp1252?"
        if "\x9f" in word
        else "."
    )
    given = corpus()
    odd = Document("odd", ("a", word), "bad")
    pair = Document("odd-2", ("a",), "good", None, (word,))
    given = replace(given, splits=given.splits | {"dev": (*given.splits["dev"], odd, pair)})
    assert warnings_of(given) == (
        f"2 texts with control characters (such as NUL), which most tokenizers drop{hint}",
    )


def test_emoji_and_letters_are_no_control_characters() -> None:
    given = corpus()
    odd = Document("odd", ("👩‍👩‍👧", "naïve", "\u200b", "我"), "bad")
    given = replace(given, splits=given.splits | {"dev": (*given.splits["dev"], odd)})
    assert warnings_of(given) == ()


def test_a_corpus_carries_what_its_table_and_its_texts_warn_of(tmp_path) -> None:
    spans = ['[{"start": 0, "end": 4}]'] * 400
    frame = pd.DataFrame(
        {
            "text": [f"good 😀 film {n} , long enough" for n in range(400)],
            "label": ["NA", "good"] * 200,
            "spans": spans,
        }
    )
    frame.to_csv(tmp_path / "own.csv", index=False)
    settings = DataSettings(
        source="file", path=str(tmp_path / "own.csv"), rationale_column="spans", rationales="annotated"
    )
    found = load_corpus(settings).warnings
    assert found[0].startswith("400 texts with spans and signs beyond U+FFFF (emoji, for instance)")
    assert found[1:] == ("a class that is called like a missing value: NA.",)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("labels", "sign"),
    [
        (("joy", "anger", "anger|joy"), "'|'"),
        (("a", "a, b", "b, c", "c"), "','"),
        (("a;b", "b", "c"), ""),
    ],
)
def test_classes_that_look_like_several_labels_are_told(labels, sign: str) -> None:
    found = warnings_of(corpus(labels, train=60, dev=30, test=60))
    told = [one for one in found if "several labels" in one]
    assert len(told) == bool(sign)
    assert all(f"data.label_separator={sign} reads" in one for one in told)
