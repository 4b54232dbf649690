"""`bench --engines`: who is timed, on what, and what is said of those who cannot be."""

import sys

import numpy as np
import pytest
import torch

from tests.helpers.toys import RAGGED, texts, toy_tokenizer
from workbench.engines.sessions import open_session
from workbench.errors import InputError
from workbench.metrics.schemas import ENGINE_TIMES
from workbench.models.graphs import write_stock_graph
from workbench.models.layouts import Padded
from workbench.pipeline.bench import engines
from workbench.pipeline.bench.engines import time_engines
from workbench.pipeline.bench.timing import load_stock
from workbench.reporting.tables.engines import engines_table

pytest.importorskip("onnxruntime", reason="needs the extra [onnx]")
pytest.importorskip("onnxscript", reason="needs the extra [onnx]")
WINDOWS = texts(RAGGED)


@pytest.fixture(scope="module")
def timed(make_model):
    """A dense and a pruned model in torch and ONNX Runtime; OpenVINO is not installed."""
    notes: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "openvino", None)
        frame = time_engines(
            load_stock(make_model(), same_library=False),
            {name: make_model(name) for name in ("dense", "adapler")},
            toy_tokenizer(), WINDOWS, "test", engines=["onnxruntime", "openvino"], batch_sizes=[1, 3],
            rounds=1, note=notes.append,
        )  # fmt: skip
    return frame, notes


def test_every_contestant_is_timed_at_every_size(timed) -> None:
    frame, _ = timed
    assert list(frame.columns) == list(ENGINE_TIMES.columns)
    medians = frame[frame["quantity"] == "seconds_median"]
    found = medians.groupby(["engine", "dtype", "method", "order"])["batch_size"].apply(list)
    assert dict(found.items()) == {
        ("torch", "fp32", "stock", "given"): [1, 3],
        ("torch", "fp32", "stock", "by length"): [1, 3],
        **{
            (engine, number, method, "by length"): [1, 3]
            for engine, number, methods in (
                ("torch", "fp32", ("dense", "adapler")),
                ("onnxruntime", "fp32", ("stock", "dense", "adapler")),
                ("onnxruntime", "int8", ("stock", "dense", "adapler")),
                ("onnxruntime", "int8 static", ("stock", "dense", "adapler")),
            )
            for method in methods
        },
    }
    assert (frame["value"] > 0).all()


def test_shares_follow_from_the_seconds(timed, make_model) -> None:
    frame, _ = timed
    values = frame.set_index(["engine", "dtype", "method", "order", "quantity", "batch_size"])["value"]
    pruned = make_model("adapler")
    result = pruned.infer(WINDOWS)
    flops, dense = pruned.costs.of_windows(WINDOWS, result.tokens, result.tokens_ffn)
    saved = dense.sum() / flops.sum()
    assert saved > 1.2
    own, rival = ("onnxruntime", "int8", "adapler"), ("onnxruntime", "int8", "dense")
    for size in (1, 3):
        seconds, of_dense, stock = (
            values[*key, "seconds_median", size]
            for key in (
                (*own, "by length"), (*rival, "by length"), ("torch", "fp32", "stock", "given"),
            )
        )  # fmt: skip
        assert values[*own, "by length", "realised_share", size] == pytest.approx(
            of_dense / seconds / saved
        )
        assert values[*own, "by length", "speedup_vs_stock", size] == pytest.approx(stock / seconds)
    assert values[*rival, "by length", "realised_share", 1] == pytest.approx(1)
    assert ("torch", "fp32", "stock", "given", "realised_share", 1) not in values.index
    low, high = (values[*own, "by length", f"milliseconds_p{q}", 1] for q in (50, 95))
    assert low <= high
    tokenised = [values[*own, "by length", f"milliseconds_p{q}_tokenised", 1] for q in (50, 95)]
    assert low < tokenised[0] <= tokenised[1] > high


def test_what_is_not_installed_is_said_once_a_kind(timed) -> None:
    _, notes = timed
    assert len(notes) == 3
    assert all("not timed: engine openvino: not installed" in note for note in notes)


def test_the_table_has_a_row_per_contestant(timed) -> None:
    frame, _ = timed
    shown = engines_table(frame).shown
    assert shown["model"].tolist()[:4] == ["stock, padded", "stock, padded", "dense", "AdapLeR"]
    assert len(shown) == 13
    assert shown["realised, batch 3"].tolist()[:2] == ["–", "–"]
    assert shown.loc[0, "vs stock, batch 1"] == "1.00"


def test_an_unknown_engine_is_refused(make_model) -> None:
    with pytest.raises(InputError, match=r"--engines 'tensorrt': of torch\.compile, onnxruntime"):
        time_engines(
            load_stock(make_model()), {"dense": make_model()}, toy_tokenizer(), WINDOWS, "test",
            engines=["tensorrt"], batch_sizes=[1], rounds=1, note=print,
        )  # fmt: skip


def test_a_compiler_that_fails_is_a_note(make_model, monkeypatch) -> None:
    def broken(*_, **__):
        raise RuntimeError("no C++ compiler\nand much more")

    monkeypatch.setattr(torch, "compile", lambda model, dynamic: broken)
    notes: list[str] = []
    frame = time_engines(
        load_stock(make_model()), {"dense": make_model()}, toy_tokenizer(), WINDOWS, "test",
        engines=[engines.COMPILED], batch_sizes=[1], rounds=1, note=notes.append,
    )  # fmt: skip
    assert notes == ["torch.compile: not timed: no C++ compiler"]
    assert engines.COMPILED not in set(frame["engine"])


def test_the_stock_graph_answers_as_the_stock_model(make_model, tmp_path) -> None:
    stock = load_stock(make_model(), same_library=False)
    write_stock_graph(stock, tmp_path / "stock.onnx")
    run = open_session(tmp_path / "stock.onnx", "onnxruntime", threads=1, outputs=("logits",))
    layout, inputs = Padded.from_windows(WINDOWS)
    given = {
        "input_ids": inputs.input_ids,
        "attention_mask": layout.alive.long(),
        "token_type_ids": inputs.token_type_ids,
    }
    with torch.no_grad():
        expected = stock(**given).logits.numpy()
    (logits,) = run({name: value.numpy() for name, value in given.items()})
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-4)
