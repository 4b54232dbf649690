"""Odd files that must be refused in one sentence, with the line or row."""

import json

import pytest

from tests.data.odd_files.making import BASE, Odd, csv, lines, parquet, workbook, zipped
from tests.data.odd_files.rationales import WHY, WORDS
from workbench.errors import InputError

ABSENT = "(absent)"


def row(says, why=None, **more):
    """A file of JSON lines whose third line is wrong."""
    settings = more.pop("settings", WORDS)
    others = {"second": "so", "who": "ann", "split": "train"}
    record = {"text": "warm and witty", "label": "pos", "why": why} | others | more
    record = {name: value for name, value in record.items() if value != ABSENT}
    rows = [one | others for one in BASE]
    return Odd(says, {"a.jsonl": lines(*rows, record, base=False)}, settings, says=f"a.jsonl:3: {says}")


def file(says, name, content, **settings):
    """A file that is wrong as a whole."""
    return Odd(f"{name}: {says}", {name: content}, settings, says=says)


TEXTS = [
    row("text is missing", text=None),
    row("text is int, not text", text=3),
    row("text is empty or holds only spaces", text=" \n"),
    row("text holds only signs without a shape", text="\u200b\u200d\ufeff"),
    row("text holds only signs without a shape", text="\0\x01"),
    row("broken JSON: half of a surrogate pair", text="bad \ud83d here"),
    row("text is list", text=["warm", "and"], settings={}),
    row("text: word 2 of the list is empty", text=["warm", " ", "witty"]),
    row("label is missing", label=None),
    row("label is missing", label="nan"),
    row("label: no label that most annotators gave", label=["pos", "neg"]),
    row("label is dict", label={"a": 1}),
    row("label has 1,500 characters", label="x" * 1500),
    row("second is missing", second=None, settings={"second_column": "second"}),
    row("no column who", who=ABSENT, settings={"annotator_column": "who"}),
    row("split None is none of train, dev, test", split=None, settings={"split_column": "split"}),
]
SPANS = [
    row("rationale span [0, 9] of 'row-3' lies outside the text", [[0, 9]]),
    row("rationale span [2, 2] is negative, empty or reversed", [[2, 2]]),
    row("rationale span [2, 1] is negative, empty or reversed", [[2, 1]]),
    row("rationale span [-1, 1] is negative, empty or reversed", [[-1, 1]]),
    row("rationale span [0.5, 1] is not a pair of whole numbers", [[0.5, 1]]),
    row("rationale span [True, 1] is not a pair of whole numbers", [[True, 1]]),
    row(
        "the rationale is not a JSON list of spans: 'warm'; is data.rationale_form: quotes meant?",
        "warm",
    ),
    row(
        "the rationale is not a JSON list of spans: '*warm* and witty'; is"
        " data.rationale_form: marked meant?",
        "*warm* and witty",
    ),
    row(
        "the rationale is not a JSON list of spans: 'B O O'; is data.rationale_form: tags meant?",
        "B O O",
    ),
    row(
        "the rationale is not a JSON list of spans: '1 0 1'; is"
        " data.rationale_form: mask (or shares, ranks, indices) meant?",
        "1 0 1",
    ),
    row("the rationale is dict, not a list of spans", {"start": 0}),
    row(
        "rationale span 1 is not a [start, end] pair; if these are no spans, data.rationale_form: mask",
        [1, 0, 1],
    ),
    row(
        "rationale span 0.5 is not a [start, end] pair; if these are no spans, data.rationale_form:"
        " shares",
        [0.5, 0.0, 1],
    ),
    row(
        "rationale span 'warm' is not a [start, end] pair; if these are no spans, data.rationale_form:"
        " quotes",
        ["warm"],
    ),
    row(
        "rationale span 'O' is not a [start, end] pair; if these are no spans, data.rationale_form:"
        " tags",
        ["O", "B-x", "O"],
    ),
    row("a list of lists of spans; one per annotator: data.rationale_lists: true", [[[0, 1]], [[1, 2]]]),
    row(
        "span [9, 12] has the text 'and', but there stands 'wit'",
        [{"start": 9, "end": 12, "text": "and"}],
        settings=WHY,
    ),
    row(
        "span [0, 2] lies outside the text, or inside a character",
        [[0, 2]],
        text="\U0001f600 warm",
        settings=WHY | {"offsets": "utf-8"},
    ),
    row("span [0, 99] lies outside the text", [{"start": 0, "end": 99, "text": "warm"}], settings=WHY),
]
FORMS = [
    row("a mask of 2, but the text has 3 words", [0, 1], settings=WORDS | {"rationale_form": "mask"}),
    row("a mask holds 0 and 1, not 2", [0, 1, 2], settings=WORDS | {"rationale_form": "mask"}),
    row(
        "a mask of 3, but the text has 14 characters",
        [0, 1, 1],
        settings=WHY | {"rationale_form": "mask"},
    ),
    row("the share 1.5 is none of 0 to 1", [1.5, 0, 0], settings=WORDS | {"rationale_form": "shares"}),
    row("the rank 1.5 is no whole number", [1.5, 0, 0], settings=WORDS | {"rationale_form": "ranks"}),
    row("the index 3 is none of 0 to 2", [3], settings=WORDS | {"rationale_form": "indices"}),
    row("the quote 'cold' is not in the text", ["cold"], settings=WORDS | {"rationale_form": "quotes"}),
    row(
        "a mask of 3, but the text has 14 characters (data.rationale_offsets: word would fit)",
        [1, 0, 1],
        settings=WORDS | {"rationale_form": "mask", "rationale_offsets": "char"},
    ),
    row("the quote ' ' is no text", [" "], settings=WORDS | {"rationale_form": "quotes"}),
    row("without its * it is not the text", "*cold* and", settings=WORDS | {"rationale_form": "marked"}),
    row(
        "without its * it is not the text",
        "*warm and witty",
        settings=WORDS | {"rationale_form": "marked"},
    ),
    row("'X-why' is no tag", ["X-why", "O", "O"], settings=WORDS | {"rationale_form": "tags"}),
    row("tags are of words", ["O", "O", "O"], settings=WHY | {"rationale_form": "tags"}),
    row("int, not a list of rationales", 3, settings=WORDS | {"rationale_lists": True}),
    row(
        "a list of shares or ranks",
        [[0.1, 0, 0]],
        settings=WORDS | {"rationale_lists": True, "rationale_form": "shares"},
    ),
]
FILES = [
    file("a.csv: the file is empty", "a.csv", b""),
    file("a.csv: the file is empty", "a.csv", b" \n\n"),
    file("the file holds no rows", "a.csv", b"text,label\n"),
    file(
        "a.csv:4: not UTF-8 (byte 0x96); data.encoding names another, such as cp1252",
        "a.csv",
        csv("bad \u2013,neg").encode("cp1252"),
    ),
    file(
        "a.csv:1: not UTF-8 (UTF-16); data.encoding names another, such as utf-16",
        "a.csv",
        csv().encode("utf-16"),
    ),
    file("not ascii", "a.csv", csv("caf\u00e9,neg").encode(), encoding="ascii"),
    file("data.encoding 'klingon': no such encoding", "a.csv", csv().encode(), encoding="klingon"),
    file("data.separator ';;': one character", "a.csv", csv().encode(), separator=";;"),
    file(
        "commas do not cut it into a table, but ';' makes 2 fields of every line: set data.separator",
        "a.csv",
        csv(header="text;label", separator=";").encode(),
    ),
    file(
        "but ';' makes 2 fields of every line",
        "a.csv",
        csv('"warm, and witty";pos', header="text;label", separator=";").encode(),
    ),
    file(
        "no column label; there are: text, verdict; data.text_column, data.label_column",
        "a.csv",
        csv(header="text,verdict").encode(),
    ),
    file("text, Label; did you mean Label?", "a.csv", csv(header="text,Label").encode()),
    file(
        "if the first line is a row already, data.columns names",
        "a.csv",
        csv(header="one of the best films of the year,pos").encode(),
    ),
    file("two columns are called 'label'", "a.csv", b"text,label,label\na,b,c\n"),
    file("a.csv, row 3 (line 4): 3 fields, the first line names 2", "a.csv", csv("a, b,pos").encode()),
    file(
        "a.csv, row 1 (line 1): 2 fields, data.columns names 3",
        "a.csv",
        csv().encode(),
        columns=["a", "b", "c"],
    ),
    file("a.csv:4: not readable as CSV", "a.csv", csv('"warm,pos').encode()),
    file("a.jsonl:3: broken JSON", "a.jsonl", lines() + b"{text: 1}\n"),
    file(
        "a.jsonl:3: broken JSON: the key 'text' is there twice",
        "a.jsonl",
        lines() + b'{"text": "a", "label": "pos", "text": "b"}\n',
    ),
    file("a.jsonl:3: expected a JSON object, got list", "a.jsonl", lines() + b"[1]\n"),
    file("a.json, item 3: expected a JSON object, got str", "a.json", json.dumps([*BASE, "x"]).encode()),
    file(
        "holds one list of objects, or an object per line",
        "a.json",
        json.dumps({"data": BASE}, indent=1).encode(),
    ),
    file("a.jsonl.gz: cannot be read: Not a gzipped file", "a.jsonl.gz", lines()),
    file("a.jsonl.xz: cannot be read", "a.jsonl.xz", lines()),
    file(
        "a.zip: holds 2 files (a.csv, b.csv), not one", "a.zip", zipped({"a.csv": b"x", "b.csv": b"x"})
    ),
    file("a.zip: cannot be read: File is not a zip file", "a.zip", lines()),
    file("a.parquet: not a Parquet file", "a.parquet", lines()),
    file("a.feather: not a Feather or Arrow file", "a.feather", lines()),
    file("a.parquet: the file holds no rows", "a.parquet", parquet([])),
    file("a.xlsx: cannot be read", "a.xlsx", lines()),
    file("a.xlsx: not an Excel workbook", "a.xlsx", zipped({"a": b"x"})),
    file(
        "a.xlsx: no sheet 'Texts'; there are: Sheet", "a.xlsx", workbook(Sheet=[["text"]]), sheet="Texts"
    ),
    file("a.xlsx: the file holds no rows", "a.xlsx", workbook(Sheet=[])),
    file("a.doc: unknown kind of file; known are .csv", "a.doc", b"x"),
    file(
        "data.annotators 'ann' is neither majority nor union, nor an annotator's name",
        "a.jsonl",
        lines({"text": "warm", "label": "pos", "why": [[0, 1]]}),
        **WORDS,
        annotators="ann",
    ),
    file(
        "'union', but each text has one annotator",
        "a.jsonl",
        lines({"text": "warm", "label": "pos", "why": [[0, 1]]}),
        **WORDS,
        annotators="union",
    ),
    file(
        "'ann' annotated this text already",
        "a.jsonl",
        lines(*[{"text": "warm", "label": "pos", "who": "ann", "why": [[0, 1]]}] * 2, base=False),
        **WORDS,
        annotator_column="who",
    ),
    file(
        "a.jsonl:1: shares or ranks in one of several rows of a text: give marks",
        "a.jsonl",
        lines(
            {"text": "warm", "label": "pos", "who": "ann", "why": [0.5]},
            {"text": "warm", "label": "pos", "who": "bob", "why": [1]},
            base=False,
        ),
        **WORDS | {"rationale_form": "shares"},
        annotator_column="who",
    ),
    Odd(
        "another text of one id",
        {
            "a.jsonl": lines(
                {"id": 1, "text": "warm", "label": "pos", "who": "ann"},
                {"id": 1, "text": "cold", "label": "pos", "who": "bob"},
                base=False,
            )
        },
        {"annotator_column": "who", "id_column": "id"},
        says="a.jsonl:2: '1' has another text than at",
    ),
    Odd(
        "two files of a split",
        {"train.csv": b"x", "training.csv": b"x"},
        {"path": ""},
        says="both train.csv and training.csv are train",
    ),
    Odd(
        "a folder of others", {"mine.csv": b"x"}, {"path": ""}, says="no file called train, dev or test"
    ),
    Odd(
        "a split column beside files",
        {"train.csv": csv().encode()},
        {"path": "", "split_column": "split"},
        says="data.split_column: the files say already",
    ),
]


@pytest.mark.parametrize("odd", [*TEXTS, *SPANS, *FORMS, *FILES], ids=lambda odd: odd.name)
def test_it_is_refused(odd, tmp_path):
    with pytest.raises(InputError) as error:
        odd.load(tmp_path)
    assert odd.says in str(error.value)
    assert "\n" not in str(error.value)


def test_there_are_many():
    assert len({odd.name for odd in (*TEXTS, *SPANS, *FORMS, *FILES)}) >= 80
