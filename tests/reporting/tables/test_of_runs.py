"""A paper's tables from several runs: by hand, over seeds, with what is missing marked."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.helpers.fake_comparison import RIGHT, SPEED, add_run, build_comparison
from tests.helpers.latex_reader import compiled
from tests.helpers.metric_frames import AIMS, CLASSIFICATION, EFFICIENCY, plausibility_rows
from workbench.catalog.methods import METHODS
from workbench.cli import main
from workbench.config.loading import dump_config
from workbench.config.run import RunConfig
from workbench.errors import InputError
from workbench.reporting.tables.main import main_table, plausibility_table
from workbench.reporting.tables.of_runs import main_comparison, paper_tables, significance
from workbench.reporting.tables.over_seeds import over_seeds, seeds_line, seeds_words
from workbench.runs.many import load_runs
from workbench.storage.atomic import write_text

DEFAULT = ("dense", "adapler")
GOLDEN_CSV = """\
method,seeds,n,cut,accuracy,accuracy_sd,macro_f1,macro_f1_sd,matthews,matthews_sd,flops_speedup_unpadded,\
flops_speedup_unpadded_sd,flops_speedup_padded,flops_speedup_padded_sd,speedup_vs_hf_b8,speedup_vs_hf_b8_sd
dense,2,4,–,0.875,0.1767766952966369,0.7142857142857143,0.4040610178208843,0.0,0.0,1.0,0.0,2.0,0.0,0.5,0.0
"""
GOLDEN = r"""
dense & 2 & 4 & -- & 87.5 $\pm$ 17.7 & 71.4 $\pm$ 40.4 & 0.0 $\pm$ 0.0 & 1.00 $\pm$ 0.00 & \
2.00 $\pm$ 0.00 & 0.50 $\pm$ 0.00 \\
AdapLeR & 2 & 4 & entry & \textbf{62.5 $\pm$ 17.7} & \textbf{38.1 $\pm$ 6.7} & 0.0 $\pm$ 0.0 & \
\underline{2.10 $\pm$ 0.14} & \
\underline{4.20 $\pm$ 0.28} & \underline{1.05 $\pm$ 0.07} \\
ToP & 2 & 4 & middle & \underline{37.5 $\pm$ 17.7} & \underline{26.7 $\pm$ 9.4} & 0.0 $\pm$ 0.0 & \
\textbf{2.40 $\pm$ 0.85} & \
\textbf{4.80 $\pm$ 1.70} & \textbf{1.20 $\pm$ 0.42} \\
\bottomrule
""".replace("& \\\n", "& ")


def seed_run(
    folder: Path, seed: int, methods: tuple[str, ...] = ("dense", "adapler"), **data: object
) -> None:
    """One run with these methods, numbers as in the invented comparison."""
    parts: dict[Path, list[pd.DataFrame]] = {}
    for method in methods:
        add_run(folder / method, method, RIGHT[method][seed], SPEED[method][seed])
        for path in (folder / method).rglob("*.parquet"):
            parts.setdefault(folder / path.relative_to(folder / method), []).append(
                pd.read_parquet(path)
            )
        shutil.rmtree(folder / method)
    for path, frames in parts.items():
        path.parent.mkdir(exist_ok=True)
        pd.concat(frames, ignore_index=True).to_parquet(path)
    config = RunConfig(seed=seed, methods=["dense", "adapler", "top"], data=data)
    write_text(folder / "config.yaml", dump_config(config))


def test_runs_from_before_a_setting_stand_apart_and_keep_their_cut(tmp_path: Path) -> None:
    for seed in (0, 1):
        seed_run(tmp_path / f"new{seed}", seed, ("dense", "adapler", "top"))
        seed_run(tmp_path / f"old{seed}", seed, ("dense", "adapler", "top"))
        path = tmp_path / f"old{seed}" / "config.yaml"
        config = yaml.safe_load(path.read_text())
        came_later = METHODS["top"].before
        config["top"] = {k: v for k, v in config["top"].items() if k not in came_later}
        write_text(path, yaml.safe_dump(config))
    frame = main_comparison(load_runs(tmp_path)).frame.set_index("method")
    assert frame.index[:2].tolist() == ["dense", "adapler"] or "adapler" in frame.index[1]
    tops = {name: row["cut"] for name, row in frame.iterrows() if name.startswith("top")}
    assert sorted(tops.values()) == ["entry", "middle"]
    assert {name.split(" ")[1] for name in tops} == {"cut=entry", "cut=middle"}
    assert (frame.loc[list(tops), "seeds"] == 2).all()


def test_means_over_seeds_and_a_method_that_is_missing(tmp_path: Path) -> None:
    for seed in (0, 1):
        seed_run(tmp_path / f"seed{seed}", seed)
    table = main_comparison(load_runs(tmp_path))
    frame = table.frame.set_index("method")
    assert frame.index.tolist() == ["dense", "adapler", "top"]
    # AdapLeR: 3/4 and 2/4 right; FLOPs 2.0 and 2.2.
    assert frame.loc["adapler", "accuracy"] == pytest.approx(0.625)
    assert frame.loc["adapler", "accuracy_sd"] == pytest.approx(0.25 / np.sqrt(2))
    assert frame.loc["top", "seeds"] == 0
    shown = table.shown.set_index("method")
    assert shown.loc["AdapLeR", "FLOPs, unpadded"] == "2.10 ± 0.14"
    assert set(shown.loc["ToP"].tolist()) == {0, "middle", "–"}
    assert "n = 2 seeds (0, 1)" in table.caption


def test_one_seed_has_no_deviation_and_says_so(tmp_path: Path) -> None:
    seed_run(tmp_path / "only", 1)
    made, lacking = paper_tables(load_runs(tmp_path))
    by_name = {table.name: table for table in made}
    assert set(by_name) == {"data", "main", "efficiency", "significance"}
    assert not any("±" in text for table in made for text in table.shown.astype(str).to_numpy().ravel())
    assert "One seed (1), so no ±" in by_name["main"].caption
    assert [line.partition(":")[0] for line in lacking] == [
        "plausibility by layer",
        "faithfulness by layer",
    ]
    assert by_name["main"].shown.set_index("method").loc["ToP", "accuracy %"] == "–"
    assert by_name["data"].frame.iloc[0][["texts", "classes", "tokens_max"]].tolist() == [4, "a 4", 10]


def test_a_comparison_counts_each_seeds_dense_model_once(tmp_path: Path) -> None:
    folder = build_comparison(tmp_path / "compared")
    for cell in folder.glob("*/**/metrics"):
        config = RunConfig(seed=int(cell.parent.name[-1]))
        write_text(cell.parent / "config.yaml", dump_config(config))
    runs = load_runs(folder)
    frame = main_comparison(runs).frame.set_index("method")
    assert frame["seeds"].tolist() == [2, 2, 2]
    pair = significance(runs).frame.set_index(["method", "against"]).loc[("adapler", "top")]
    # Per text, mean over seeds: AdapLeR 1, 1, .5, 0; ToP 1, 0, .5, 0.
    assert pair["difference"] == pytest.approx(0.25)


def test_two_runs_of_a_seed_and_different_data_are_refused(tmp_path: Path) -> None:
    seed_run(tmp_path / "a", 0)
    seed_run(tmp_path / "b", 0)
    rows = load_runs(tmp_path).classification
    with pytest.raises(InputError, match="a and b both have adapler with seed 0"):
        over_seeds(rows)
    shutil.rmtree(tmp_path / "b")
    seed_run(tmp_path / "b", 1, max_train=7)
    with pytest.raises(InputError, match="different data"):
        paper_tables(load_runs(tmp_path))


def test_over_seeds_keeps_a_single_seeds_interval() -> None:
    keyed = CLASSIFICATION.assign(run="a", data="d", seed=0)
    once = over_seeds(keyed)
    assert once["ci_low"].iloc[0] == 0.5
    assert once["sd"].isna().all()
    twice = over_seeds(pd.concat([keyed, keyed.assign(run="b", seed=1, value=0.65)]))
    row = twice.query("method == 'top'").iloc[0]
    assert (row["value"], row["seeds"]) == (pytest.approx(0.7), 2)
    assert np.isnan(row["ci_low"])
    assert seeds_words([0, 1]).startswith("Mean ± standard deviation over n = 2 seeds")


def test_a_method_that_misses_its_aim_with_one_seed_has_a_dagger(tmp_path: Path) -> None:
    for seed in (0, 1):
        seed_run(tmp_path / f"seed{seed}", seed, ("dense", "adapler", "top"))
    assert "†" not in main_comparison(load_runs(tmp_path)).shown.to_string()
    AIMS.to_parquet(tmp_path / "seed1" / "metrics" / "aims.parquet")
    table = main_comparison(load_runs(tmp_path))
    assert table.shown["accuracy %"].tolist() == ["87.5 ± 17.7", "62.5 ± 17.7†", "37.5 ± 17.7"]
    assert table.shown["FLOPs, unpadded"].tolist() == ["1.00 ± 0.00", "2.10 ± 0.14", "2.40 ± 0.85†"]
    assert "†: on dev it falls short" in table.caption
    alone = main_comparison(load_runs(tmp_path / "seed1"))
    assert "AdapLeR: dev accuracy is 3.2 points below dense, its tolerance is 1.0." in alone.caption


def test_mean_and_deviation_by_hand() -> None:
    rows = pd.DataFrame({"a": [1.0, 3.0, np.nan], "b": [5.0, np.nan, np.nan]})
    numbers, words = seeds_line(rows, {"a": ("A", "{:.1f}".format), "b": ("B", "{:.1f}".format)})
    assert (numbers["a"], numbers["a_sd"]) == pytest.approx((2, np.sqrt(2)))
    assert np.isnan(numbers["b_sd"])
    assert words == {"A": "2.0 ± 1.4", "B": "5.0"}


def test_stars_and_marks_of_a_layer() -> None:
    rows = plausibility_rows(
        [
            ("cp", "adapler", 0, "none", "ap", 0.5),
            ("saliency", "dense", 0, "none", "ap", 0.4),
            ("random", "dense", 0, "none", "ap", 0.9),
            ("cp", "adapler", 0, "uniform", "fpr", 0.3),
            ("saliency", "dense", 0, "uniform", "fpr", 0.2),
        ]
    )
    tests = pd.DataFrame(
        {"metric": "ap", "scorer": ["cp", "saliency"], "method": ["adapler", "dense"], "layer": 0,
         "unit": "token", "universe": "with-evidence", "p_holm": [0.01, 0.01], "difference": [0.1, -0.1]}
    )  # fmt: skip
    table = plausibility_table(rows, tests=tests)
    assert table.shown["L0"].tolist() == ["0.500*", "0.400", "0.900", "0.300", "0.200"]
    assert table.marks is not None
    assert table.marks["L0"].tolist() == ["best", "second", "", "second", "best"]
    assert "above random" in table.caption


def test_the_dense_model_has_no_rank_and_others_a_star() -> None:
    three = pd.concat([CLASSIFICATION, CLASSIFICATION.iloc[:1].assign(method="ltp", value=0.7)])
    table = main_table(three, EFFICIENCY, unlike_dense={"ltp"})
    assert table.shown["accuracy %"].tolist()[-1] == "70.0 [50.0, 100.0]*"
    assert table.marks is not None
    assert table.marks["accuracy %"].tolist() == ["", "best", "second"]
    assert "*: unlike dense" in table.caption


def test_golden_latex_from_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in (0, 1):
        seed_run(tmp_path / "runs" / f"seed{seed}", seed, ("dense", "adapler", "top"))
    monkeypatch.setattr(
        "sys.argv", ["workbench", "tables", str(tmp_path / "runs"), "--out", str(tmp_path)]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    latex = (tmp_path / "tables" / "main.tex").read_text(encoding="utf-8")
    assert GOLDEN in latex
    assert (tmp_path / "tables" / "main.csv").read_text(encoding="utf-8").startswith(GOLDEN_CSV)


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no pdflatex on this machine")
def test_a_papers_tables_compile_within_the_columns(finished_run: Path, tmp_path: Path) -> None:
    made, _ = paper_tables(load_runs(finished_run))
    _, log = compiled("\n".join(table.latex() for table in made), tmp_path)
    assert "Overfull" not in log


def test_strengths_that_were_searched_are_one_method_and_others_are_not(tmp_path: Path) -> None:
    folder = build_comparison(tmp_path / "compared")
    for cell in folder.glob("*/**/metrics"):
        seed = int(cell.parent.name[-1])
        config = RunConfig(seed=seed, methods=["dense"], adapler={"phi": 0.001 * (seed + 1)})
        write_text(cell.parent / "config.yaml", dump_config(config))
    assert main_comparison(load_runs(folder)).frame["method"].tolist() == ["dense", "adapler", "top"]
    alone = load_runs(sorted((folder / "cells" / "adapler").iterdir()))
    named = main_comparison(alone).frame["method"].tolist()
    assert named == ["dense", "adapler phi=0.001", "adapler phi=0.002"]
