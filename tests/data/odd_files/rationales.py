"""Rationales in every form that a cell may have."""

from tests.data.odd_files.making import Odd, csv, lines, parquet

WHY = {"rationale_column": "why"}
WORDS = WHY | {"rationale_offsets": "word"}
PAIRS = [
    {"text": f"{n} men", "second": f"{n} {label}", "label": label, "why": []}
    for n in range(5)
    for label in ("yes", "no", "True", "False")
]
"""Enough of them that the hash leaves each class in train."""


def form(name, why, marked, text="warm and witty", words="warm|and|witty", **settings):
    """A file whose third text has a rationale in one of the forms."""
    row = {"text": text, "label": "pos", "why": why}
    more = (WORDS if settings.pop("word", True) else WHY) | settings
    return Odd(name, {"a.jsonl": lines(row)}, more, ((words, "pos", marked),))


def cell(name, why, marked, **settings):
    """The same in a cell of a CSV file."""
    text = csv(f'warm and witty,pos,"{why}"', header="text,label,why")
    return Odd(name, {"a.csv": text.encode()}, WORDS | settings, (("warm|and|witty", "pos", marked),))


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
