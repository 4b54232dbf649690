"""`workbench bench` on a tiny run and on a model folder: what it writes, and what it refuses."""

import json

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.helpers.tiny_runs import accept_changes
from workbench.runs.folder import load_run

MEASURED = {
    "seconds_median", "seconds_q25", "seconds_q75", "texts_per_second", "tokens_per_second",
    "speedup_vs_hf",
}  # fmt: skip


def test_a_run_is_timed_on_its_own_test_texts(workbench, copied):
    before = load_run(copied).metrics("efficiency")
    answer = workbench("bench", "--run", copied, "--batch", "1,4", "--rounds", "2", "--limit", "6")
    assert answer.code == 0, answer.error
    assert "Largest difference between our dense and the stock logits" in answer.out
    pd.testing.assert_frame_equal(load_run(copied).metrics("efficiency"), before)
    table = load_run(copied).metrics("bench")
    assert list(table.columns) == list(before.columns)
    timed = table[table["batch_size"].notna()]
    for method in ("hf", "hf-given-order", "dense", "adapler", "top", "adapler-masked", "top-masked"):
        for size in (1, 4):
            own = timed[(timed["method"] == method) & (timed["batch_size"] == size)]
            assert set(own["quantity"]) >= MEASURED
    about = json.loads((copied / "bench.json").read_text(encoding="utf-8"))
    assert about["texts"] == 6
    assert about["largest_logit_difference_dense_to_stock"] < 1e-5
    limits = pd.read_csv(copied / "metrics" / "limits.csv")
    assert set(limits["method"]) == {"dense", "adapler", "top"}
    for name in ("tables/bench.tex", "tables/bench.csv", "figures/realised.png", "figures/realised.pdf"):
        assert (copied / name).stat().st_size > 0
    # The page can still be made from what the benchmark left.
    assert workbench("report", "--run", copied).code == 0


def test_other_texts_are_added_beside_the_runs_own(workbench, copied, tmp_path):
    texts = tmp_path / "mine.txt"
    texts.write_text("the film is good .\n\na bad story , badly told .\n", encoding="utf-8")
    command = ("bench", "--run", copied, "--batch", "2", "--rounds", "1", "--limit", "6")
    assert workbench(*command).code == 0
    before = load_run(copied).metrics("bench")
    assert workbench(*command[:-2], "--texts", texts).code == 0
    after = load_run(copied).metrics("bench")
    assert set(after["split"]) == {"test", "mine"}
    pd.testing.assert_frame_equal(after[after["split"] == "test"], before, check_dtype=False)


def test_bfloat16_runs_beside_float32(workbench, tiny, tmp_path):
    answer = workbench(
        "bench", "--run", tiny.folder, "--batch", "4", "--rounds", "1", "--limit", "6", "--bfloat16",
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert answer.code == 0, answer.error
    assert "Same class in bfloat16 as in float32: dense" in answer.out
    found = pd.read_csv(tmp_path / "out" / "metrics" / "bench.csv")
    assert {f"{name}-bfloat16" for name in ("hf", "dense", "adapler", "top")} <= set(found["method"])
    same = json.loads((tmp_path / "out" / "bench.json").read_text())["bfloat16_same_class"]
    assert same.keys() == {"dense", "adapler", "top"}
    assert all(share >= 0.5 for share in same.values())


def test_texts_are_read_from_the_column_that_is_named(workbench, tiny, tmp_path):
    texts = tmp_path / "mine.csv"
    texts.write_text("id,review\n1,the film is good .\n2,a bad story .\n", encoding="utf-8")
    command = ["bench", "--run", tiny.folder, "--texts", texts, "--batch", "1", "--rounds", "1"]
    command += ["--out", tmp_path / "out"]
    assert workbench(*command).code == 2
    assert workbench(*command, "--text-column", "review").code == 0
    assert json.loads((tmp_path / "out" / "bench.json").read_text(encoding="utf-8"))["texts"] == 2


def test_a_model_folder_alone_is_enough(workbench, tiny, tmp_path):
    texts = tmp_path / "mine.txt"
    texts.write_text("the film is good .\n", encoding="utf-8")
    answer = workbench(
        "bench", "--model", tiny.folder / "models" / "top", "--texts", texts, "--batch", "1",
        "--rounds", "1", "--out", tmp_path / "out",
    )  # fmt: skip
    assert answer.code == 0, answer.error
    found = pd.read_csv(tmp_path / "out" / "metrics" / "bench.csv")
    assert {"hf", "dense", "top", "top-masked"} <= set(found["method"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "either --run or --model"),
        (["--batch", "0"], "at least 1"),
        (["--batch", "1,x"], "expected numbers such as 1,8,32"),
        (["--rounds", "0"], "greater than or equal to 1"),
        (["--limit", "0"], "greater than or equal to 1"),
        (["--device", "tpu"], "cpu or cuda"),
        (["--max-tokens", "4096"], "positions"),
        (["--texts", "nowhere.txt"], "nowhere.txt"),
        (["--text-column", "review"], "name the table with --texts"),
    ],
)
def test_wrong_use_is_told_in_one_line(workbench, tiny, arguments, told):
    chosen = ["--run", tiny.folder] if arguments else []
    answer = workbench("bench", *chosen, *arguments)
    assert answer.code == 2
    assert told in " ".join(answer.err.split())


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_cuda_that_is_not_there_is_refused(workbench, tiny):
    answer = workbench("bench", "--run", tiny.folder, "--device", "cuda")
    assert answer.code == 2
    assert "no CUDA device" in answer.error


def test_a_text_beyond_the_window_is_cut_or_refused_as_asked(workbench, tiny, tmp_path):
    texts = tmp_path / "long.txt"
    texts.write_text("the film is good . " * 30 + "\n", encoding="utf-8")
    command = ["bench", "--run", tiny.folder, "--texts", texts, "--batch", "1", "--rounds", "1"]
    out = ["--out", tmp_path / "out"]
    answer = workbench(*command, *out, "--too-long", "refuse")
    assert answer.code == 2
    assert "line-1" in answer.error
    assert not (tmp_path / "out").exists()
    assert workbench(*command, *out).code == 0
    assert json.loads((tmp_path / "out" / "bench.json").read_text(encoding="utf-8"))["windows"] > 1


def test_weights_that_are_no_numbers_are_refused(workbench, copied):
    path = copied / "models" / "dense" / "model.safetensors"
    weights = load_file(path)
    weights["bert.pooler.dense.bias"][0] = float("nan")
    save_file(weights, path, metadata={"format": "pt"})
    accept_changes(copied)
    answer = workbench("bench", "--run", copied, "--batch", "1", "--rounds", "1")
    assert answer.code == 2
    assert "bert.pooler.dense.bias" in answer.error
