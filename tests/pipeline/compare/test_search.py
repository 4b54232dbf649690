"""Bisection against fake trainers: functions from strength to speed-up."""

import math

import pytest

from workbench.catalog.methods import Strength
from workbench.errors import InputError
from workbench.pipeline.compare.search import Found, bisect


def search(
    function, low=0.01, high=1.0, first=0.1, target=2.0, slack=0.1, tries=6, is_speedup=True, **direction
) -> Found:
    return bisect(
        function, low, high, first=first, target=target, slack=slack, tries=tries,
        strength=Strength("weight", **direction), is_speedup=is_speedup,
    )  # fmt: skip


def values(found: Found) -> list[float | None]:
    return [one.value for one in found.tries]


def strengths(found: Found) -> list[float]:
    return [one.strength for one in found.tries]


def test_the_first_try_may_be_enough() -> None:
    found = search(lambda strength: 1.95)
    assert strengths(found) == [0.1]
    assert found.reached
    assert found.nearest == found.tries[0]
    assert found.notes == ()


def test_bisection_on_a_log_scale_by_hand() -> None:
    # 1 + log10(100 s): 2 at 0.1 ... so aim at 2.5, that is, s = 10^-0.5 = 0.316.
    found = search(lambda s: 1 + math.log10(100 * s), target=2.5, slack=0.01)
    assert strengths(found) == [0.1, 0.316]
    assert found.reached


def test_bisection_on_a_linear_scale_by_hand() -> None:
    found = search(lambda s: 10 * s, low=0.0, high=1.0, first=0.5, target=3.0, slack=0.2, scale="linear")
    assert strengths(found) == [0.5, 0.25, 0.375, 0.312]
    assert values(found)[-1] == pytest.approx(3.12)
    assert found.reached


def test_a_first_strength_outside_the_range_is_moved_to_its_end() -> None:
    assert strengths(search(lambda s: 2.0, first=7.0)) == [1.0]


@pytest.mark.parametrize("target", [1.8, 2.0, 3.3, 4.7])
def test_a_smooth_trainer_is_matched_within_six_tries(target: float) -> None:
    found = search(lambda s: 1 + 4 * s / (s + 0.05), target=target, slack=0.05 * target)
    assert found.reached
    assert len(found.tries) <= 6
    assert abs(found.nearest.value - target) <= 0.05 * target


def test_a_range_that_ends_too_early_is_told_with_its_end_tried() -> None:
    found = search(lambda s: 1 + s / 2, tries=4)
    assert not found.reached
    assert strengths(found)[-1] == 1.0
    assert found.nearest == found.tries[-1]
    assert found.notes == ("the range ends at strength 1, short of 2; raise its upper end",)


def test_a_range_that_begins_too_late_is_told_with_its_beginning_tried() -> None:
    found = search(lambda s: 3 + s, tries=4)
    assert not found.reached
    assert strengths(found)[-1] == 0.01
    assert found.notes == ("the range begins at strength 0.01, beyond 2; lower its lower end",)


def test_a_step_across_the_target_ends_with_the_nearest() -> None:
    found = search(lambda s: 1.5 if s < 0.05 else 2.3, tries=5)
    assert not found.reached
    assert found.nearest.value == 2.3
    assert len(found.tries) == 5
    assert found.notes == ("not reached in 5 tries",)


def test_it_stops_where_three_digits_leave_nothing() -> None:
    found = search(
        lambda s: 1.5 if s < 0.1004 else 2.3, low=0.1, high=0.101, first=0.1, tries=50
    )  # fmt: skip
    assert len(set(strengths(found))) == len(found.tries) < 6
    assert not found.reached


def test_a_loss_that_contradicts_is_told_and_does_not_stop_the_search() -> None:
    answers = {0.1: 1.5, 0.316: 1.2, 0.562: 2.05}
    found = search(answers.__getitem__, is_speedup=False)
    assert strengths(found) == [0.1, 0.316, 0.562]
    assert found.reached
    assert found.notes == ("not monotone: 1.500 at strength 0.1, 1.200 at 0.316",)


def test_a_failed_training_counts_as_too_strong() -> None:
    found = search(lambda s: None if s > 0.05 else 2.0)
    assert values(found) == [None, 2.0]
    assert strengths(found) == [0.1, 0.0316]
    assert found.reached
    assert found.notes == ("strength 0.1 failed",)


def test_where_everything_fails_there_is_no_nearest() -> None:
    found = search(lambda s: None, tries=3)
    assert found.nearest is None
    assert not found.reached
    assert found.notes[-1] == "not reached in 3 tries"


def test_a_keep_ratio_is_searched_towards_its_lower_end() -> None:
    """The smaller the ratio the faster: 1 / ratio is 2 at a half."""
    found = search(
        lambda ratio: 1 / ratio,
        low=0.1,
        high=1.0,
        first=0.9,
        slack=0.05,
        scale="linear",
        faster="smaller",
    )
    assert strengths(found) == [0.9, 0.5]
    assert found.reached
    assert found.notes == ()


def test_where_smaller_is_faster_the_ends_change_places() -> None:
    found = search(lambda ratio: 1.5, low=0.1, high=1.0, first=0.9, tries=3, faster="smaller")
    assert strengths(found)[-1] == 0.1
    assert found.notes == ("the range begins at strength 0.1, short of 2; lower its lower end",)
    found = search(lambda ratio: 2.5, low=0.1, high=1.0, first=0.9, tries=3, faster="smaller")
    assert strengths(found)[-1] == 1.0
    assert found.notes == ("the range ends at strength 1, beyond 2; raise its upper end",)


@pytest.mark.parametrize(
    ("function", "direction", "advice"),
    [
        (lambda ratio: 1 / ratio, "larger", "register its strength with faster='smaller'"),
        (lambda weight: 1 + weight, "smaller", "register its strength with faster='larger'"),
    ],
)
def test_a_speedup_against_the_registered_direction_is_refused_after_two_tries(
    function, direction: str, advice: str
) -> None:
    tries = []

    def measure(strength: float) -> float:
        tries.append(strength)
        return function(strength)

    with pytest.raises(InputError, match="does not rise as weight becomes " + direction) as caught:
        search(measure, low=0.2, high=1.0, first=0.6, target=9.0, scale="linear", faster=direction)
    assert len(tries) == 2
    assert advice in str(caught.value)
