"""Odd files that must be read right: words, labels and marks, token by token."""

import json

import pytest

from tests.data.odd_files.making import (
    BASE,
    PACKED,
    Odd,
    arrow_stream,
    csv,
    feather_file,
    lines,
    parquet,
    read,
    workbook,
    zipped,
)

ROWS = [*BASE, {"text": "warm and witty", "label": "pos"}]
WARM = (("warm|and|witty", "pos", None),)
WHY = {"rationale_column": "why"}
WORDS = WHY | {"rationale_offsets": "word"}
SHEET = [["text", "label"], ["a fine film", 1], ["a dull film", 0], ["warm and witty", 1]]
PAIRS = [
    {"text": f"{n} men", "second": f"{n} {label}", "label": label, "why": []}
    for n in range(5)
    for label in ("yes", "no", "True", "False")
]
"""Enough of them that the hash leaves each class in train."""
GRIN = "\U0001f600"


def form(name, why, marked, text="warm and witty", words="warm|and|witty", **settings):
    """A file whose third text has a rationale in one of the forms."""
    row = {"text": text, "label": "pos", "why": why}
    more = (WORDS if settings.pop("word", True) else WHY) | settings
    return Odd(name, {"a.jsonl": lines(row)}, more, ((words, "pos", marked),))


def cell(name, why, marked, **settings):
    """The same in a cell of a CSV file."""
    text = csv(f'warm and witty,pos,"{why}"', header="text,label,why")
    return Odd(name, {"a.csv": text.encode()}, WORDS | settings, (("warm|and|witty", "pos", marked),))


