"""`import workbench` makes the model type known, in any order, and imports nothing itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.helpers.toys import texts
from workbench.pipeline.export import for_transformers

LOAD = """
import torch
model = AutoModelForSequenceClassification.from_pretrained(sys.argv[1], trust_remote_code=False)
with torch.no_grad():
    print(*model(torch.tensor([[int(part) for part in sys.argv[2].split()]])).logits[0].tolist())
"""
FIRST = """
import sys
import workbench
assert not {"torch", "transformers"} & sys.modules.keys()
import importlib.util
assert importlib.util.find_spec("transformers") and "transformers" not in sys.modules
from transformers import AutoModelForSequenceClassification
"""
LAST = """
import sys
from transformers import AutoModelForSequenceClassification
import workbench
"""
BY_OTHER_MEANS = """
import sys
import workbench
from importlib.machinery import PathFinder
sys.meta_path.insert(0, PathFinder)
from transformers import AutoConfig, AutoModelForSequenceClassification
try:
    AutoConfig.from_pretrained(sys.argv[1])
except ValueError as error:
    assert "workbench-bert" in str(error)
else:
    raise AssertionError("known without being registered")
workbench.register()
"""


def python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("order", [FIRST, LAST, BY_OTHER_MEANS], ids=["first", "last", "by-hand"])
def test_importing_the_package_is_enough_or_registering_by_hand(make_model, tmp_path, order) -> None:
    model = make_model("adapler")
    for_transformers(model).save_pretrained(tmp_path)
    (window,) = texts([15])
    window.token_type_ids[:] = 0
    ended = python(order + LOAD, str(tmp_path), " ".join(map(str, window.input_ids.tolist())))
    assert ended.returncode == 0, ended.stderr
    with torch.no_grad():
        expected = model([window]).logits[0].tolist()
    assert [float(part) for part in ended.stdout.split()] == pytest.approx(expected, abs=1e-5)


def test_a_transformers_that_does_not_fit_is_imported_all_the_same_with_a_warning(
    tmp_path: Path,
) -> None:
    (tmp_path / "transformers.py").write_text("there = True\n")
    code = "import workbench, transformers; assert transformers.there"
    path = os.pathsep.join([str(tmp_path), *sys.path])
    ended = python(code, PYTHONPATH=path)
    assert ended.returncode == 0, ended.stderr
    assert "workbench's models are unknown to transformers: ImportError" in ended.stderr
