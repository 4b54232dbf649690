"""The document's example of a method trains, as a file of the user's own."""

import re

import pytest
import yaml

from tests.helpers.tiny_runs import ROOT, write_settings
from workbench.catalog.plugins import unload_plugins
from workbench.runs.folder import load_run

PAGE = ROOT / "docs" / "adding-a-method.md"


@pytest.fixture(autouse=True)
def no_plugin_stays():
    yield
    unload_plugins()


def test_the_example_trains_and_drops_tokens(workbench, tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.S)
    plugin = tmp_path / "norm_pruning.py"
    plugin.write_text("\n".join(blocks), encoding="utf-8")
    config = write_settings(tmp_path)
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    settings |= {"plugins": [str(plugin)], "methods": ["dense", "norm"]}
    settings["evaluation"]["scorers"] = ["norm", "random"]
    settings["efficiency"] = {"repeats": 0}
    settings["norm"] = {"epochs": 1, "batch_size": 8, "drop_share": 0.3}
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    answer = workbench("run", config, "--out", tmp_path / "run")
    assert answer.code == 0, answer.err
    rows = load_run(tmp_path / "run").metrics("efficiency").query("method == 'norm'")
    assert set(load_run(tmp_path / "run").metrics("plausibility")["scorer"]) == {"norm", "random"}
    assert rows.set_index("quantity")["value"]["flops_speedup_unpadded"] > 1.2
