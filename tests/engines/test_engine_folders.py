"""Folders of graphs that are not as they were written, engines that are not there, and what is asked."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.engines.conftest import FloatGraphs
from tests.helpers.toys import RAGGED, texts, toy_tokenizer
from workbench.engines import sessions
from workbench.engines.classifier import EngineClassifier
from workbench.engines.manifest import BATCH_GRAPH, MANIFEST, TEXT_GRAPH, read_manifest
from workbench.errors import InputError
from workbench.inference.load import load_classifier
from workbench.models.graphs import write_graph
from workbench.models.policies.base import Policy
from workbench.pipeline.export_graphs import write_graphs
from workbench.storage.fingerprints import file_sha256

onnx = pytest.importorskip("onnx", reason="needs the extra [onnx]")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra [onnx]")
pytest.importorskip("onnxscript", reason="needs the extra [onnx]")


@pytest.fixture
def written(float_graphs: FloatGraphs) -> Path:
    return float_graphs("adapler")


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    for path in written.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def change(folder: Path, **values) -> None:
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def cut_short(folder: Path) -> None:
    """A graph that lost its end, and whose manifest agrees."""
    path = folder / TEXT_GRAPH
    path.write_bytes(path.read_bytes()[:-2000])
    change(folder, files={TEXT_GRAPH: file_sha256(path)})


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda f: (f / MANIFEST).unlink(), "no exported graphs"),
        (lambda f: (f / MANIFEST).write_text("{"), "not readable as JSON"),
        (lambda f: change(f, format=1), "written in format 1 by workbench .*export the model again"),
        (lambda f: change(f, labels=[]), "labels: "),
        (lambda f: change(f, positions="many"), "positions: "),
        (lambda f: change(f, files={}), "names no model.onnx"),
        (lambda f: change(f, files={"../model.onnx": "0" * 64}), "files"),
        (lambda f: (f / BATCH_GRAPH).unlink(), "batch.onnx: missing"),
        (lambda f: (f / TEXT_GRAPH).write_bytes(b"other"), "not the graph that graphs.json speaks of"),
        (cut_short, "onnxruntime cannot read it"),
        (lambda f: (f / "tokenizer.json").unlink(), "tokenizer.json: missing"),
        (lambda f: (f / "tokenizer.json").write_text("{}"), "its tokenizer cannot be loaded"),
    ],
)
def test_a_spoilt_folder_is_named(folder, spoil, told) -> None:
    spoil(folder)
    with pytest.raises(InputError, match=told):
        load_classifier(folder, "onnxruntime")


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"engine": "tensorrt"}, "engine 'tensorrt': one of torch, onnxruntime, openvino"),
        ({"engine": "onnxruntime", "compute": "bf16"}, "bf16 is openvino's"),
        ({"engine": "onnxruntime", "compute": "fp8"}, "compute 'fp8': one of as-exported, bf16"),
        ({"engine": "onnxruntime", "threads": 0}, "threads 0: at least 1"),
        ({"engine": "torch", "threads": 2}, "engine torch: takes no threads"),
    ],
)
def test_what_no_engine_does_is_refused(written, wanted, told) -> None:
    with pytest.raises(InputError, match=told):
        load_classifier(written, **wanted)


@pytest.mark.parametrize(("engine", "extra"), [("onnxruntime", "onnx"), ("openvino", "openvino")])
def test_an_engine_that_is_not_installed_names_its_extra(written, monkeypatch, engine, extra) -> None:
    monkeypatch.setitem(sys.modules, engine, None)
    with pytest.raises(InputError, match=rf"not installed: pip install .*\[{extra}\]"):
        load_classifier(written, engine)


def test_bf16_needs_a_processor_that_has_it(written, monkeypatch) -> None:
    core = SimpleNamespace(get_property=lambda *_: ["FP32", "INT8"])
    monkeypatch.setitem(sys.modules, "openvino", SimpleNamespace(Core=lambda: core))
    with pytest.raises(InputError, match="this processor has no bfloat16 products"):
        load_classifier(written, "openvino", compute="bf16")


def test_threads_reach_the_engine(written, monkeypatch) -> None:
    import onnxruntime

    asked = []

    class Library(SimpleNamespace):
        def InferenceSession(self, path, options, providers):
            asked.append(options.intra_op_num_threads)
            return onnxruntime.InferenceSession(path, options, providers=providers)

    library = Library(SessionOptions=onnxruntime.SessionOptions)
    monkeypatch.setattr(sessions, "_library", lambda engine: library)
    EngineClassifier(written, "onnxruntime", threads=1)
    EngineClassifier(written, "onnxruntime")
    assert asked == [1, 0]


def test_a_session_is_opened_once(written, monkeypatch) -> None:
    opened = []
    real = sessions.open_session

    def count(graph, *more, **named):
        opened.append(graph.name)
        return real(graph, *more, **named)

    monkeypatch.setattr("workbench.engines.graphs.open_session", count)
    model = EngineClassifier(written, "onnxruntime", threads=1)
    for batch_size in (1, 4, 1, 4):
        model.infer(texts(RAGGED), batch_size)
    assert sorted(opened) == [BATCH_GRAPH, TEXT_GRAPH]


def test_no_windows_give_no_answers_and_a_long_one_is_refused(written) -> None:
    model = EngineClassifier(written, "onnxruntime", threads=1)
    assert model.infer([]).logits.shape == (0, 2)
    with pytest.raises(InputError, match="text t0: a window of 65 tokens, but the model has 64"):
        model.infer(texts([65]))


def test_a_process_without_torch_classifies(written) -> None:
    program = (
        "import sys, workbench\n"
        "model, tokenizer = workbench.load_classifier(sys.argv[1], engine='onnxruntime', threads=1)\n"
        "texts = ['a b c', ('x', 'd'), ('y', 'e ' * 200)]\n"
        "for one in workbench.classify(model, tokenizer, texts, max_tokens=16):\n"
        "    print(one.text_id, one.predicted, one.windows)\n"
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, written], capture_output=True, text=True, check=True
    )
    lines = [line.split() for line in answer.stdout.splitlines()]
    assert [(line[0], line[-1]) for line in lines[:3]] == [("0", "1"), ("x", "1"), ("y", "15")]
    assert lines[3] == ["[]"]


def test_int8_rounds_the_linear_layers_alone(make_model, tmp_path) -> None:
    model, windows = make_model("dense"), texts(RAGGED)
    write_graphs(model, toy_tokenizer(), tmp_path, precision="int8", batched=True)
    assert read_manifest(tmp_path).precision == "int8"
    kinds = [node.op_type for node in onnx.load(tmp_path / TEXT_GRAPH).graph.node]
    # Four linear layers in each of four, queries, keys and values joined but for the last, whose query
    # is [CLS]'s; pooler and classifier. Attention's own products stay.
    assert kinds.count("MatMulInteger") == 4 * 4 + 2 + 2
    assert kinds.count("MatMul") == 4 * 2
    for name in (TEXT_GRAPH, BATCH_GRAPH):
        table = {one.name: one for one in onnx.load(tmp_path / name).graph.initializer}
        words = next(one for key, one in table.items() if "word_embeddings" in key)
        assert words.data_type == onnx.TensorProto.FLOAT
    found, expected = EngineClassifier(tmp_path, "onnxruntime").infer(windows), model.infer(windows)
    difference = np.abs(found.logits - expected.logits).max()
    assert 1e-4 < difference < 0.5 * np.abs(expected.logits).max()


def test_onnxruntime_knows_gelu_as_one_operation(make_model, tmp_path) -> None:
    write_graphs(make_model("dense"), toy_tokenizer(), tmp_path, batched=True)
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    onnxruntime.InferenceSession(tmp_path / BATCH_GRAPH, options, providers=["CPUExecutionProvider"])
    kinds = [node.op_type for node in onnx.load(tmp_path / "optimised.onnx").graph.node]
    assert kinds.count("BiasGelu") == 4
    assert "Erf" not in kinds


class Lowest(Policy):
    """Computes in layer 2 what no ONNX graph can."""

    method = "lowest"

    def scores(self, layer, hidden, layout, received):
        return hidden[..., 0]

    def keep(self, layer, scores, layout):
        return scores.cummin(1).values >= scores if layer == 2 else scores > 0


def test_what_no_graph_can_express_is_named(make_model, tmp_path) -> None:
    model = make_model()
    model.policy = Lowest()
    told = r"lowest: its cut in layer 2 cannot be written as an ONNX graph: .*cummin"
    with pytest.raises(InputError, match=told):
        write_graph(model, tmp_path / "model.onnx", batch=False)
    assert not any(tmp_path.iterdir())


def test_a_graph_names_no_folder(written) -> None:
    content = (written / TEXT_GRAPH).read_bytes()
    assert str(Path(torch.__file__).parent).encode() not in content
    assert str(Path(__file__).parents[2]).encode() not in content
