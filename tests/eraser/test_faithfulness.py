"""What a prediction file says of altered texts: values by hand, and what does not fit."""

import json
import math

import numpy as np
import pytest

from workbench.core.documents import Document, Span
from workbench.eraser.evaluate import evaluate_predictions
from workbench.errors import InputError
from workbench.metrics import schemas
from workbench.metrics.registry import DIVERGENCES, FAITHFULNESS

TEXTS = [
    Document(name, tuple("abcd"), label, (Span(0, 1),)) for name, label in (("t1", "x"), ("t2", "y"))
]


def scores(x):
    return {"x": x, "y": 1 - x}


def line(name, whole, without, only, **more):
    """A prediction of class x with its probabilities on the text, without and with nothing but r."""
    return {
        "annotation_id": name,
        "rationales": [{"docid": name, "hard_rationale_predictions": []}],
        "classification": "x",
        "classification_scores": scores(whole),
        "comprehensiveness_classification_scores": scores(without),
        "sufficiency_classification_scores": scores(only),
    } | more


def at(threshold, without, only):
    return {
        "threshold": threshold,
        "comprehensiveness_classification_scores": scores(without),
        "sufficiency_classification_scores": scores(only),
    }


def table(folder, *records, **more):
    path = folder / "p.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    found = evaluate_predictions(path, TEXTS, "test", bootstrap=10, **more).faithfulness
    assert tuple(found.columns) == schemas.FAITHFULNESS.columns
    return found


def test_values_by_hand(tmp_path):
    first = {"thresholded_scores": [at(0.5, 0.2, 0.8), at(0.1, 0.6, 0.4)], "tokens_to_flip": 1}
    second = {"thresholded_scores": [at(0.1, 0.6, 0.6), at(0.5, 0.4, 0.5)], "tokens_to_flip": 4}
    found = table(tmp_path, line("t1", 0.8, 0.5, 0.7, **first), line("t2", 0.6, 0.7, 0.6, **second))
    assert set(found["metric"]) <= {metric.name for metric in (*FAITHFULNESS, *DIVERGENCES)}
    values = {(row.selection, row.metric): row.value for row in found.itertuples()}

    def h(p):
        return -(p * math.log(p) + (1 - p) * math.log(1 - p))

    def kl(p, q):
        return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))

    assert values == pytest.approx(
        {
            ("kept", "comprehensiveness"): (0.3 - 0.1) / 2,
            ("kept", "sufficiency"): (0.1 + 0.0) / 2,
            ("kept", "comprehensiveness_entropy"): (h(0.8) - h(0.5) + h(0.6) - h(0.7)) / 2,
            ("kept", "sufficiency_entropy"): (h(0.8) - h(0.7)) / 2,
            ("kept", "comprehensiveness_kl"): (kl(0.5, 0.8) + kl(0.7, 0.6)) / 2,
            ("kept", "sufficiency_kl"): kl(0.7, 0.8) / 2,
            ("top-10%", "comprehensiveness"): (0.2 + 0.0) / 2,
            ("top-50%", "comprehensiveness"): (0.6 + 0.2) / 2,
            ("bins", "aopc_comprehensiveness"): (0.1 + 0.4) / 2,
            ("top-10%", "sufficiency"): (0.4 + 0.0) / 2,
            ("top-50%", "sufficiency"): (0.0 + 0.1) / 2,
            ("bins", "aopc_sufficiency"): (0.2 + 0.05) / 2,
            ("curve", "flip_point"): (1 / 4 + 1) / 2,
        }
    )
    assert set(found["n"]) == {2}


def test_a_class_that_was_impossible_gives_an_infinite_divergence(tmp_path):
    found = table(tmp_path, line("t1", 1.0, 0.5, 1.0), line("t2", 0.5, 0.5, 0.5)).set_index("metric")
    assert found.loc["comprehensiveness_kl", "value"] == np.inf
    assert found.loc["sufficiency_kl", "value"] == 0


def test_a_file_without_altered_texts_has_none(tmp_path):
    plain = {"annotation_id": "t1", "rationales": line("t1", 1, 1, 1)["rationales"]}
    assert table(tmp_path, plain, partial=True).empty


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sufficiency_classification_scores": None}, r"no sufficiency_classification_scores, which"),
        ({"tokens_to_flip": None}, r"no tokens_to_flip, which other lines have"),
        ({"tokens_to_flip": 5}, r"tokens_to_flip is 5, and there are 4 tokens"),
        ({"thresholded_scores": [at(0.2, 0.1, 0.1)]}, r"thresholded_scores has other thresholds than"),
        ({"classification_scores": {"x": 1.5, "y": -0.5}}, r"classification_scores are no probab"),
        ({"comprehensiveness_classification_scores": {"x": 0, "y": 0}}, r"compre.* or 0 throughout"),
    ],
)
def test_what_does_not_fit_is_named(change, message, tmp_path):
    common = {"thresholded_scores": [at(0.1, 0.5, 0.5)], "tokens_to_flip": 1}
    good, bad = (line(name, 0.8, 0.5, 0.7, **common) for name in ("t1", "t2"))
    with pytest.raises(InputError, match=r"p.jsonl:2: t2: " + message):
        table(tmp_path, good, bad | change)
