"""A few attacks of every kind, as an ordinary test; `python -m tests.campaigns` makes hundreds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.campaigns.kinds import KINDS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The counts of a campaign, in a process of its own, since it forks."""
    out = tmp_path_factory.mktemp("campaign") / "counts.json"
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.campaigns", "--quick", "--out", str(out)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert out.is_file(), ended.stdout + ended.stderr
    return json.loads(out.read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_attack_of_a_sample_is_survived(counted: dict, kind: str) -> None:
    if kind in counted["skipped"]:
        pytest.skip(counted["skipped"][kind])
    assert [failure for failure in counted["failures"] if failure["kind"] == kind] == []
    tried = sum(row["tried"] for row in counted["counts"][kind].values())
    assert tried >= 1
