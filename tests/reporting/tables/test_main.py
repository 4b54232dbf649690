"""Golden tables of a tiny run, and what happens to numbers that are not there."""

from pathlib import Path

import pandas as pd
import pytest

from tests.helpers.metric_frames import AIMS, CLASSIFICATION, EFFICIENCY, plausibility_rows
from workbench.metrics.schemas import AIMS as AIMS_SCHEMA
from workbench.reporting.tables.main import efficiency_table, main_table, plausibility_table
from workbench.reporting.text.aims import aim_sentences

MAIN_CSV = """\
method,n,accuracy,accuracy_low,accuracy_high,macro_f1,macro_f1_low,macro_f1_high,\
flops_speedup_unpadded,flops_speedup_padded,tokens_kept_share,speedup_vs_hf_b8
dense,4,0.8,0.6,0.9,0.7,,,,,,
top,4,0.75,0.5,1.0,,,,2.5,,0.4,2.0
"""
MAIN_ROWS = r"""
dense & 4 & 80.0 [60.0, 90.0] & 70.0 & -- & -- & -- & -- \\
ToP & 4 & 75.0 [50.0, 100.0] & -- & 2.50 & -- & 40.0 & 2.00 \\
"""
EFFICIENCY_CSV = """\
method,batch_size,seconds_median,seconds_q25,seconds_q75,rounds,speedup_vs_hf,realised_share
hf,8,3.0,,,,,
top,8,1.5,,,,2.0,0.8
"""


def test_golden_main_table(tmp_path: Path) -> None:
    csv, tex = main_table(CLASSIFICATION, EFFICIENCY, "Split test.").write(tmp_path)
    assert csv.read_text(encoding="utf-8") == MAIN_CSV
    latex = tex.read_text(encoding="utf-8")
    assert MAIN_ROWS in latex
    assert "Split test." in latex
    assert r"95 \% bootstrap" in latex


def test_main_table_says_where_each_method_cuts() -> None:
    three = pd.concat([CLASSIFICATION, CLASSIFICATION.iloc[:1].assign(method="adapler")])
    config = {"methods": ["powerbert"], "adapler": {}, "top": {"cut": "middle"}, "powerbert": {}}
    table = main_table(three, EFFICIENCY, config=config)
    # AdapLeR's section lacks the key: the run was made before there was one.
    assert table.shown.set_index("method")["cut"].to_dict() == {
        "dense": "–", "AdapLeR": "entry", "ToP": "middle", "PoWER-BERT": "middle",
    }  # fmt: skip
    assert "cut" not in main_table(CLASSIFICATION, EFFICIENCY).shown


def test_main_table_without_speed() -> None:
    table = main_table(CLASSIFICATION, None)
    assert table.shown["FLOPs, unpadded"].tolist() == ["–", "–"]


def test_captions_explain_only_what_a_table_has() -> None:
    timed = main_table(CLASSIFICATION, EFFICIENCY).caption
    counted = main_table(CLASSIFICATION, EFFICIENCY[EFFICIENCY["batch_size"].isna()]).caption
    bare = main_table(CLASSIFICATION, None).caption
    assert ["vs stock" in words for words in (timed, counted, bare)] == [True, False, False]
    assert ["FLOPs" in words for words in (timed, counted, bare)] == [True, True, False]
    without = CLASSIFICATION.assign(ci_low=float("nan"), ci_high=float("nan"))
    assert "95 %" in timed
    assert "95 %" not in main_table(without, None).caption


def test_main_table_shows_matthews_where_a_run_has_it() -> None:
    assert "Matthews × 100" not in main_table(CLASSIFICATION, None).shown
    row = pd.DataFrame([("dense", "test", "matthews", -0.25, -0.5, 0.125, 4)])
    more = pd.concat([CLASSIFICATION, row.set_axis(CLASSIFICATION.columns, axis=1)])
    shown = main_table(more, None).shown
    assert shown["Matthews × 100"].tolist() == ["-25.0 [-50.0, 12.5]", "–"]


