"""Tables that nobody wrote in good faith, or by hand: right rows, or one line with their name."""

import json

import pandas as pd
import pytest

from workbench.config.data import DataSettings
from workbench.data.corpus import load_corpus
from workbench.data.files.records import records_of
from workbench.errors import InputError


def rows(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    records = records_of(path)
    return [record for _, record in records], records.notes


def test_a_quote_at_the_start_of_a_line_swallows_no_row(tmp_path):
    lines = [f"film {n}\t{'pos' if n % 2 else 'neg'}" for n in range(80)]
    lines[9] = '"the best line of the film\tpos'
    lines[15] = 'what a "quote"\tneg'
    found, notes = rows(tmp_path, "q.tsv", "\n".join(["text\tlabel", *lines]) + "\n")
    assert [f"{row['text']}\t{row['label']}" for row in found] == lines
    assert notes == ["1 field that begins with a quote read as it stands (TSV)."]
    # A quote that closes before a tab, as if by a CSV writer.
    lines[15] = 'of the year"\tneg'
    found, _ = rows(tmp_path, "q.tsv", "\n".join(["text\tlabel", *lines]) + "\n")
    assert [f"{row['text']}\t{row['label']}" for row in found] == lines


@pytest.mark.parametrize("quoting", [0, 1])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_what_pandas_writes_is_what_is_read(quoting, end, kind, tmp_path):
    texts = ['he said "no"', "two\nlines", "a\ttab, a comma", '"', "plain", "'", " spaces "]
    frame = pd.DataFrame({"text": texts, "label": list("ababaab"), "why": ["[[0, 1]]"] * 7})
    path = tmp_path / f"t.{kind}"
    frame.to_csv(
        path, sep="\t" if kind == "tsv" else ",", index=False, quoting=quoting, lineterminator=end
    )
    records = records_of(path)
    assert [record for _, record in records] == frame.to_dict("records")


def test_a_csv_whose_quote_joins_rows_is_refused_and_line_breaks_are_counted(tmp_path):
    swallowed = 'text,label\na,pos\nb,neg\n"the best line,pos\nfine,neg\nof the year",neg\n'
    with pytest.raises(InputError, match=r"q.csv:4: a quote that opens here joins 3 lines"):
        rows(tmp_path, "q.csv", swallowed)
    found, notes = rows(tmp_path, "q.csv", 'text,label\na,pos\n"one,\n\ntwo, three",neg\n')
    assert found[1] == {"text": "one,\n\ntwo, three", "label": "neg"}
    assert notes == ["1 row with line breaks inside a field."]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", 'text,label\n"open,1\nb,2\n', r"a.csv:2: not readable as CSV: unexpected end of data"),
        ("a.csv", 'text,label\n"a"b,1\n', r"a.csv:2: not readable as CSV: ',' expected after '\"'"),
        ("a.csv", "text,text\na,1\n", r"a.csv: two columns are called 'text'"),
        ("a.csv", "text,label,x\na,1\n", r"a.csv, row 1 \(line 2\): 2 fields, the first line names 3"),
        ("a.tsv", "text\tlabel\na\n", r"a.tsv, row 1 \(line 2\): 1 field, the first line names 2"),
        ("a.csv", "\n\n", r"a.csv: the file is empty"),
        ("a.csv", "text,label\na,1\n".encode("utf-16"), r"a.csv:1: not UTF-8 \(UTF-16\)"),
        ("a.jsonl", '{"text": "a", "text": "b"}', r"a.jsonl:1: broken JSON: the key 'text' is there"),
        ("a.jsonl", '{"text": "\\ud800"}', r"a.jsonl:1: broken JSON: half of a surrogate pair"),
        ("a.parquet", b"PAR1" + b"\0" * 20 + b"PAR1", r"a.parquet: not a Parquet file"),
    ],
)  # fmt: skip
def test_one_line_names_file_and_row(name, content, message, tmp_path):
    with pytest.raises(InputError, match=message) as caught:
        rows(tmp_path, name, content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", "\ufefftext,label\r\na,1\rb,2\nc,3\r\n", list("abc")),
        ("a.tsv", "\ufefftext\tlabel\r\na\t1\nb\t2", list("ab")),
        ("a.jsonl", '\ufeff{"text": "a"}\r\n\n{"text": "\\ud83d\\ude00"}\n', ["a", "😀"]),
        ("a.csv", "text,label\na\0b,1\n", ["a\0b"]),
        ("a.csv", "text,label\n" + "a" * 10**7 + ",1\n", ["a" * 10**7]),
        ("a.csv", ",text,label\n0,a,1\n", ["a"]),
        ("a.csv", 'text,label\nsay "so",1\n', ['say "so"']),
    ],
)  # fmt: skip
def test_strange_files_are_read_as_they_stand(name, content, expected, tmp_path):
    assert [row["text"] for row in rows(tmp_path, name, content)[0]] == expected


def damaged_text(path):
    """A Parquet file whose one text is not UTF-8."""
    pd.DataFrame({"text": ["good QQQQ film"]}).to_parquet(path, compression=None, use_dictionary=False)
    path.write_bytes(path.read_bytes().replace(b"QQQQ", b"\xff\xfe\xff\xfe"))


def test_parquet_of_invalid_utf8_is_named(tmp_path):
    damaged_text(tmp_path / "a.parquet")
    with pytest.raises(
        InputError, match=r"a.parquet: not a Parquet file: rows 1 to 1024: .*(?i:utf-?8)"
    ):
        list(records_of(tmp_path / "a.parquet"))


def corpus(tmp_path, records, **more):
    path = tmp_path / "own.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return load_corpus(
        DataSettings(**{"source": "file", "path": str(path), "rationales": "none"} | more)
    )


ANNOTATED = {"rationales": "annotated", "rationale_column": "why"}


@pytest.mark.parametrize(
    ("change", "more", "message"),
    [
        ({"why": "[" * 5000}, ANNOTATED, r"own.jsonl:1: the rationale is not a JSON list"),
        ({"why": "[[0, " + "1" * 5000 + "]]"}, ANNOTATED, r"own.jsonl:1: the rationale is not a JSON"),
        ({"why": [[[[[[[0]]]]]]]}, ANNOTATED, r"own.jsonl:1: a list of lists of spans"),
        ({"label": "x" * 10_000}, {}, r"own.jsonl:1: label has 10,000 characters, at most 1,000"),
        ({"id": ["a"]}, {"id_column": "id"}, r"own.jsonl:1: id is list, not one name"),
        ({"id": {"a": 1}}, {"id_column": "id"}, r"own.jsonl:1: id is dict, not one name"),
        ({"id": float("nan")}, {"id_column": "id"}, r"own.jsonl:1: id is missing"),
        ({"a\nb\x1b": 1}, {"id_column": "no"}, r"there are: text, label, a\\nb\\x1b"),
    ],
)
def test_hostile_values_are_named_in_one_line(change, more, message, tmp_path):
    with pytest.raises(InputError, match=message) as caught:
        corpus(tmp_path, [{"text": "a", "label": "x"} | change, {"text": "b", "label": "y"}], **more)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_an_id_for_each_text_is_no_class(tmp_path):
    records = [{"text": f"text {n}", "label": f"label-{n}"} for n in range(1001)]
    with pytest.raises(InputError, match=r"own: train has 1,001 different labels, at most 1,000"):
        corpus(tmp_path, records)
