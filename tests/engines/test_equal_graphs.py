"""An exported graph answers what torch's packed model does: every method, any batch, every engine."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import MakeModel
from tests.engines.conftest import FloatGraphs
from tests.helpers.toys import KEEP_ALL, METHODS, RAGGED, texts, toy_tokenizer
from workbench.engines.classifier import EngineClassifier
from workbench.engines.manifest import BATCH_GRAPH
from workbench.models.classifier import PruningClassifier
from workbench.pipeline.export_graphs import write_graphs

pytest.importorskip("onnxruntime", reason="needs the extra [onnx]")
pytest.importorskip("onnxscript", reason="needs the extra [onnx]")
ALL = (*METHODS, "adapler@middle")
LENGTHS = st.lists(st.integers(2, 40), min_size=1, max_size=6)

Exported = tuple[PruningClassifier, Path]


@pytest.fixture(scope="module", params=ALL)
def exported(request, make_model: MakeModel, float_graphs: FloatGraphs) -> Exported:
    """A method's tiny model and the folder of its graphs."""
    return make_model(request.param), float_graphs(request.param)


@pytest.fixture(scope="module")
def engine(exported: Exported) -> EngineClassifier:
    return EngineClassifier(exported[1], "onnxruntime", threads=1)


def assert_equal(found, expected) -> None:
    np.testing.assert_array_equal(found.tokens, expected.tokens)
    np.testing.assert_array_equal(found.tokens_ffn, expected.tokens_ffn)
    np.testing.assert_allclose(found.logits, expected.logits, rtol=1e-4, atol=1e-4)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(lengths=LENGTHS, seed=st.integers(0, 1000), batch_size=st.integers(1, 6))
def test_a_graph_answers_as_torch_does(exported, engine, lengths, seed, batch_size) -> None:
    windows = texts(lengths, seed)
    assert_equal(engine.infer(windows, batch_size), exported[0].infer(windows))


def test_who_else_is_in_the_batch_does_not_matter(exported, engine) -> None:
    windows = texts(RAGGED)
    together, alone = engine.infer(windows, len(windows)), engine.infer(windows, 1)
    assert_equal(together, alone)
    dropped = alone.tokens_ffn[:, -1].sum() < sum(RAGGED)
    assert dropped == (exported[0].method not in KEEP_ALL)


def test_openvino_answers_as_torch_does(exported) -> None:
    pytest.importorskip("openvino", reason="needs the extra [openvino]")
    windows = texts(RAGGED)
    other = EngineClassifier(exported[1], "openvino", threads=1)
    for batch_size in (1, len(RAGGED)):
        assert_equal(other.infer(windows, batch_size), exported[0].infer(windows))


def test_without_the_batch_graph_windows_go_one_by_one(make_model, tmp_path) -> None:
    model = make_model("adapler")
    write_graphs(model, toy_tokenizer(), tmp_path)
    assert not (tmp_path / BATCH_GRAPH).exists()
    windows = texts(RAGGED)
    found = EngineClassifier(tmp_path, "onnxruntime", threads=1).infer(windows, 4)
    assert_equal(found, model.infer(windows))


def test_long_windows_share_no_call_and_answers_stay_the_same(float_graphs, monkeypatch) -> None:
    windows = texts([24, 5, 5, 18, 3, 24, 9])
    engine = EngineClassifier(float_graphs("adapler"), "onnxruntime")
    whole, calls = engine.infer(windows, 7), []
    run = engine.run
    monkeypatch.setattr(
        engine, "run", lambda part: calls.append([len(w.input_ids) for w in part]) or run(part)
    )
    monkeypatch.setattr("workbench.engines.classifier.CALL_PAIRS", 2 * 18**2)
    parts = engine.infer(windows, 7)
    assert calls == [[24], [24], [18, 9], [5, 5, 3]]
    np.testing.assert_allclose(parts.logits, whole.logits, atol=1e-5)
    np.testing.assert_array_equal(parts.tokens, whole.tokens)
    np.testing.assert_array_equal(parts.tokens_ffn, whole.tokens_ffn)