def test_a_number_that_falls_short_of_an_aim_has_a_dagger() -> None:
    three = pd.concat([CLASSIFICATION, CLASSIFICATION.iloc[:1].assign(method="adapler", value=0.7)])
    table = main_table(three, EFFICIENCY, aims=AIMS, unlike_dense={"adapler"})
    shown = table.shown.set_index("method")
    assert shown["accuracy %"].tolist() == [
        "80.0 [60.0, 90.0]", "70.0 [50.0, 100.0]*†", "75.0 [50.0, 100.0]",
    ]  # fmt: skip
    assert shown["FLOPs, unpadded"].tolist() == ["–", "–", "2.50†"]
    assert "†: on dev it falls short" in table.caption
    assert r"2.50\dag{}" in table.latex()
    assert table.marks["accuracy %"].tolist() == ["", "second", "best"]


def test_a_table_whose_aims_are_reached_has_no_dagger() -> None:
    table = main_table(CLASSIFICATION, EFFICIENCY, aims=AIMS.assign(reached=True))
    assert "†" not in table.caption + table.shown.to_string()


@pytest.mark.parametrize(
    ("quantity", "got", "asked", "told"),
    [
        ("accuracy_lost", 0.0322, 0.01, "dev accuracy is 3.2 points below dense, its limit is 1.0"),
        ("accuracy_lost", 0.0104, 0.01, "dev accuracy is 1.04 points below dense, its limit is 1.00"),
        ("flops_saved", 0.4, 0.5,
         "on dev it saves 40.0 % of the dense model's FLOPs, its limit is 50.0 %"),
        ("tokens_dropped", 0.1, 0.2, "on dev it drops 10.0 % of the tokens, its limit is 20.0 %"),
    ],
)  # fmt: skip
def test_a_sentence_says_what_was_asked_for_and_what_came(quantity, got, asked, told) -> None:
    row = ("adapler", "dev", "limit", quantity, asked, 0.0, got, False)
    assert aim_sentences(AIMS_SCHEMA.frame([row])) == [f"AdapLeR: {told}"]


def test_golden_efficiency_table(tmp_path: Path) -> None:
    csv, _ = efficiency_table(EFFICIENCY).write(tmp_path)
    assert csv.read_text(encoding="utf-8") == EFFICIENCY_CSV
    rounds = pd.DataFrame(
        {"contestant": "top", "split": "test", "batch_size": 8, "round": range(3), "seconds": [1, 2, 3]}
    )
    table = efficiency_table(EFFICIENCY, rounds)
    assert table.shown["quartiles s"].tolist() == ["–", "1.5–2.5"]
    assert table.frame["rounds"].tolist()[1] == 3


def test_plausibility_table_finds_the_best_layer_and_leaves_gaps() -> None:
    table = plausibility_table(
        plausibility_rows(
            [
                ("uniform", "dense", 0, "none", "ap", 0.3),
                ("uniform", "top", 0, "none", "ap", 0.9),
                ("top", "top", 1, "none", "ap", 0.6),
                ("top", "top", 2, "none", "ap", 0.5),
                ("top", "top", 1, "uniform", "fpr", 0.6),
                ("top", "top", 2, "uniform", "fpr", 0.5),
                ("top", "top", 2, "uniform", "selected", 0.5),
                ("top", "top", 2, "kept", "fpr", 0.1),
            ]
        ),
        conventions="Told.",
    )
    frame = table.frame
    assert frame[["metric", "scorer"]].agg(" ".join, axis=1).tolist() == [
        "ap top", "ap uniform", "fpr top", "selected top",
    ]  # fmt: skip
    assert frame["best_layer"].astype(object).tolist() == [1, pd.NA, 2, pd.NA]
    assert frame.loc[1, "method"] == "dense"
    assert table.shown["L0"].tolist() == ["–", "0.300", "–", "–"]
    assert table.caption.endswith("Told.")


def test_an_empty_plausibility_table_has_its_columns() -> None:
    table = plausibility_table(plausibility_rows([]))
    assert table.frame.empty
    assert "best_layer" in table.frame
