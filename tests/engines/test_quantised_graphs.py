"""int8 graphs: by calibration for every method, in both engines; the way that agrees more stays."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.helpers.toys import METHODS, RAGGED, texts
from workbench.engines.classifier import EngineClassifier
from workbench.engines.graphs import graph_inputs
from workbench.engines.manifest import BATCH_GRAPH, TEXT_GRAPH, Agreement, read_manifest
from workbench.engines.quantise import quantise
from workbench.engines.sessions import open_session
from workbench.models.classifier import PruningClassifier
from workbench.pipeline.quantised_graphs import keep_best, quantise_graphs

pytest.importorskip("onnxruntime", reason="needs the extra [onnx]")
pytest.importorskip("onnxscript", reason="needs the extra [onnx]")
WINDOWS = texts(RAGGED)


@pytest.mark.parametrize("method", METHODS)
def test_calibration_takes_every_method_and_any_lengths(float_graphs, tmp_path, method) -> None:
    folder = float_graphs(method)
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    manifest = quantise_graphs(folder, read_manifest(folder), tmp_path, texts(RAGGED, 7))
    assert (manifest.precision, manifest.quantisation) == ("int8", "static")
    for name in (TEXT_GRAPH, BATCH_GRAPH):
        kinds = [node.op_type for node in onnx.load(tmp_path / name).graph.node]
        assert "QuantizeLinear" in kinds
        assert "DynamicQuantizeLinear" not in kinds
    engine = EngineClassifier(tmp_path, "onnxruntime", threads=1)
    for batch_size in (1, len(WINDOWS)):
        found = engine.infer(WINDOWS, batch_size)
        assert found.logits.shape == (len(WINDOWS), 2)
        assert np.isfinite(found.logits).all()
        assert (found.tokens[:, 0] <= RAGGED).all()
        assert (found.tokens_ffn[:, -1] >= 1).all()


@pytest.fixture(scope="module")
def plain(make_model, float_graphs) -> dict[str, tuple[PruningClassifier, Path]]:
    """Models and their float32 graphs."""
    return {method: (make_model(method), float_graphs(method)) for method in ("dense", "adapler")}


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("calibrated", [False, True])
def test_rounding_moves_logits_little_on_any_processor(
    plain, tmp_path, engine, calibrated: bool
) -> None:
    pytest.importorskip(engine)
    model, folder = plain["dense"]
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    quantise_graphs(folder, read_manifest(folder), tmp_path, WINDOWS if calibrated else ())
    found = EngineClassifier(tmp_path, engine, threads=1).infer(WINDOWS, 1)
    expected = model.infer(WINDOWS).logits
    # Weights of 8 bits overflow where a processor has no VNNI: then it is a quarter and more.
    assert 0 < np.abs(found.logits - expected).mean() < 0.06 * np.abs(expected).mean()


def test_ranges_are_those_of_the_calibration(make_model, tmp_path) -> None:
    """A graph that multiplies by 2: what enters it is clipped to what was seen."""
    weight = onnx.numpy_helper.from_array(2 * np.eye(4, dtype=np.float32), "w")
    shape = ["n", 4]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])], "double",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, shape)], [weight],
    )  # fmt: skip
    path = tmp_path / "double.onnx"
    whole = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(whole, path)
    quantise(path, [{"x": np.full((rows, 4), value, np.float32)} for rows, value in ((1, -1), (3, 4))])
    run = open_session(path, "onnxruntime", threads=1, outputs=("y",))
    (seen,) = run({"x": np.array([[-1, 0, 2, 4]], np.float32)})
    np.testing.assert_allclose(seen, [[-2, 0, 4, 8]], atol=0.1)
    (beyond,) = run({"x": np.full((1, 4), 100, np.float32)})
    np.testing.assert_allclose(beyond, np.full((1, 4), 8), atol=0.1)


def agreement(same_class: float, same_tokens: float = 1.0, difference: float = 0.25) -> Agreement:
    return Agreement(
        windows=8, accuracy=0.75, accuracy_torch=0.5, same_class=same_class, same_tokens=same_tokens,
        largest_difference=difference,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("dynamic", "static", "kept"),
    [
        (agreement(0.9), agreement(0.8), "dynamic"),
        (agreement(0.8), agreement(0.9), "static"),
        (agreement(0.9, 0.1), agreement(0.9, 0.2), "static"),
        (agreement(0.9), agreement(0.9), "dynamic"),
        # As of a regression, of which all windows have the same class.
        (agreement(1.0, difference=0.5), agreement(1.0, difference=0.1), "static"),
    ],
)
def test_what_agrees_more_stays(plain, tmp_path, dynamic, static, kept) -> None:
    folder = plain["adapler"][1]
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    found = {"dynamic": dynamic, "static": static}
    judged: dict[Path, str] = {}

    def judge(folder: Path) -> Agreement:
        way = str(read_manifest(folder).quantisation)
        judged[folder] = way
        return found[way]

    manifest = keep_best(tmp_path, read_manifest(folder), WINDOWS, ("dynamic", "static"), judge)
    manifest.write(tmp_path)
    assert list(judged.values()) == ["dynamic", "static"]
    assert not any(folder.exists() for folder in judged)
    assert (read_manifest(tmp_path).quantisation, manifest.dev) == (kept, found[kept])
    other = "static" if kept == "dynamic" else "dynamic"
    assert manifest.others == {other: found[other]}
    kinds = {node.op_type for node in onnx.load(tmp_path / TEXT_GRAPH).graph.node}
    assert ("QuantizeLinear" in kinds, "DynamicQuantizeLinear" in kinds) == (
        kept == "static",
        kept == "dynamic",
    )
    words = manifest.in_words()
    assert words.startswith(
        f"int8 by {kept} quantisation, 8 windows of dev: accuracy 0.750 (torch 0.500)"
    )
    assert f"; by {other}, not kept: 8 windows of dev: accuracy 0.750" in words


def test_a_float_graph_serves_both_ways(plain, tmp_path) -> None:
    folder = plain["dense"][1]
    quantise_graphs(folder, read_manifest(folder), tmp_path, WINDOWS)
    assert read_manifest(folder).precision == "fp32"
    one = graph_inputs(WINDOWS[:1], several=False)
    logits = [open_session(one_of / TEXT_GRAPH, "onnxruntime")(one)[0] for one_of in (folder, tmp_path)]
    assert 0 < np.abs(logits[0] - logits[1]).max() < 1