FILES = [
    Odd("byte order mark", {"a.csv": b"\xef\xbb\xbf" + csv("warm and witty,pos").encode()}, {}, WARM),
    Odd(
        "semicolons",
        {"a.csv": csv("warm and witty;pos", header="text;label", separator=";").encode()},
        {"separator": ";"},
        WARM,
    ),
    Odd(
        "tabs in a .csv",
        {"a.csv": csv("warm and witty\tpos", header="text\tlabel", separator="\t").encode()},
        {"separator": "\t"},
        WARM,
    ),
    Odd(
        "bars",
        {"a.csv": csv("warm and witty|pos", header="text|label", separator="|").encode()},
        {"separator": "|"},
        WARM,
    ),
    Odd("UTF-16", {"a.csv": csv("warm and witty,pos").encode("utf-16")}, {"encoding": "utf-16"}, WARM),
    Odd(
        "UTF-16 lines",
        {"a.jsonl": lines(ROWS[2]).decode().encode("utf-16")},
        {"encoding": "utf-16"},
        WARM,
    ),
    Odd(
        "cp1252",
        {"a.csv": csv("a clich\u00e9 \u2013 no,neg").encode("cp1252")},
        {"encoding": "cp1252"},
        (("a|clich\u00e9|\u2013|no", "neg", None),),
    ),
    Odd(
        "no header",
        {"a.csv": "\n".join(csv("warm and witty,pos").split("\n")[1:]).encode()},
        {"columns": ["text", "label"]},
        WARM,
    ),
    Odd(
        "other column names",
        {"a.csv": csv("warm and witty,pos", header="review,verdict").encode()},
        {"text_column": "review", "label_column": "verdict"},
        WARM,
    ),
    Odd("Windows line ends", {"a.csv": csv("warm and witty,pos", ends="\r\n").encode()}, {}, WARM),
    Odd("old Macintosh line ends", {"a.csv": csv("warm and witty,pos", ends="\r").encode()}, {}, WARM),
    Odd(
        "doubled quotes",
        {"a.csv": csv('"it is ""good""",pos').encode()},
        {},
        (('it|is|"|good|"', "pos", None),),
    ),
    Odd("line break in a field", {"a.csv": csv('"warm\nand witty",pos').encode()}, {}, WARM),
    Odd(
        "quote in a .tsv",
        {"a.tsv": csv('"warm and witty\tpos', header="text\tlabel", separator="\t").encode()},
        {},
        (('"|warm|and|witty', "pos", None),),
    ),
    Odd(
        ".tab",
        {"a.tab": csv("warm and witty\tpos", header="text\tlabel", separator="\t").encode()},
        {},
        WARM,
    ),
    Odd("ndjson", {"a.ndjson": lines(ROWS[2])}, {}, WARM),
    Odd("blank lines between", {"a.jsonl": lines(ROWS[2]).replace(b"\n", b"\n\n")}, {}, WARM),
    Odd("a JSON list", {"a.json": json.dumps(ROWS, indent=1).encode()}, {}, WARM),
    Odd("lines in a .json", {"a.json": lines(ROWS[2])}, {}, WARM),
    *(
        Odd(f"packed as {ending}", {f"a.jsonl{ending}": pack(lines(ROWS[2]))}, {}, WARM)
        for ending, pack in PACKED.items()
    ),
    Odd("upper-case endings", {"A.CSV.GZ": PACKED[".gz"](csv("warm and witty,pos").encode())}, {}, WARM),
    Odd(
        "zip with what macOS adds",
        {"a.zip": zipped({"a.csv": csv("warm and witty,pos").encode(), "__MACOSX/._a.csv": b"x"})},
        {},
        WARM,
    ),
    Odd("zip of a Parquet file", {"a.zip": zipped({"a.parquet": parquet(ROWS)})}, {}, WARM),
    Odd("Feather", {"a.feather": feather_file(ROWS)}, {}, WARM),
    Odd("Arrow stream", {"a.arrow": arrow_stream(ROWS)}, {}, WARM),
    Odd("Excel", {"a.xlsx": workbook(Texts=SHEET)}, {}, (("warm|and|witty", "1", None),)),
    Odd(
        "the second sheet",
        {"a.xlsx": workbook(Notes=[["x"]], Texts=SHEET)},
        {"sheet": "Texts"},
        (("warm|and|witty", "1", None),),
    ),
    Odd(
        "Excel without a header",
        {"a.xlsx": workbook(Texts=SHEET[1:])},
        {"columns": ["text", "label"]},
        (("warm|and|witty", "1", None),),
    ),
    Odd(
        "three files",
        {
            "tr.csv": csv().encode(),
            "va.csv": csv("warm and witty,pos").encode(),
            "te.csv": csv("no fun at all,neg").encode(),
        },
        {"paths": {"train": "tr.csv", "dev": "va.csv", "test": "te.csv"}},
        (*WARM, ("no|fun|at|all", "neg", None)),
    ),
    Odd(
        "a folder",
        {
            "train.jsonl": lines(),
            "validation.jsonl.gz": PACKED[".gz"](lines(ROWS[2])),
            "readme.txt": b"x",
            "test.csv": csv("no fun at all,neg").encode(),
        },
        {"path": ""},
        (*WARM, ("no|fun|at|all", "neg", None)),
    ),
    Odd(
        "numbers as labels",
        {
            "a.jsonl": lines(
                {"text": "a fine film", "label": 1.0}, {"text": "a dull film", "label": 0}, base=False
            )
        },
        {},
        (),
    ),
    Odd(
        "most annotators' label",
        {"a.jsonl": lines({"text": "warm and witty", "label": ["pos", "neg", "pos"]})},
        {},
        WARM,
    ),
]

