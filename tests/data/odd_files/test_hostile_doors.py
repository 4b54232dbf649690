"""Files that would end the process, hang it or fill its memory; and what was once read as nothing."""

import gzip
import random
import zipfile
from contextlib import suppress

import openpyxl
import pyarrow as pa
import pytest
from pyarrow import feather

from tests.data.odd_files.making import Odd, lines, read, workbook
from workbench.config.data import DataSettings
from workbench.data.corpus import label_order, load_corpus
from workbench.data.files.records import records_of
from workbench.data.sources import data_settings
from workbench.data.writers.convert import convert
from workbench.errors import InputError
from workbench.storage.paths import listable

SHEET = [["text", "label"], ["a fine film", "pos"], ["a dull film", "neg"]]
LONG = "x" * 10**6
READERS = ("file", "eraser", "label-studio", "squad", "brat", "esnli", "conll", "hatexplain")


def refused(path, source="file", **more):
    """The message, in one line that can be read."""
    settings = DataSettings(source=source, path=str(path), **{"rationales": "none"} | more)
    with pytest.raises(InputError) as caught:
        load_corpus(settings, training=False)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 700
    return message


@pytest.mark.parametrize("source", READERS)
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("~nobody-of-this-name/a.csv", "there is no such home folder"),
        ("x" * 5000 + ".csv", "File name too long"),
    ],
)
def test_paths_that_cannot_be_looked_at(source, path, message):
    assert message in refused(path, source)
    with pytest.raises(InputError, match=message):
        data_settings(path)


def test_a_folder_without_permission(tmp_path):
    message = r"/secret: cannot be read: Permission denied"
    with pytest.raises(InputError, match=message), listable(tmp_path):
        raise PermissionError(13, "Permission denied", "/secret")


def far(cell):
    """A workbook with one more cell, far away."""
    book = openpyxl.Workbook()
    for row in SHEET:
        book.active.append(row)
    book.active[cell] = "z"
    return book


@pytest.mark.parametrize("cell", ["XFD3", "C1048576", "XFD1048576"])
def test_a_far_cell_of_a_sheet_costs_nothing(cell, tmp_path):
    far(cell).save(tmp_path / "a.xlsx")
    found = records_of(tmp_path / "a.xlsx")
    rows = [record for _, record in found]
    assert [(row["text"], row["label"]) for row in rows[:2]] == [tuple(row) for row in SHEET[1:]]
    assert len(rows) == (2 if cell == "XFD3" else 3)
    assert len(rows[0]) == (3 if cell.startswith("C") else 16_384)


def test_a_row_behind_the_last_that_excel_has(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(workbook(Sheet=SHEET))
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'<row r="3"', b'<row r="99999999"'))
    assert "more than 1,048,576 rows" in refused(tmp_path / "b.xlsx")


