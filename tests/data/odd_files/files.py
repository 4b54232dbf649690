"""Tables as people keep them: separators, encodings, packing, splits."""

import json

from tests.data.odd_files.making import (
    BASE,
    PACKED,
    Odd,
    arrow_stream,
    csv,
    feather_file,
    lines,
    parquet,
    workbook,
    zipped,
)

ROWS = [*BASE, {"text": "warm and witty", "label": "pos"}]
WARM = (("warm|and|witty", "pos", None),)
SHEET = [["text", "label"], ["a fine film", 1], ["a dull film", 0], ["warm and witty", 1]]


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
