import pandas as pd
import pytest

from workbench.storage.spreadsheets import csv_text
from workbench.storage.tables import read_table, write_table
from workbench.storage.visible import visible


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"), ("+1+1", "'+1+1"), ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"), ("＝1+1", "'＝1+1"), ("'=x", "''=x"), ("''+a", "'''+a"),
        ("-", "-"), ("+", "+"), ("'s", "'s"), ("-0.25", "-0.25"), ("+1e-3", "+1e-3"), ("good", "good"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["object", "category", "str"])
def test_formulas_are_texts_in_csv_and_come_back(text, written, kind, tmp_path):
    frame = pd.DataFrame({"token": pd.Series([text, "x", None], dtype=kind), text: [1.5, -2.0, 0.0]})
    write_table(frame, tmp_path / "t.parquet", csv=True)
    raw = pd.read_csv(tmp_path / "t.csv", dtype=str)
    assert raw["token"].tolist()[:2] == [written, "x"]
    assert raw.columns.tolist() == ["token", written]
    assert raw[written].tolist() == ["1.5", "-2.0", "0.0"]
    back = read_table(tmp_path / "t.csv").astype({"token": str})
    assert back["token"].tolist()[:2] == [text, "x"]
    assert back.columns.tolist() == ["token", text]


def test_control_characters_are_shown_and_numbers_stay():
    frame = pd.DataFrame({"id": ["\x1b]0;owned\x07", "\t=1", "a\r\nb"], "score": [-1.0, None, 2.0]})
    assert csv_text(frame) == "id,score\n␛]0;owned␇,-1.0\n␉=1,\na␍␊b,2.0\n"
    assert visible("\x9b31m\x7f") == "�31m␡"
