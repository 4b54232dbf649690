"""Annotators against each other: by hand, by rule, and what is refused."""

import json
from argparse import Namespace

import numpy as np
import pytest

from analyses.pages.human_agreement import human_values, main
from workbench.errors import InputError
from workbench.metrics.plausibility.table import summarise


def value(annotations, metric: str, rule="majority") -> float:
    frame = summarise(human_values(annotations, rule), "test", bootstrap=0)
    (found,) = frame.loc[frame["metric"] == metric, "value"]
    return float(found)


THREE = {"t": np.array([[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]])}


def test_three_annotators_by_hand() -> None:
    # Majority of two others is both. Left out in turn: the truth is {0}, {0, 1}, {0}.
    assert value(THREE, "tpr") == pytest.approx((1 + 1 / 2 + 1) / 3)
    assert value(THREE, "fpr") == pytest.approx((1 / 3 + 0 + 2 / 3) / 3)
    assert value(THREE, "token_precision") == pytest.approx((1 / 2 + 1 + 1 / 3) / 3)
    # Union: {0, 1, 2}, {0, 1, 2}, {0, 1}.
    assert value(THREE, "tpr", "union") == pytest.approx((2 / 3 + 1 / 3 + 1) / 3)
    # Binary scores: AP of the first is precision 1/2 at recall 1.
    assert value(THREE, "ap") == pytest.approx((1 / 2 + (1 / 2 * 1 + 1 / 2 * 2 / 4) + 1 / 3) / 3)


def test_people_who_agree_are_a_bound_of_one() -> None:
    same = {f"t{n}": np.tile([0, 1, 1, 0], (3, 1)) for n in range(4)}
    frame = summarise(human_values(same), "test", bootstrap=10)
    assert set(frame["selection"]) == {"none", "kept"}
    for metric in ("ap", "auprc", "token_f1", "iou_f1", "iou_micro_f1", "token_micro_f1"):
        assert frame.loc[frame["metric"] == metric, "value"].tolist() == [1.0]
    assert frame["scorer"].unique().tolist() == ["human"]


def test_a_lone_annotator_is_left_out() -> None:
    (part,) = human_values({**THREE, "lone": np.array([[1, 0]])})
    assert part.text_ids == ("t",)
    assert human_values({"lone": np.array([[1, 0]])}) == []


def test_the_page_counts_who_is_alone(tmp_path, capsys) -> None:
    posts = {
        "p": {"post_tokens": ["a", "b", "c"], "rationales": [[1, 0, 0], [1, 1, 0], [1, 1, 0]]},
        "lone": {"post_tokens": ["d"], "rationales": [[1]]},
        "normal": {"post_tokens": ["e"], "rationales": []},
    }
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps(posts), encoding="utf-8")
    main(Namespace(file=path))
    told = capsys.readouterr().out
    assert "2 posts, 1 of them with one annotator left out" in told
    assert "majority of the others" in told
    assert "union of the others" in told


def test_annotators_who_share_nothing() -> None:
    apart = {"t": np.array([[1, 0], [0, 1]])}
    assert value(apart, "token_f1") == 0
    undefined = {"t": np.array([[0, 0], [0, 0]])}
    frame = summarise(human_values(undefined), "test", bootstrap=0)
    assert "token_f1" not in set(frame["metric"])


@pytest.mark.parametrize(
    ("marks", "told"),
    [
        (np.array([1, 0]), r"mine: annotations of shape \(2,\)"),
        (np.zeros((3, 0)), "mine: annotations of shape"),
        (np.array([[1, 2], [0, 1]]), "other marks than 0 and 1"),
        (np.array([[1, np.nan], [0, 1]]), "other marks than 0 and 1"),
    ],
)
def test_what_is_no_annotation_is_refused_by_name(marks: np.ndarray, told: str) -> None:
    with pytest.raises(InputError, match=told):
        human_values({"mine": marks})


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(InputError, match="majority or union"):
        human_values(THREE, "both")
