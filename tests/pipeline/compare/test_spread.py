"""One comparison made in this process, by a pool, by Ray and by submitit: the same numbers."""

import json
import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path

import pandas as pd
import psutil
import pytest
from matplotlib.figure import Figure

from tests.helpers.comparing import assert_same_comparison, frames
from tests.helpers.fixtures import save_nothing
from tests.helpers.tiny_comparisons import write_comparison_settings
from tests.helpers.tiny_runs import ROOT, accept_changes, call, times
from workbench.config.comparison import dump_comparison, load_comparison
from workbench.pipeline import run as pipeline
from workbench.pipeline.compare.plan import plan
from workbench.runs.manifest import write_stages

BROKEN = {"adapler@broken": {"learning_rate": 1e30}}
"""Settings with which no training ends well."""


@pytest.fixture(autouse=True)
def quick_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Figure, "savefig", save_nothing)
    # For workers, which are processes of their own.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Path]:
    """A configuration and the folder that one process made; one method's trainings diverge."""
    folder = tmp_path_factory.mktemp("spread")
    config = write_comparison_settings(
        folder, methods=["adapler", "adapler@broken"], variants=BROKEN,
        strengths={"adapler": [0.4], "adapler@broken": [0.5]},
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", save_nothing)
        assert call("compare", config, "--out", folder / "one") == 1
    return config, folder / "one"


def test_a_pool_makes_what_one_process_makes(made, tmp_path, capsys):
    config, wanted = made
    command = ("compare", config, "--out", tmp_path / "two", "--engine", "local", "--processes", 2)
    assert call(*command) == 1
    assert_same_comparison(tmp_path / "two", wanted)
    lines = capsys.readouterr().err.splitlines()
    failed = [line for line in lines if line.startswith("adapler@broken:0.5:1 failed: ")]
    assert len(failed) == 1
    assert "diverged in epoch 1" in failed[0]
    trained = [n for n, line in enumerate(lines) if line.startswith("adapler") and "seed" not in line]
    assert max(n for n in trained if n < lines.index("stopwatch: done")) < lines.index("stopwatch")
    assert sum(line.startswith("adapler:0.4:") and line.endswith(": done") for line in lines) == 2
    # What failed keeps its part; what went well is in its place, where an ordinary command finds it.
    assert (tmp_path / "two" / "parts" / "adapler@broken" / "0.5-seed0" / "result.json").is_file()
    steps = {
        step.part.name: step.state for step in plan(tmp_path / "two", load_comparison(config)).steps
    }
    assert [name for name, state in steps.items() if state == "done"] == [
        "dense:fixed:0", "adapler:0.4:0", "dense:fixed:1", "adapler:0.4:1",
    ]  # fmt: skip


def test_ray_makes_the_same_though_a_machine_is_lost(made, tmp_path, monkeypatch, capfd):
    cluster_utils = pytest.importorskip("ray.cluster_utils", reason="the extra ray is not installed")
    config, wanted = made
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    small = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
    cluster = cluster_utils.Cluster()
    try:
        cluster.add_node(**small, include_dashboard=False)
        other = cluster.add_node(**small)
    except Exception as error:
        cluster.shutdown()
        pytest.skip(f"no Ray cluster starts here: {error}")
    lost: list[str] = []
    parts = tmp_path / "ray" / "parts" / "adapler"
    threading.Thread(target=lose, args=(cluster, other, parts, lost), daemon=True).start()
    try:
        command = ("compare", config, "--out", tmp_path / "ray", "--engine", "ray")
        assert call(*command, "--address", cluster.address) == 1
    finally:
        cluster.shutdown()
    assert_same_comparison(tmp_path / "ray", wanted)
    told = capfd.readouterr().err
    assert "adapler@broken:0.5:0 failed: " in told
    # The part that was lost with its machine was begun twice.
    (part,) = lost
    log = parts / f"0.4-seed{part[-1]}" / "log.txt"
    assert log.read_text().count(begun(part)) == 2
    assert f"{part}: done" in told


def begun(part: str) -> str:
    """What the log of AdapLeR's cell at 0.4 says first."""
    return f"adapler at 0.4, seed {part[-1]}"


def lose(cluster, node, parts: Path, lost: list[str]) -> None:
    """Kill a machine of a cluster as soon as it trains a cell, whose log lies in `parts`."""
    raylet = next(
        one.process for group, run in node.all_processes.items() if group == "raylet" for one in run
    )
    while not lost:
        for worker in psutil.Process(raylet.pid).children(recursive=True):
            with suppress(psutil.Error):  # It may end just now.
                title = " ".join(worker.cmdline())
                part = title.removeprefix("ray::").strip()
                log = parts / f"0.4-seed{part[-1:]}" / "log.txt"
                if part.startswith("adapler:") and log.is_file() and begun(part) in log.read_text():
                    lost.append(part)
        time.sleep(0.02)
    cluster.remove_node(node, allow_graceful=False)


def test_submitits_jobs_make_the_same(made, tmp_path):
    pytest.importorskip("submitit", reason="the extra slurm is not installed")
    config, wanted = made
    command = ("compare", config, "--out", tmp_path / "jobs", "--engine", "slurm", "--local")
    assert call(*command, "--only", "adapler:0.4:0", "--processes", 2) == 0
    ours, theirs = frames(tmp_path / "jobs"), frames(wanted)
    same = [name for name in ours if "seed0" in name]
    assert {name for name in theirs if "seed0" in name and "broken" not in name} == {*same}
    for name in same:
        pd.testing.assert_frame_equal(ours[name], theirs[name], check_exact=True, obj=name)
    assert not (tmp_path / "jobs" / "parts").exists()


@pytest.fixture
def never_train(monkeypatch) -> None:
    def refuse(job) -> None:
        if not all(job.is_done(method) for method in job.config.methods):
            pytest.fail(f"trains {job.config.name}")

    monkeypatch.setattr(pipeline, "train_run", refuse)


@pytest.fixture
def halves(made, tmp_path) -> list[Path]:
    """The comparison in two folders, one for each seed, as two machines would have made it."""
    folders = []
    for seed in (0, 1):
        half = Path(shutil.copytree(made[1], tmp_path / f"seed{seed}"))
        for path in [*half.glob(f"dense/seed{1 - seed}"), *half.glob(f"cells/*/*-seed{1 - seed}")]:
            shutil.rmtree(path)
        told = json.loads((half / "compare.json").read_text())
        told["seeds"] = [seed]
        told["cells"] = [cell for cell in told["cells"] if cell["seed"] == seed]
        for group in told["groups"]:
            group["cells"] = [name for name in group["cells"] if name.endswith(f"seed{seed}")]
        (half / "compare.json").write_text(json.dumps(told))
        folders.append(half)
    return folders


def test_parts_from_elsewhere_are_joined_without_any_training(made, halves, tmp_path, never_train):
    config, wanted = made
    before = [times(half) for half in halves]
    second, first = (("--join", half) for half in halves)
    assert call("compare", config, "--out", tmp_path / "whole", *first, *second) == 1
    assert_same_comparison(tmp_path / "whole", wanted)
    assert [times(half) for half in halves] == before
    lonely = call("compare", config, "--out", tmp_path / "half", *first)
    assert lonely == 1
    assert not json.loads((tmp_path / "half" / "compare.json").read_text())["finished"]


def test_parts_that_do_not_belong_together_are_refused_by_name(
    made, halves, tmp_path, never_train, capsys
):
    config, _ = made
    joined = [part for half in halves for part in ("--join", half)]

    def refused(*more: object) -> str:
        assert call("compare", config, "--out", tmp_path / "whole", *joined, *more) == 2
        assert not (tmp_path / "whole").exists()
        return " ".join(capsys.readouterr().err.split())

    told = refused("--set", "run.adapler.gamma=0.3")
    assert f"--join {halves[0]}: cells/adapler/0.4-seed0 was made with other settings or data" in told
    assert "gamma was" in told
    assert f"{halves[1]}: dense/seed1 is no part of tiny" in refused("--set", "seeds=[0]")
    assert "--join trains nothing" in refused("--only", "dense:fixed:0")
    run = halves[1] / "dense" / "seed1" / "stages.json"
    stages = json.loads(run.read_text())
    stages["stages"]["dense"]["key"] = "0" * 16
    stages["stages"]["dense"]["recipe"]["content"]["texts"]["training"] = "another"
    del stages["checksum"]
    write_stages(halves[1] / "dense" / "seed1", stages)
    accept_changes(halves[1] / "dense" / "seed1")
    told = refused()
    assert (
        f"--join {halves[1]}: dense/seed1 was made with other settings or data: texts.training" in told
    )


def test_the_kept_settings_are_a_configuration_again(made):
    _, folder = made
    again = load_comparison(folder / "compare.yaml")
    assert dump_comparison(again) == (folder / "compare.yaml").read_text(encoding="utf-8")
    assert again.variants == BROKEN
    assert call("compare", folder / "compare.yaml", "--out", folder, "--dry-run") == 0


def test_a_dry_run_tells_the_engine_and_the_least_that_it_takes(made, tmp_path, capsys):
    config, _ = made
    capsys.readouterr()
    command = ("compare", config, "--out", tmp_path / "new", "--dry-run", "--engine", "local")
    assert call(*command, "--processes", 3) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Engine local: at most 3 at a time; then at least" in told
    whole = plan(tmp_path / "new", load_comparison(config))
    # Six trainings of equal length, of which a cell waits for its seed's dense run.
    assert whole.longest_chain == pytest.approx(whole.minutes / 3)
    assert not (tmp_path / "new").exists()
