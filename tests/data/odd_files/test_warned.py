"""Odd files that are read, but with a word about what is probably not meant."""

import pytest

from tests.data.odd_files.making import BASE, Odd, csv, lines, workbook
from tests.data.odd_files.rationales import WHY
from tests.data.odd_files.signs import GRIN

MANY = [{"text": f"text number {n} of many", "label": "yes" if n % 2 else "no"} for n in range(200)]


def labels(says, *names, each=40):
    """A file whose classes are odd."""
    rows = [
        {"text": f"text {n} of class number {place}", "label": name}
        for place, name in enumerate(names)
        for n in range(each)
    ]
    return Odd(says, {"a.jsonl": lines(*rows, base=False)}, says=says)


WARNINGS = [
    labels(
        "classes that are the same but for how they are written: Positive, positive",
        "Positive",
        "positive",
    ),
    labels("classes that are the same but for how they are written: not ok, notok", "not ok", " notok"),
    labels("classes that mean the same", "True", "true", "1", "0"),
    labels("a class that is called like a missing value: NA", "NA", "yes"),
    labels("a class that is called like a missing value: None", "None", "yes"),
    labels("a class that is called like a missing value: null", "null", "yes"),
    labels("classes with fewer than 5 training texts: no", *["yes", "no"], "rare", each=4),
    labels("200 classes for", *[f"id{n}" for n in range(200)], each=1),
    labels("all 60 classes are numbers", *[str(n / 7) for n in range(60)], each=10),
    Odd(
        "a small test split",
        {"a.jsonl": lines(*MANY[:60])},
        says="intervals will span nearly everything",
    ),
    Odd(
        "control characters",
        {"a.jsonl": lines(*MANY, {"text": "a\0b is it", "label": "yes"})},
        says="1 text with control characters",
    ),
    Odd(
        "everything marked",
        {"a.jsonl": lines(*({**one, "why": [[0, len(one["text"])]]} for one in MANY), base=False)},
        WHY,
        says="rationales mark 100% of the words",
    ),
    Odd(
        "nothing marked",
        {"a.jsonl": lines(*({**one, "why": []} for one in MANY), base=False)},
        WHY,
        says="no word of any annotated text is marked",
    ),
    Odd(
        "spans after an emoji",
        {"a.jsonl": lines(*BASE, {"text": f"{GRIN} warm", "label": "pos", "why": [[2, 6]]}, base=False)},
        WHY,
        says="browsers count UTF-16 units; say which in data.offsets",
    ),
    Odd(
        "no label that is meant",
        {"a.jsonl": lines({"text": "warm", "label": "pos", "why": [[0, 1, "reason"]]})},
        WHY | {"rationale_labels": ["raeson"]},
        says="no span has a label of data.rationale_labels: raeson.",
    ),
    Odd(
        "of another encoding",
        {"a.csv": csv("warm \u2013 and witty,pos").encode("cp1252")},
        {"encoding": "latin-1"},
        says="quotes and dashes of another encoding, such as data.encoding: cp1252?",
    ),
]
NOTES = [
    Odd("lines in a .json", {"a.json": lines()}, says="holds JSON lines"),
    Odd(
        "several sheets",
        {"a.xlsx": workbook(A=[["text", "label"], *([b["text"], b["label"]] for b in BASE)], B=[["x"]])},
        says="The sheet 'A' is read, of 2",
    ),
    Odd("line breaks", {"a.csv": csv('"warm\nand",pos').encode()}, says="1 row with line breaks inside"),
    Odd(
        "ambiguous quotes",
        {"a.jsonl": lines({"text": "so so", "label": "pos", "why": ["so"]})},
        WHY | {"rationale_form": "quotes"},
        says="1 quote found in several places of its text",
    ),
    Odd(
        "absent quotes",
        {"a.jsonl": lines({"text": "so so", "label": "pos", "why": ["no"]})},
        WHY | {"rationale_form": "quotes", "mismatches": "keep"},
        says="1 quote not in its text left out",
    ),
    Odd(
        "kept mismatches",
        {
            "a.jsonl": lines(
                {"text": "so so", "label": "pos", "why": [{"start": 0, "end": 2, "text": "no"}]}
            )
        },
        WHY | {"mismatches": "keep"},
        says="1 span of another text than given, kept by offset",
    ),
    Odd(
        "UTF-16 found",
        {
            "a.jsonl": lines(
                {"text": f"{GRIN} warm", "label": "pos", "why": [{"start": 3, "end": 7, "text": "warm"}]}
            )
        },
        WHY,
        says="Spans count UTF-16 units",
    ),
    Odd(
        "repaired",
        {"a.jsonl": lines({"text": "bad\ud83d", "label": "pos"})},
        {"unencodable": "replace"},
        says="1 row with half of a surrogate pair",
    ),
    Odd(
        "no spaces",
        {"a.jsonl": lines({"text": "\u6211\u559c\u6b22", "label": "pos"})},
        says="1 text with a script without spaces: its words are those of Unicode's rules (UAX 29)",
    ),
    Odd(
        "a tie of two",
        {"a.jsonl": lines({"text": "warm", "label": "pos", "why": [[[0, 1]], []]})},
        WHY | {"rationale_lists": True},
        says="1 word marked by exactly half",
    ),
    Odd(
        "people who disagree",
        {"a.jsonl": lines({"text": "warm", "label": ["pos", "pos", "neg"]})},
        says="1 text to which people gave different classes: the class that most gave is trained on",
    ),
    Odd(
        "people who disagree, learnt",
        {"a.jsonl": lines({"text": "warm", "label": ["pos", "pos", "neg"]})},
        {"soft_labels": True},
        says="1 text to which people gave different classes: the shares are trained on",
    ),
    Odd(
        "no class that most gave",
        {
            "a.jsonl": lines(
                *BASE, {"text": "warm", "label": "pos"}, {"text": "warm", "label": "neg"}, base=False
            ).replace(b"}", b', "who": "x"}')
        },
        {"annotator_column": "who"},
        says="1 text without a class that most annotators gave left out",
    ),
]


@pytest.mark.parametrize("odd", WARNINGS, ids=lambda odd: odd.name)
def test_it_is_warned_about(odd, tmp_path):
    assert any(odd.says in warning for warning in odd.load(tmp_path).warnings)


@pytest.mark.parametrize("odd", NOTES, ids=lambda odd: odd.name)
def test_it_is_noted(odd, tmp_path):
    assert any(odd.says in note for note in odd.load(tmp_path).notes)


def test_ordinary_data_get_no_warning(tmp_path):
    assert (
        Odd(
            "",
            {
                "a.jsonl": lines(
                    *MANY,
                    *[
                        {"text": f"another text, number {n}", "label": "yes" if n % 2 else "no"}
                        for n in range(500)
                    ],
                    base=False,
                )
            },
        )
        .load(tmp_path)
        .warnings
        == ()
    )
