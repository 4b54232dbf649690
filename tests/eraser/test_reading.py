"""ERASER's prediction format: what is read, what is refused, and that nothing changes on the way."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.documents import Span
from workbench.eraser.prediction import (
    DocumentRationale,
    Prediction,
    read_predictions,
    write_predictions,
)
from workbench.errors import InputError


def line(**more):
    record = {
        "annotation_id": "t1",
        "rationales": [
            {
                "docid": "d1",
                "hard_rationale_predictions": [
                    {"start_token": 3, "end_token": 4}, {"start_token": 0, "end_token": 2},
                ],
                "soft_rationale_predictions": [0.5, 1, 0, 0.25],
                "soft_sentence_predictions": [0.1, 0.9],
            }
        ],
        "classification": "POS",
        "classification_scores": {"POS": 0.75, "NEG": 0.25},
        "comprehensiveness_classification_scores": {"POS": 0.5, "NEG": 0.5},
        "sufficiency_classification_scores": {"POS": 1, "NEG": 0},
        "tokens_to_flip": 3,
        "thresholded_scores": [at(0.1), at(0.5)],
    }  # fmt: skip
    return record | more


def at(threshold, **more):
    scores = {"POS": 0.25, "NEG": 0.75}
    return {
        "threshold": threshold,
        "comprehensiveness_classification_scores": scores,
        "sufficiency_classification_scores": scores,
    } | more


def entry(**more):
    return {"rationales": [line()["rationales"][0] | more]}


def read(folder, *records):
    path = folder / "predicted.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return read_predictions(path)


def as_tuple(prediction):
    """Everything but the place, comparable by value."""
    entries = [
        (
            e.docid,
            e.hard,
            None if e.soft is None else e.soft.tolist(),
            None if e.sentences is None else e.sentences.tolist(),
        )
        for e in prediction.rationales
    ]
    scores = (
        prediction.classification_scores, prediction.comprehensiveness, prediction.sufficiency,
    )  # fmt: skip
    return prediction.annotation_id, entries, prediction.classification, scores, prediction.source


def test_every_key_is_read(tmp_path):
    (found,) = read(tmp_path, line(scorer="lime", layer=2))
    assert found.annotation_id == "t1"
    (document,) = found.rationales
    assert document.hard == (Span(0, 2), Span(3, 4))
    assert document.soft.tolist() == [0.5, 1, 0, 0.25]
    assert document.sentences.tolist() == [0.1, 0.9]
    assert found.classification == "POS"
    assert found.comprehensiveness == {"POS": 0.5, "NEG": 0.5}
    assert found.sufficiency == {"POS": 1, "NEG": 0}
    assert found.source == ("lime", None, 2)
    assert found.tokens_to_flip == 3
    assert [one.threshold for one in found.thresholded] == [0.1, 0.5]
    assert found.thresholded[1].sufficiency == {"POS": 0.25, "NEG": 0.75}


def test_reading_writing_and_reading_again_changes_nothing(tmp_path):
    only_hard = line(annotation_id="t2", rationales=[{"docid": "d2", "hard_rationale_predictions": []}])
    for key in list(only_hard)[2:]:
        del only_hard[key]
    found = read(tmp_path, line(), line(layer=1), line(scorer="lime"), only_hard)
    assert write_predictions(found, tmp_path / "again.jsonl") == 4
    again = read_predictions(tmp_path / "again.jsonl")
    assert [as_tuple(one) for one in again] == [as_tuple(one) for one in found]
    first = json.loads((tmp_path / "again.jsonl").read_text(encoding="utf-8").splitlines()[0])
    expected = line()
    expected["rationales"][0]["hard_rationale_predictions"].reverse()
    assert first == expected


SCORES = st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), max_size=5)
DOCUMENTS = st.builds(
    DocumentRationale,
    docid=st.text(min_size=1).filter(lambda name: name.isprintable()),
    hard=st.none() | st.sets(st.integers(0, 9)).map(lambda s: tuple(Span(n, n + 1) for n in sorted(s))),
    soft=st.none() | SCORES.map(lambda values: np.array(values, dtype=np.float64)),
)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.lists(DOCUMENTS, max_size=3, unique_by=lambda one: one.docid), st.none() | st.integers(0, 5))
def test_any_prediction_comes_back(tmp_path_factory, documents, layer):
    one = Prediction("t", tuple(documents), "a", {"a": 0.1, "b": 0.9}, layer=layer)
    path = tmp_path_factory.mktemp("any") / "p.jsonl"
    write_predictions([one], path)
    assert [as_tuple(found) for found in read_predictions(path)] == [as_tuple(one)]


def test_a_number_that_is_not_finite_is_not_written(tmp_path):
    path = tmp_path / "p.jsonl"
    bad = Prediction("t", (DocumentRationale("d", soft=np.array([np.nan])),))
    with pytest.raises(ValueError, match="JSON compliant"):
        write_predictions([bad], path)
    assert list(tmp_path.iterdir()) == []


def spans(*pairs):
    return entry(hard_rationale_predictions=[{"start_token": a, "end_token": b} for a, b in pairs])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"annotation_id": 3}, r"predicted.jsonl:1: no annotation_id"),
        ({"rationales": None}, r"predicted.jsonl:1: t1: rationales is not a list"),
        ({"rationales": [{}]}, r"predicted.jsonl:1: t1: an entry of rationales without docid"),
        ({"rationales": line()["rationales"] * 2}, r"t1: document 'd1' twice in rationales"),
        (entry(soft_rationale_predictions=[0.1, float("nan")]), r"predictions\[1\] is nan, not"),
        (entry(soft_rationale_predictions=[float("-inf")]), r"predictions\[0\] is -inf, not a finite"),
        (entry(soft_rationale_predictions=[10**400]), r"predictions\[0\] is 1000.*, not a finite"),
        (entry(soft_rationale_predictions=[None]), r"predictions\[0\] is None, not a finite number"),
        (entry(soft_rationale_predictions=["1"]), r"predictions\[0\] is '1', not a finite number"),
        (entry(soft_rationale_predictions=[True]), r"predictions\[0\] is True, not a finite number"),
        (entry(soft_rationale_predictions={}), r"soft_rationale_predictions is not a list"),
        (entry(soft_sentence_predictions=[float("inf")]), r"sentence_predictions\[0\] is inf"),
        (entry(hard_rationale_predictions=4), r"hard_rationale_predictions is not a list"),
        (entry(hard_rationale_predictions=[3]), r"a span without whole start_token and end_token: 3"),
        (spans((2, 1)), r"document 'd1': the span \[2, 1\] is negative, empty or reversed"),
        (spans((1, 1)), r"the span \[1, 1\] is negative, empty or reversed"),
        (spans((-1, 1)), r"the span \[-1, 1\] is negative"),
        (spans((0, 1.0)), r"a span without whole start_token"),
        (spans((4, 6), (0, 5)), r"the spans \[0, 5\] and \[4, 6\] overlap"),
        (spans((1, 2), (1, 2)), r"the spans \[1, 2\] and \[1, 2\] overlap"),
        ({"classification": 1}, r"classification is int, not str"),
        ({"classification": None}, r"classification_scores, .* without a classification"),
        ({"classification_scores": None}, r"a classification without classification_scores"),
        ({"classification": "x"}, r"classification_scores has no score of the class 'x'"),
        ({"classification_scores": {"POS": float("nan")}}, r"classification_scores of 'POS' is nan"),
        ({"sufficiency_classification_scores": []}, r"sufficiency_.*scores is not an object"),
        ({"sufficiency_classification_scores": {"POS": 1}}, r"sufficiency_.* has other classes than"),
        ({"thresholded_scores": 3}, r"thresholded_scores is not a list of objects"),
        ({"thresholded_scores": [at(0.1), at("x")]}, r"scores\[1\]: the threshold 'x' is no share"),
        ({"thresholded_scores": [at(1.5)]}, r"scores\[0\]: the threshold 1.5 is no share"),
        ({"thresholded_scores": [at(0.1), at(0.1)]}, r"scores\[1\]: the threshold 0.1 .*or twice"),
        (
            {"thresholded_scores": [at(0.1, sufficiency_classification_scores=None)]},
            r"thresholded_scores\[0\]: sufficiency_classification_scores has other classes than",
        ),
        ({"tokens_to_flip": -1}, r"tokens_to_flip is -1, not a number of tokens"),
        ({"tokens_to_flip": "3"}, r"tokens_to_flip is '3', not a number of tokens"),
        ({"layer": -1}, r"layer -1 is negative"),
        ({"layer": True}, r"layer is bool, not int"),
        ({"scorer": 4}, r"scorer is int, not str"),
    ],
)  # fmt: skip
def test_bad_lines_are_named(change, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read(tmp_path, line(**change))


def test_a_second_prediction_is_named_with_the_first(tmp_path):
    with pytest.raises(InputError, match=r"predicted.jsonl:3: t1: a second prediction, .*jsonl:1$"):
        read(tmp_path, line(), line(layer=1), line())


def test_broken_files_are_named(tmp_path):
    path = tmp_path / "predicted.jsonl"
    for content, message in (
        (b"", "the file is empty"),
        (b"[" + json.dumps(line()).encode() + b"]", "expected a JSON object, got list"),
        (b'{"annotation_id": ', "predicted.jsonl:1: broken JSON"),
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match=message):
            read_predictions(path)
    with pytest.raises(InputError, match="no such file"):
        read_predictions(tmp_path / "gone.jsonl")
