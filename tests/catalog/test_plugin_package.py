"""The trial: an installed package adds a method and two scorers, with no line of the project changed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.helpers.tiny_runs import ROOT, SAMPLE, save_bert, tiny_settings

Command = Callable[..., str]
TEXT = "A fine film with a weak end."


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages in which the plug-in is installed."""
    source = tmp_path_factory.mktemp("source") / "fixed-ratio"
    shutil.copytree(ROOT / "tests" / "helpers" / "plugin_package", source)
    target = tmp_path_factory.mktemp("site")
    install = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--target", str(target)]
    subprocess.run([sys.executable, "-m", "pip", *install, str(source)], check=True)
    return target


@pytest.fixture(scope="module")
def python(site: Path) -> Command:
    """`python("-m", "workbench", ...)`: what a command prints, run where the plug-in is installed."""

    def run(*arguments: object) -> str:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}
        done = subprocess.run(
            [sys.executable, *map(str, arguments)], env=environment, cwd=ROOT, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def comparison(python: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A comparison of the plug-in's method, searched to 1.3x, with its two scorers."""
    folder = tmp_path_factory.mktemp("trial")
    run = tiny_settings(save_bert(folder / "bert", layers=4))
    del run["name"]
    run["fixedratio"] = {"epochs": 1, "batch_size": 8, "learning_rate": 1e-3}
    run["evaluation"] |= {"scorers": ["fixedratio", "earliness", "random"]}
    run["efficiency"] = {"repeats": 0}
    settings = {
        "name": "trial", "run": run, "methods": ["fixedratio"], "seeds": [0],
        "match": {"flops": 1.3, "tries": 4},
    }  # fmt: skip
    (folder / "trial.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    python("-m", "workbench", "compare", folder / "trial.yaml", "--out", folder / "out")
    return folder / "out"


def test_the_search_goes_towards_smaller_ratios_and_is_matched(comparison: Path) -> None:
    searches = json.loads((comparison / "compare.json").read_text(encoding="utf-8"))["searches"]
    (search,) = (one for one in searches if one["method"] == "fixedratio")
    assert search["reached"], search
    assert search["tries"][0]["strength"] == 0.8


def test_the_tables_and_figures_name_it_by_its_title(comparison: Path) -> None:
    assert "Fixed ratio" in (comparison / "tables" / "comparison.md").read_text(encoding="utf-8")
    assert "Fixed ratio" in (comparison / "comparison.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def run_folder(comparison: Path) -> Path:
    """The matched run, which has scores; the search's other tries have none."""
    groups = json.loads((comparison / "compare.json").read_text(encoding="utf-8"))["groups"]
    (matched,) = (group for group in groups if group["kind"] == "matched")
    return comparison / matched["cells"][0]


def test_its_run_has_scores_and_a_card(run_folder: Path) -> None:
    metrics = pd.read_parquet(run_folder / "metrics" / "plausibility.parquet")
    assert {"fixedratio", "earliness"} <= set(metrics["scorer"])
    card = (run_folder / "models" / "fixedratio" / "README.md").read_text(encoding="utf-8")
    assert "every layer keeps the same share" in card


def test_explain_and_attribute_know_it(python: Command, run_folder: Path, tmp_path: Path) -> None:
    out = python("-m", "workbench", "explain", TEXT, "--run", run_folder, "--method", "fixedratio")
    assert "tokens left" in out
    (tmp_path / "texts.txt").write_text(f"{TEXT}\n", encoding="utf-8")
    python(
        "-m", "workbench", "attribute", "--run", run_folder, "--texts", tmp_path / "texts.txt",
        "--method", "fixedratio", "--scorers", "fixedratio,earliness", "--out", tmp_path / "scores",
    )  # fmt: skip
    assert len(pd.read_parquet(tmp_path / "scores" / "scores" / "earliness.parquet"))


def test_the_report_and_the_apps_choices_show_its_titles(python: Command, run_folder: Path) -> None:
    python("-m", "workbench", "report", "--run", run_folder)
    report = (run_folder / "report.html").read_text(encoding="utf-8")
    assert "Fixed ratio" in report
    assert "earliness" in report
    pytest.importorskip("streamlit")
    code = (
        "import os, sys; from streamlit.testing.v1 import AppTest;"
        f"os.environ['WORKBENCH_RUNS'] = {str(run_folder.parent)!r};"
        f"app = AppTest.from_file({str(ROOT / 'app' / 'main.py')!r}, default_timeout=60);"
        f"app.query_params['run'] = {run_folder.name!r};"
        "app.switch_page('views/token_flow.py').run();"
        "print(app.main); print(app.exception)"
    )
    assert "Fixed ratio" in python("-c", code)


def test_without_the_package_its_run_says_what_is_missing(run_folder: Path) -> None:
    command = [sys.executable, "-m", "workbench", "explain", TEXT, "--run", str(run_folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "fixedratio" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_sample_is_what_it_trained_on(run_folder: Path) -> None:
    config = yaml.safe_load((run_folder / "config.yaml").read_text(encoding="utf-8"))
    assert config["data"]["path"] == str(SAMPLE)
