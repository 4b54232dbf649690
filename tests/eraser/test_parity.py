"""ERASER's scorer and `workbench evaluate` on the same files: every number of its answer.

`parity/` holds invented instances and predictions, and the answer of jayded/eraserbenchmark 36467f1.
"""

import json
from pathlib import Path

import pandas as pd
import pytest

from workbench.config.data import DataSettings
from workbench.data.corpus import load_corpus
from workbench.eraser.evaluate import Evaluated, evaluate_predictions

CASES = Path(__file__).parent / "parity"


def write(name: str, folder: Path) -> tuple[Path, dict]:
    """The case in ERASER's layout, and ERASER's answer."""
    case = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    (folder / "docs").mkdir()
    for docid, text in case["docs"].items():
        (folder / "docs" / docid).write_text(text, encoding="utf-8")
    for file in ("test", "predictions"):
        lines = "".join(json.dumps(record) + "\n" for record in case[file])
        (folder / f"{file}.jsonl").write_text(lines, encoding="utf-8")
    return folder, case["expected"]


def named(answer: dict, prefix: str = "") -> dict[str, float]:
    """ERASER's nested answer as one number per dotted name, without what it has no value for."""
    numbers = {}
    for key, value in answer.items():
        name = f"{prefix}{key}"
        if key == "aopc_thresholds":
            continue
        if key == "iou_scores":
            (at,) = value
            assert at.pop("threshold") == 0.5
            numbers |= named(at, f"{name}.")
        elif isinstance(value, dict):
            numbers |= named(value, f"{name}.")
        elif isinstance(value, list):
            points = zip(answer["aopc_thresholds"], value, strict=True)
            numbers |= {f"{name}.{threshold:g}": point for threshold, point in points}
        elif value is not None:
            numbers[name] = value
    return numbers


def judged(folder: Path, **how: bool) -> Evaluated:
    settings = DataSettings(source="eraser", path=str(folder), rationales="annotated")
    texts = load_corpus(settings, training=False).splits["test"]
    return evaluate_predictions(folder / "predictions.jsonl", texts, "test", bootstrap=20, **how)


@pytest.mark.parametrize("name", sorted(path.stem for path in CASES.glob("*.json")))
def test_every_number_is_erasers(name, workbench, tmp_path):
    folder, answer = write(name, tmp_path)
    options = ("--signed",) if name == "signed-scores" else ()
    command = ("evaluate", "--predictions", folder / "predictions.jsonl", "--data", folder)
    assert workbench(*command, *options, "--out", folder / "judged").code == 0
    table = pd.read_csv(folder / "judged" / "eraser.csv")
    ours = dict(zip(table["metric"], table["value"], strict=True))
    assert ours == pytest.approx(named(answer), abs=1e-9, rel=0)
    found = judged(folder, signed=bool(options))
    pd.testing.assert_frame_equal(found.eraser, table, rtol=0, atol=1e-12)


def test_every_case_is_there():
    assert {path.stem for path in CASES.glob("*.json")} == {
        "plain", "ties", "touching-predictions", "empty-true-spans", "overlapping-true-spans",
        "two-documents", "signed-scores", "faithfulness",
    }  # fmt: skip


def test_intervals_draw_instances_with_all_of_their_documents(tmp_path):
    found = judged(write("two-documents", tmp_path)[0]).plausibility
    # A mean over twelve documents; of six instances that are drawn whole.
    assert set(found.loc[found["metric"] == "eraser_ap", "n"]) == {12}
    assert (found["ci_low"] <= found["ci_high"]).all()


def test_tokens_to_flip_are_a_share_of_the_tokens(tmp_path):
    folder, _ = write("faithfulness", tmp_path)
    case = json.loads((CASES / "faithfulness.json").read_text(encoding="utf-8"))
    shares = [
        one["tokens_to_flip"] / len(case["docs"][one["annotation_id"]].split())
        for one in case["predictions"]
    ]
    table = judged(folder).faithfulness.set_index("metric")
    assert table.loc["flip_point", "value"] == pytest.approx(sum(shares) / len(shares), abs=1e-12)
