"""`import workbench` makes the model type known, in any order, and imports nothing itself."""

import os
import subprocess
import sys

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
from transformers import AutoModelForSequenceClassification
"""
LAST = """
import sys
from transformers import AutoModelForSequenceClassification
import workbench
"""


@pytest.mark.parametrize("order", [FIRST, LAST], ids=["first", "last"])
def test_importing_the_package_is_enough(make_model, tmp_path, order) -> None:
    model = make_model("adapler")
    for_transformers(model).save_pretrained(tmp_path)
    (window,) = texts([15])
    window.token_type_ids[:] = 0
    ids = " ".join(map(str, window.input_ids.tolist()))
    ended = subprocess.run(
        [sys.executable, "-c", order + LOAD, str(tmp_path), ids],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    with torch.no_grad():
        expected = model([window]).logits[0].tolist()
    assert [float(part) for part in ended.stdout.split()] == pytest.approx(expected, abs=1e-5)
