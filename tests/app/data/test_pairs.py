"""Agreement between scorers on one text: the evaluation's numbers, signs by size, silent layers."""

from dataclasses import replace

import pytest

from app.data.one_text import pair_frame
from tests.helpers.fake_run import all_records
from workbench.errors import InputError
from workbench.metrics.scorer_agreement import agreement


@pytest.fixture(scope="module")
def records():
    made = all_records()
    return [made[name][3] for name in ("cp", "top", "saliency")]


@pytest.mark.parametrize("metric", ["spearman", "kendall"])
def test_values_are_those_of_the_evaluation(records, metric) -> None:
    whole = agreement(records, "test", bootstrap=0)
    here = (whole["unit"] == "word") & (whole["metric"] == metric)
    whole = whole[here & (whole["layer"] == 2) & (whole["against_layer"] == 2)]
    found = pair_frame(records, 2, "word", metric)
    assert len(found) == 3
    assert found["value"].tolist() == whole["value"].tolist()


def test_sizes_of_signed_scores_count(records) -> None:
    flipped = replace(records[2], scores=-records[2].scores)
    same = pair_frame(records, 1, "token", "spearman")
    assert pair_frame([*records[:2], flipped], 1, "token", "spearman").equals(same)


def test_a_silent_layer_has_no_pair(records) -> None:
    # ToP says nothing about layer 0.
    found = pair_frame(records, 0, "token", "spearman")
    assert found[["scorer", "against"]].to_numpy().tolist() == [["cp", "saliency"]]


def test_scorers_of_different_tokens_are_refused(records) -> None:
    other = all_records()["saliency"][4]
    other = replace(other, text_id=records[0].text_id)
    with pytest.raises(InputError, match="saw different numbers"):
        pair_frame([records[0], other], 1, "token", "spearman")