FORMS = [
    form("spans of characters", [[0, 4], [9, 14]], "warm|witty", word=False),
    form("spans inside words", [[2, 3], [10, 11]], "warm|witty", word=False),
    form("spans of words", [[0, 1], [2, 3]], "warm|witty"),
    form("spans with labels", [[0, 1, "why"], [1, 2, "other"]], "warm", rationale_labels=["why"]),
    form("spans with any label", [[0, 1, "why"], [1, 2, None]], "warm|and"),
    form("spans as objects", [{"start": 2, "end": 3, "label": "why"}], "witty"),
    form("spans that a table made floating", [[0.0, 1.0]], "warm"),
    form("nothing marked", [], ""),
    form("mask", [1, 0, 1], "warm|witty", rationale_form="mask"),
    form("mask of truth values", [True, False, False], "warm", rationale_form="mask"),
    form("mask of characters", [0] * 9 + [1] * 5, "witty", rationale_form="mask", word=False),
    form("mask as digits", "011", "and|witty", rationale_form="mask"),
    form("shares", [0.9, 0.2, 0.51], "warm|witty", rationale_form="shares"),
    form("shares, anybody", [0.9, 0.2, 0.0], "warm|and", rationale_form="shares", annotators="union"),
    form("ranks", [2, None, 1], "witty", rationale_form="ranks"),
    form("indices", [0, 2], "warm|witty", rationale_form="indices"),
    form("one index", 1, "and", rationale_form="indices"),
    form("quotes", ["warm", "witty"], "warm|witty", rationale_form="quotes"),
    form(
        "one quote over a line break",
        "warm and",
        "warm|and",
        text="warm\nand witty",
        rationale_form="quotes",
        word=False,
    ),
    form(
        "a quote that stands twice",
        ["so"],
        "so|so",
        text="so so dull",
        words="so|so|dull",
        rationale_form="quotes",
    ),
    form("marked copy", "*warm* and *witty*", "warm|witty", rationale_form="marked"),
    form(
        "marked copy of a text with stars",
        "**** and *witty*",
        "witty",
        text="**** and witty",
        words="****|and|witty",
        rationale_form="marked",
    ),
    form("BIO tags", ["B-why", "I-why", "O"], "warm|and", rationale_form="tags"),
    form(
        "BIOES tags by label",
        ["S-why", "O", "S-no"],
        "warm",
        rationale_form="tags",
        rationale_labels=["why"],
    ),
    form("tags without a label", ["O", "B", "I"], "and|witty", rationale_form="tags"),
    form("words as a list", [[1, 2]], "and", text=["warm", "and", "witty"]),
    form("lists, most of three", [[[0, 1]], [[0, 2]], [[2, 3]]], "warm", rationale_lists=True),
    form(
        "lists, anybody",
        [[[0, 1]], [[2, 3]], []],
        "warm|witty",
        rationale_lists=True,
        annotators="union",
    ),
    form(
        "lists of masks",
        [[1, 0, 0], [1, 1, 0], [0, 0, 0]],
        "warm",
        rationale_lists=True,
        rationale_form="mask",
    ),
    form(
        "lists, the second person", [[[0, 1]], [[2, 3]]], "witty", rationale_lists=True, annotators="2"
    ),
    cell("spans as JSON in CSV", "[[0, 1], [2, 3]]", "warm|witty"),
    cell("quotes as Python writes lists", "['warm', 'witty']", "warm|witty", rationale_form="quotes"),
    cell("mask as numpy writes it", "[1 0 1]", "warm|witty", rationale_form="mask"),
    cell("mask between spaces", "1 0 1", "warm|witty", rationale_form="mask"),
    cell("indices between commas", "0,2", "warm|witty", rationale_form="indices"),
    cell("tags between spaces", "O B-x I-x", "and|witty", rationale_form="tags"),
    cell("an empty cell", "", None),
    Odd(
        "a person per row",
        {
            "a.jsonl": lines(
                {"text": "warm and witty", "label": "pos", "who": "ann", "why": [[0, 1]]},
                {"text": "warm and witty", "label": "pos", "who": "bob", "why": [[0, 1], [2, 3]]},
                {"text": "warm and witty", "label": "neg", "who": "cem", "why": [[1, 2]]},
                {"text": "no fun at all", "label": "neg", "who": "ann", "why": []},
                base=False,
            )
        },
        WORDS | {"annotator_column": "who"},
        (("warm|and|witty", "pos", "warm"), ("no|fun|at|all", "neg", "")),
    ),
    Odd(
        "spans of a pair",
        {
            "a.jsonl": lines(
                {
                    "text": "a man sleeps",
                    "label": "no",
                    "second": "he is awake",
                    "why": [[2, 3], [5, 6]],
                },
                {"text": "a dog runs", "label": "yes", "second": "it moves", "why": [[2, 3]]},
                *PAIRS,
                base=False,
            )
        },
        WORDS | {"second_column": "second"},
        (("a|man|sleeps|he|is|awake", "no", "sleeps|awake"), ("a|dog|runs|it|moves", "yes", "runs")),
    ),
    Odd(
        "quotes as the hub has ERASER",
        {
            "a.parquet": parquet(
                [
                    {
                        "text": "He left. She stayed at home.",
                        "second": "who stayed || She",
                        "label": "True",
                        "why": ["She stayed at home."],
                    },
                    {
                        "text": "He left. She stayed.",
                        "second": "who left || She",
                        "label": "False",
                        "why": ["He left."],
                    },
                    *PAIRS,
                ]
            )
        },
        WHY | {"second_column": "second", "rationale_form": "quotes"},
        (
            ("He|left|.|She|stayed|at|home|.|who|stayed||||She", "True", "She|stayed|at|home|."),
            ("He|left|.|She|stayed|.|who|left||||She", "False", "He|left|."),
        ),
    ),
]

