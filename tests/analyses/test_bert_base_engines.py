"""The benchmark of a random BERT: thresholds that leave the asked-for share, and its table."""

import pytest
import torch

from analyses.costs import bert_base_engines
from analyses.lib.study import run_script
from tests.helpers.toys import RAGGED, texts, tiny_config
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy
from workbench.pipeline.bench.timing import counted_flops

pytest.importorskip("onnxruntime", reason="needs the extra [onnx]")
pytest.importorskip("onnxscript", reason="needs the extra [onnx]")


def test_thresholds_leave_the_share_that_is_asked_for(make_model) -> None:
    windows = texts([24, 20, 32, 28])
    stock = make_model().stock
    dense = PruningClassifier(stock, Policy()).eval()
    model = PruningClassifier(stock, bert_base_engines._adapler(tiny_config())).eval()
    with torch.no_grad():
        # The toy's large random weights would let a few tokens have everything.
        for predictor in model.policy.predictors:
            predictor[-1].weight.mul_(0.05)
    reached = bert_base_engines.set_flops(model, windows, 1.6)
    assert reached == pytest.approx(1.6, rel=0.15)
    assert reached >= 1.6
    assert counted_flops(dense, windows).saved == 1
    assert counted_flops(model, texts(RAGGED)).saved > 1


def test_a_small_one_from_end_to_end(tmp_path, capsys) -> None:
    arguments = (
        f"--out {tmp_path} --layers 2 --width 64 --max-tokens 48 --sources rotten-tomatoes --flops 1.5 "
        "--engines onnxruntime --dtypes fp32 --batch 1,2 --texts 2,4 --rounds 1"
    )
    run_script(bert_base_engines.main, None, bert_base_engines.OPTIONS, arguments.split())
    table = (tmp_path / "bert-base-engines.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith(("| torch", "| onnxruntime"))]
    assert len(rows) == 7
    assert all(len(row.split("|")) == len(rows[0].split("|")) for row in rows)
    assert "vs stock, batch 2" in table
    assert "rotten-tomatoes: 2 texts at batch 1." in table
    assert "rotten-tomatoes: 4 texts at batch 2." in table
