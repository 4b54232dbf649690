"""An exported graph of every family answers what torch's packed model does."""

import numpy as np
import pytest

from tests.helpers.families import tiny_model
from tests.helpers.toys import RAGGED, policy_of, texts, toy_tokenizer
from workbench.engines.classifier import EngineClassifier
from workbench.models.classifier import PruningClassifier
from workbench.pipeline.export_graphs import write_graphs

pytest.importorskip("onnxruntime", reason="needs the extra [onnx]")
pytest.importorskip("onnxscript", reason="needs the extra [onnx]")


LAYERS = 3
"""A first, a last and one between; exporting a layer takes seconds."""


@pytest.mark.parametrize(
    ("variant", "method"),
    [
        ("roberta", "adapler"), ("electra", "adapler"), ("distilbert", "top"), ("albert", "adapler"),
        ("mpnet", "adapler"), ("deberta-v2", "top"), ("deberta-v2, as v2", "adapler"),
        ("modernbert", "adapler"), ("modernbert, [CLS]", "top"),
    ],
)  # fmt: skip
def test_a_graph_answers_as_torch_does(tmp_path, variant: str, method: str) -> None:
    stock = tiny_model(variant, layers=LAYERS)
    model = PruningClassifier(stock, policy_of(method, stock.config)).eval()
    write_graphs(model, toy_tokenizer(), tmp_path / "graphs", batched=True)
    engine = EngineClassifier(tmp_path / "graphs", "onnxruntime", threads=1)
    windows = texts((*RAGGED, 33))
    expected = model.infer(windows)
    assert expected.tokens_ffn[:, -1].sum() < sum(RAGGED)
    for batch_size in (1, len(windows)):
        found = engine.infer(windows, batch_size)
        np.testing.assert_array_equal(found.tokens_ffn, expected.tokens_ffn)
        np.testing.assert_allclose(found.logits, expected.logits, rtol=1e-4, atol=1e-4)