SIGNS = [
    form(
        "UTF-16 units, by the stored text",
        [{"start": 3, "end": 7, "text": "warm"}],
        "warm",
        text=f"{GRIN} warm and witty",
        words=f"{GRIN}|warm|and|witty",
        word=False,
    ),
    form(
        "UTF-16 units, as told",
        [[3, 7]],
        "warm",
        text=f"{GRIN} warm",
        words=f"{GRIN}|warm",
        word=False,
        offsets="utf-16",
    ),
    form(
        "bytes, by the stored text",
        [{"start": 5, "end": 9, "text": "warm"}],
        "warm",
        text=f"{GRIN} warm",
        words=f"{GRIN}|warm",
        word=False,
    ),
    form(
        "bytes, as told",
        [[6, 10]],
        "warm",
        text="caf\u00e9 warm",
        words="caf\u00e9|warm",
        word=False,
        offsets="utf-8",
    ),
    form(
        "characters, by the stored text",
        [{"start": 2, "end": 6, "text": "warm"}],
        "warm",
        text=f"{GRIN} warm",
        words=f"{GRIN}|warm",
        word=False,
    ),
    form(
        "Chinese, by character",
        [[1, 3]],
        "\u559c|\u6b22",
        text="\u6211\u559c\u6b22\u7535\u5f71\u3002",
        words="\u6211|\u559c|\u6b22|\u7535|\u5f71|\u3002",
        word=False,
    ),
    form(
        "Chinese, by dictionary",
        [[1, 2]],
        "\u559c\u6b22",
        text="\u6211\u559c\u6b22\u7535\u5f71",
        words="\u6211|\u559c\u6b22|\u7535\u5f71",
        word=False,
        segmenter="icu",
    ),
    form(
        "Japanese: katakana stay together",
        [[0, 4]],
        "\u30ab\u30bf\u30ab\u30ca",
        text="\u30ab\u30bf\u30ab\u30ca\u6620\u753b",
        words="\u30ab\u30bf\u30ab\u30ca|\u6620|\u753b",
        word=False,
    ),
    form(
        "Thai, by dictionary",
        [[0, 1]],
        "\u0e14\u0e35",
        text="\u0e14\u0e35\u0e21\u0e32\u0e01",
        words="\u0e14\u0e35|\u0e21\u0e32\u0e01",
        word=False,
        segmenter="icu",
    ),
    form(
        "Latin letters beside Chinese ones",
        [[0, 5]],
        "phone",
        text="phone\u624b\u673a",
        words="phone|\u624b|\u673a",
        word=False,
    ),
    form(
        "Korean has spaces",
        [[0, 2]],
        "\uc88b\uc740",
        text="\uc88b\uc740 \uc601\ud654",
        words="\uc88b\uc740|\uc601\ud654",
        word=False,
    ),
    form(
        "Arabic",
        [[0, 4]],
        "\u0641\u064a\u0644\u0645",
        text="\u0641\u064a\u0644\u0645 \u062c\u064a\u062f",
        words="\u0641\u064a\u0644\u0645|\u062c\u064a\u062f",
        word=False,
    ),
    form(
        "an accent of its own",
        [[0, 5]],
        "cafe\u0301",
        text="cafe\u0301 warm",
        words="cafe\u0301|warm",
        word=False,
    ),
    form(
        "a family of emoji",
        [[0, 5]],
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        text="\U0001f468\u200d\U0001f469\u200d\U0001f467 warm",
        words="\U0001f468\u200d\U0001f469\u200d\U0001f467|warm",
        word=False,
    ),
    form(
        "signs of special tokens",
        [[0, 6]],
        "[|MASK|]",
        text="[MASK] warm </s>",
        words="[|MASK|]|warm|<|/|s|>",
        word=False,
    ),
    form("NUL stays in its word", [[0, 3]], "a\0b", text="a\0b warm", words="a\0b|warm", word=False),
    form(
        "an escaped surrogate pair",
        [[0, 1]],
        GRIN,
        text=f"{GRIN} warm",
        words=f"{GRIN}|warm",
        word=False,
    ),
    form(
        "half of a pair, repaired",
        [[4, 8]],
        "warm",
        text="bad\ud83d warm",
        words="bad\ufffd|warm",
        word=False,
        unencodable="replace",
    ),
    form(
        "200,000 characters",
        [[199_996, 200_000]],
        "warm",
        text="x " * 99_998 + "warm",
        words="x|" * 99_998 + "warm",
        word=False,
    ),
]


