"""Two processes train what one does: `torchrun` and Accelerate's gloo backend, on the CPU."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.helpers.tiny_runs import METHODS, call, write_settings
from workbench.runs.folder import Run, load_run
from workbench.runs.manifest import read_stages


def launch(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The command line in two processes that talk to each other."""
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2",
        "-m", "workbench", *map(str, arguments),
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=600, check=False
    )


SHIFTS = re.compile(r"self\.key\.bias|predictors\.\d\.2\.bias")
"""Softmax cancels these: their gradients are rounding noise, which Adam blows up to whole steps."""


@pytest.mark.slow
def test_two_processes_train_the_same_models_as_one(tmp_path, capsys):
    config = write_settings(tmp_path, dropout=0.0, efficiency={"batch_sizes": [4], "repeats": 1})
    assert call("run", config, "--out", tmp_path / "one") == 0
    told = capsys.readouterr().err
    ended = launch("run", config, "--out", tmp_path / "two")
    assert ended.returncode == 0, ended.stderr
    # One process speaks, and only one evaluates.
    assert ended.stdout.count("report: ") == 1
    assert ended.stderr.count("note: train: 24 texts") == 1
    assert "Traceback" not in ended.stderr

    one, two = load_run(tmp_path / "one"), load_run(tmp_path / "two")
    assert (two.folder / "report.html").is_file()
    for method in ("dense", "adapler"):
        left, right = weights(one, method), weights(two, method)
        assert left.keys() == right.keys()
        for name in left:
            if not SHIFTS.search(name):
                np.testing.assert_allclose(right[name], left[name], atol=5e-5, err_msg=name)
    # Each process draws ToP's gates for itself: another result shows that two took part.
    left, right = weights(one, "top"), weights(two, "top")
    assert left.keys() == right.keys()
    assert max(np.abs(left[name] - right[name]).max() for name in left) > 1e-3

    kept = [run.predictions.query("method == 'adapler'")["prob_POS"] for run in (one, two)]
    np.testing.assert_allclose(*kept, atol=1e-3)
    # What is told is a mean over the process's own texts, not its share of the batch.
    losses = [float(re.findall(r"kl ([\d.]+)", text)[-1]) for text in (told, ended.stderr)]
    assert losses[1] == pytest.approx(losses[0], rel=0.3)
    done = read_stages(two.folder)["stages"]
    assert done.keys() == {*METHODS, "predictions", "plausibility", "efficiency", "about"}


def weights(run: Run, method: str) -> dict[str, np.ndarray]:
    """All of a model's tensors."""
    return {
        name: value
        for path in run.model_folder(method).glob("*.safetensors")
        for name, value in load_file(path).items()
    }