def test_a_sheet_that_breaks_off(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(workbook(Sheet=SHEET))
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            half = len(content) // 2 if name.endswith("sheet1.xml") else len(content)
            new.writestr(name, content[:half])
    assert "b.xlsx: not an Excel workbook" in refused(tmp_path / "b.xlsx")


def test_a_chart_is_no_table(tmp_path):
    book = openpyxl.Workbook()
    chart = openpyxl.chart.BarChart()
    chart.add_data(openpyxl.chart.Reference(book.active, min_col=1, min_row=1, max_row=2))
    book.create_chartsheet("Chart", 0).add_chart(chart)
    book.save(tmp_path / "a.xlsx")
    assert "the sheet 'Chart' is a chart, not a table" in refused(tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    "column",
    [
        pa.array([2**62, 1], pa.timestamp("s")),
        pa.array([2**62, 1], pa.date64()),
        pa.array([2**62, 1], pa.duration("s")),
    ],
    ids=str,
)
def test_times_that_python_has_not(column, tmp_path):
    feather.write_feather(pa.table({"text": ["a", "b"], "label": column}), tmp_path / "a.feather")
    assert "a.feather: not a Feather or Arrow file: rows 1 to 1024" in refused(tmp_path / "a.feather")


def test_damaged_arrow_files_do_not_end_the_process(tmp_path):
    table = pa.table({"text": ["a b", "c"], "label": pa.array(["x", "y"]).dictionary_encode()})
    feather.write_feather(table, tmp_path / "a.feather")
    whole, numbers = (tmp_path / "a.feather").read_bytes(), random.Random(1)
    for _ in range(200):
        damaged = bytearray(whole)
        for _ in range(numbers.choice([1, 3])):
            damaged[numbers.randrange(len(damaged))] = numbers.randrange(256)
        (tmp_path / "b.feather").write_bytes(damaged)
        with suppress(InputError):
            list(records_of(tmp_path / "b.feather"))


def test_a_repeated_key_among_many_is_found_at_once(tmp_path):
    keys = ", ".join(f'"k{n}": 1' for n in range(50_000))
    (tmp_path / "a.json").write_text(f'[{{{keys}, "k49999": 2}}]', encoding="utf-8")
    assert "the key 'k49999' is there twice" in refused(tmp_path / "a.json")


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json"])
def test_a_bomb_is_refused(ending, tmp_path):
    path = tmp_path / f"a.{ending}.gz"
    with gzip.open(path, "wb") as file:
        for _ in range(80):
            file.write(b" " * 2**20)
    assert "unpacks to more than 100 times its size" in refused(path)


@pytest.mark.parametrize(
    ("row", "settings", "says"),
    [
        ({"split": LONG}, {"split_column": "split"}, "split 'xxx"),
        (
            {"why": [-(10**400)]},
            {"rationale_column": "why", "rationales": "annotated"},
            "is not a [start, end] pair",
        ),
        (
            {"why": [10**400, 0]},
            {
                "rationale_column": "why",
                "rationales": "annotated",
                "rationale_form": "shares",
                "rationale_offsets": "word",
            },
            "is none of 0 to 1",
        ),
    ],
)
def test_huge_values_are_named_in_short(row, settings, says, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(lines({"text": "so so", "label": "pos"} | row, base=False))
    assert says in refused(tmp_path / "a.jsonl", **settings)


def test_huge_offsets_of_brat(tmp_path):
    (tmp_path / "pos").mkdir()
    (tmp_path / "pos" / "one.txt").write_text("warm", encoding="utf-8")
    (tmp_path / "pos" / "one.ann").write_text(f"T1\tWhy 0 {'9' * 5000}\twarm\n", encoding="utf-8")
    assert "one.ann:1: not a span of brat" in refused(tmp_path, "brat", rationales="annotated")


@pytest.mark.parametrize(
    ("text", "why", "marked"),
    [
        # A quote is a word of the text, not a part of another one, where it can be.
        ("the artist made art", "art", "art"),
        ("a cat", "a", "a"),
        ("cafe\u0301 cafe", "cafe", "cafe"),
        ("the artist", "art", "artist"),
        ("so, so", "so", "so|so"),
        ("\u6211\u559c\u6b22\u7535", "\u559c\u6b22", "\u559c|\u6b22"),
        # What looks like JSON but is a passage.
        ("take 1", "1", "1"),
        ("how true", "true", "true"),
    ],
)
def test_quotes(text, why, marked, tmp_path):
    assert found(text, why, tmp_path, rationale_form="quotes") == marked


@pytest.mark.parametrize(
    ("text", "why", "marked"),
    [
        ("warm and witty", "**warm** and *witty*", "refused"),
        ("warm and witty", "**warm** and **witty**", "warm|witty"),
        ("warm and witty", "*warm***witty*", "refused"),
        ("warm and", "*warm**and*", "warm|and"),
        ("warmand so", "*warm**and* so", "warmand"),
        ("5 *stars* film", "5 **stars** film", "*|stars|*"),
        ("a * b", "a *** b", "*"),
        ("a * b", "*a* * b", "a"),
        ("a ** b", "a ** *b*", "b"),
        ("warm", "****", "refused"),
        ("warm", "**warm", "refused"),
    ],
)
def test_marked_copies(text, why, marked, tmp_path):
    assert found(text, why, tmp_path, rationale_form="marked") == marked


def found(text, why, folder, **form):
    """The marked words of a text, or that it was refused."""
    row = {"text": text, "label": "pos", "why": why, "part": "train"}
    # With texts in each split none is cut from train.
    others = [
        {"text": f"other {part}", "label": "neg", "why": None, "part": part}
        for part in ("train", "dev", "test")
    ]
    rows = [row, *others]
    settings = {"rationale_column": "why", "split_column": "part"} | form
    odd = Odd("a", {"a.jsonl": lines(*rows, base=False)}, settings)
    try:
        corpus = odd.load(folder)
    except InputError as error:
        return "refused" if "without its * it is not the text" in str(error) else str(error)
    return next(marks for _, label, marks in read(corpus) if label == "pos")


def test_zeros_of_tags_as_text(tmp_path):
    settings = {"rationale_form": "tags", "rationale_offsets": "word"}
    assert found("warm and witty", "0 B-why 0", tmp_path, **settings) == "and"


def test_one_class_alone_is_no_value(tmp_path):
    rows = [{"text": f"{n} films", "label": "pos", "part": "test"} for n in range(3)]
    odd = Odd("a", {"a.jsonl": lines(*rows, base=False)}, {"split_column": "part"})
    corpus = odd.load(tmp_path, training=False)
    assert (corpus.labels, corpus.has_values) == (("pos",), False)
    settings = DataSettings(source="file", path=str(tmp_path / "a.jsonl"), rationales="none")
    record = convert(corpus, settings, "jsonl", tmp_path / "out")
    assert not any("values" in note for note in record["notes"])


def test_classes_that_are_no_number_come_last():
    assert sorted(["nan-", "-nan", "10", "9", "inf"], key=label_order) == [
        "9",
        "10",
        "inf",
        "-nan",
        "nan-",
    ]