@pytest.mark.parametrize("odd", [*FILES, *FORMS, *SIGNS], ids=lambda odd: odd.name)
def test_it_is_read_right(odd, tmp_path):
    assert set(odd.texts) <= read(odd.load(tmp_path))


def test_there_are_many():
    names = [odd.name for odd in (*FILES, *FORMS, *SIGNS)]
    assert len(set(names)) == len(names) >= 80


def test_numbers_as_labels_lose_their_point(tmp_path):
    odd = next(one for one in FILES if one.name == "numbers as labels")
    assert odd.load(tmp_path).labels == ("0", "1")


def test_shares_stay_beside_the_hard_rationale(tmp_path):
    odd = next(one for one in FORMS if one.name == "lists of masks")
    (document,) = [
        one for one in odd.load(tmp_path).splits["train"] if one.words == ("warm", "and", "witty")
    ]
    assert document.shares == (2 / 3, 1 / 3, 0.0)
    assert [one.annotator for one in document.annotations] == ["1", "2", "3"]
    ranks = next(one for one in FORMS if one.name == "ranks").load(tmp_path)
    assert [one.shares for one in ranks.splits["train"] if one.shares] == [(0.5, 0.0, 1.0)]


def test_the_shares_of_labels_stay_beside_the_class(tmp_path):
    odd = next(one for one in FILES if one.name == "most annotators' label")
    shares = {one.label: one.label_shares for one in odd.load(tmp_path).splits["train"]}
    assert odd.load(tmp_path).labels == ("neg", "pos")
    assert shares == {"neg": None, "pos": (1 / 3, 2 / 3)}
    people = next(one for one in FORMS if one.name == "a person per row").load(tmp_path)
    found = {one.words: one.label_shares for one in people.splits["train"]}
    assert found["warm", "and", "witty"] == (1 / 3, 2 / 3)
    assert found["no", "fun", "at", "all"] is None
