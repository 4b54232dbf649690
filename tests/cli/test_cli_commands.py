"""What the commands print when all is well."""

import os
import subprocess
import sys

import pandas as pd
import pytest

import workbench as package
from tests.helpers.tiny_runs import SAMPLE
from workbench.data.recognising import sources

COMMANDS = [
    [], ["run"], ["demo"], ["compare"], ["evaluate"], ["report"], ["explain"], ["export-predictions"],
    ["export"], ["reproduce"],
    ["attribute"], ["bench"], ["tables"], ["app"],
    ["data"], ["data", "list"], ["data", "fetch"], ["data", "check"], ["data", "plant"],
    ["data", "convert"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help(workbench, command):
    answer = workbench(*command, "--help")
    assert answer.code == 0
    assert "Usage: workbench" in answer.out
    assert answer.err == ""


def test_the_help_lists_every_command(workbench):
    page = workbench("--help").out
    for name in ("run", "demo", "evaluate", "report", "explain", "data", "--debug"):
        assert name in page


def test_data_list_shows_every_source_and_how_to_get_it(workbench, monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    monkeypatch.setattr("workbench.data.readers.packaged.PACKAGE", "no_such_package")
    answer = workbench("data", "list")
    assert answer.code == 0
    for source in sources().values():
        assert source.name in answer.out
        assert source.how in answer.out
    assert "rationale-workbench[offline]" in answer.out
    assert "workbench data fetch eraser-movies" in answer.out


def test_data_check_prints_the_card(workbench):
    answer = workbench("data", "check", SAMPLE)
    assert answer.code == 0
    lines = [line.split() for line in answer.out.splitlines()]
    assert ["texts", "24", "10", "10"] in lines
    assert ["train", "12", "12"] in lines
    assert "annotated spans" in answer.out


def test_data_check_takes_a_configuration_and_overrides(workbench, tiny):
    answer = workbench("data", "check", tiny.config, "--set", "data.max_train=6")
    assert answer.code == 0
    assert ["texts", "6", "10", "10"] in [line.split() for line in answer.out.splitlines()]


def test_data_check_reads_an_own_table(workbench, tmp_path):
    frame = pd.DataFrame({"text": [f"film {n} [b]" for n in range(60)], "label": ["good", "bad"] * 30})
    frame.to_csv(tmp_path / "own[1].csv", index=False)
    answer = workbench("data", "check", tmp_path / "own[1].csv")
    assert answer.code == 0
    assert answer.out.startswith("own[1]; rationales: none")


def test_many_classes_are_a_line_each(workbench, tmp_path):
    frame = pd.DataFrame(
        {"text": [f"film {n}" for n in range(90)], "label": [f"c{n % 9}" for n in range(90)]}
    )
    frame.to_csv(tmp_path / "own.csv", index=False)
    answer = workbench("data", "check", tmp_path / "own.csv")
    assert [f"c{n}" for n in range(9)] == [
        line.split()[0] for line in answer.out.splitlines() if line[:1] == "c"
    ]
    assert "nan" not in answer.out


def test_data_check_reads_a_standard_set(workbench, tmp_path):
    (tmp_path / "CoLA").mkdir()
    lines = [f"gj04\t{k % 2}\t\tWord {k} .\n" for k in range(40)]
    (tmp_path / "CoLA" / "train.tsv").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "CoLA" / "dev.tsv").write_text("gj04\t0\t*\tOne more .\n", encoding="utf-8")
    path = f"data.path={tmp_path}"
    answer = workbench("data", "check", "glue", "--set", path, "--set", "data.subset=cola")
    assert answer.code == 0
    assert "glue-cola; rationales: none" in answer.out
    assert ["test", "1", "0"] in [line.split() for line in answer.out.splitlines()]
    answer = workbench("data", "check", "glue", "--set", path)
    assert answer.code == 2
    assert "data.subset (one of cola, sst2, mrpc" in answer.error
    answer = workbench("data", "check", "hub")
    assert answer.code == 2
    assert "needs data.path, the data set's name" in answer.error


def test_report_works_again_also_without_the_efficiency(workbench, copied):
    page = copied / "report.html"
    page.unlink()
    for figure in copied.glob("figures/*"):
        figure.unlink()
    for path in copied.glob("metrics/efficiency.*"):
        path.unlink()
    answer = workbench("report", "--run", copied)
    assert answer.code == 0
    assert answer.out.strip() == str(page)
    assert "metrics/efficiency.parquet is not there" in page.read_text(encoding="utf-8")
    assert (copied / "figures" / "plausibility.png").is_file()


def test_run_prints_a_summary_and_where_the_report_is(workbench, tiny, tmp_path, monkeypatch):
    """The page's path is printed whole, square brackets and all."""
    monkeypatch.setattr(
        "workbench.reporting.pages.run.write_report", lambda folder: folder / "report.html"
    )
    folder = tmp_path / "[a run]"
    answer = workbench("run", tiny.config, "--out", folder, "--set", "methods=[dense]")
    assert answer.code == 0
    assert answer.out.splitlines()[-1] == f"report: {folder / 'report.html'}"
    (row,) = [line.split() for line in answer.out.splitlines() if line.split()[:2] == ["dense", "test"]]
    accuracy = package.load_run(folder).metrics("classification").iloc[0]["value"]
    assert row[2] == f"{accuracy:.3f}"
    for stage in ("dense", "saliency", "predictions", "plausibility", "efficiency", "report"):
        assert stage in answer.err
    # The library's own progress bars stay out of ours.
    assert "Loading weights" not in answer.err
    assert "model shards" not in answer.err


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


def test_python_m_is_the_command(tmp_path):
    ended = python("-m", "workbench", "report", "--run", str(tmp_path))
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [f"error: {tmp_path}: not a run folder (it has no config.yaml)"]
    assert ended.stdout == ""


def test_importing_the_package_is_quiet_and_leaves_torch_alone():
    heavy = "{'torch', 'transformers', 'pandas', 'numpy', 'matplotlib'}"
    ended = python("-c", f"import sys, workbench; sys.exit(bool({heavy} & sys.modules.keys()))")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize("command", [[], ["attribute"], ["explain"], ["data", "plant"]], ids=" ".join)
def test_help_needs_no_large_library(command):
    heavy = {"torch", "transformers", "pandas", "numpy", "matplotlib"}
    code = (
        f"import sys; sys.argv = ['workbench', *{command}, '--help']\n"
        "from workbench.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"sys.exit(bool({heavy} & sys.modules.keys()))"
    )
    assert python("-c", code).returncode == 0


@pytest.mark.parametrize("name", package.__all__)
def test_the_lazy_names_resolve(name):
    assert getattr(package, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'explain'"):
        _ = package.explain


def test_check_says_one_line_of_a_file_that_has_changed(workbench, copied):
    answer = workbench("check", copied)
    assert (answer.code, answer.out.endswith("of 1 run(s) are as they were written\n")) == (0, True)
    with (copied / "config.yaml").open("a", encoding="utf-8") as config:
        config.write("# mine\n")
    answer = workbench("check", copied)
    changed = f"{copied / 'config.yaml'}: has changed since it was written"
    assert (answer.code, answer.err.splitlines()) == (1, [changed])


def test_a_run_without_its_record_is_not_measured_again(workbench, copied):
    (copied / "stages.json").unlink()
    answer = workbench("evaluate", "--run", copied)
    assert answer.code == 2
    assert "dense must be trained first (stages.json does not have it)" in answer.err.splitlines()[-1]
