"""Learning-rate and lambda schedules, and which epoch's weights win."""

import pytest

from workbench.catalog.methods.adapler import AdaplerSettings
from workbench.catalog.methods.dense import DenseSettings
from workbench.catalog.methods.top import TopSettings
from workbench.training.loop import schedule
from workbench.training.objectives.adapler import AdaplerObjective, slope
from workbench.training.objectives.base import TrainingProgress, by_quality
from workbench.training.objectives.dense import DenseObjective
from workbench.training.objectives.top import TopObjective


def factors(total: int, warmup: float) -> list[float]:
    return [schedule(TrainingProgress(0, step, total), warmup) for step in range(total)]


def test_the_rate_rises_linearly_and_falls_linearly_to_zero() -> None:
    assert factors(10, 0.2) == pytest.approx(
        [0.5, 1, 1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8]
    )
    assert schedule(TrainingProgress(0, 10, 10), 0.2) == 0


def test_without_warmup_the_first_step_has_the_peak_rate() -> None:
    assert factors(4, 0.0) == pytest.approx([1, 1, 2 / 3, 1 / 3])


def test_all_warmup_only_rises() -> None:
    assert factors(4, 1.0) == pytest.approx([0.25, 0.5, 0.75, 1])


def test_a_single_step_trains() -> None:
    assert factors(1, 0.06) == [1]


def test_progress_runs_from_zero_to_one() -> None:
    assert [TrainingProgress(0, step, 4).progress for step in (0, 2, 4)] == [0, 0.5, 1]


@pytest.mark.parametrize(
    ("epochs", "values"),
    [
        (10, [10.0, 30.0, 90.0, 270.0]),
        (3, [50.0, 2_500.0, 125_000.0]),
        (5, [10.0, 100.0, 1_000.0, 10_000.0, 100_000.0]),
    ],
)
def test_lambda_follows_the_papers_schedule(epochs: int, values: list[float]) -> None:
    settings = AdaplerSettings(epochs=epochs)
    assert [slope(settings, epoch) for epoch in range(len(values))] == values


def test_lambda_can_be_overridden() -> None:
    settings = AdaplerSettings(epochs=3, lambda_start=2.0)
    assert [slope(settings, epoch) for epoch in (0, 1)] == [2, 100]
    settings = AdaplerSettings(epochs=3, lambda_growth=2.0)
    assert [slope(settings, epoch) for epoch in (0, 1)] == [50, 100]


def history(*facts: tuple[float, float]) -> list[dict[str, float]]:
    return [{"quality": accuracy, "speedup": speedup} for accuracy, speedup in facts]


@pytest.fixture
def keeper(make_model):
    """`keep` of an objective by method, with the settings given."""

    def make(method: str, **settings):
        model = make_model(method)
        if method == "dense":
            return DenseObjective(model, DenseSettings(**settings)).keep
        if method == "top":
            return TopObjective(model, TopSettings(**settings), {}).keep
        accuracy = settings.pop("dense_quality")
        return AdaplerObjective(model, AdaplerSettings(**settings), {}, accuracy).keep

    return make


def test_by_quality_breaks_ties_to_the_earlier_epoch() -> None:
    assert by_quality(history((0.8, 1), (0.9, 1), (0.9, 1), (0.7, 1))) == [1, 2, 0, 3]


def test_dense_keeps_the_best_few(keeper) -> None:
    facts = history((0.7, 1), (0.9, 1), (0.8, 1), (0.9, 1))
    assert keeper("dense", keep_best=3)(facts) == [1, 3, 2]
    assert keeper("dense", keep_best=9)(facts[:2]) == [1, 0]


def test_adapler_keeps_the_fastest_epoch_within_the_tolerance(keeper) -> None:
    keep = keeper("adapler", dense_quality=0.81, tolerance=0.01)
    assert keep(history((0.82, 1.5), (0.805, 2.5), (0.799, 4.0), (0.81, 2.0))) == [1]
    assert keep(history((0.82, 2.0), (0.81, 2.0))) == [0]


def test_adapler_asks_for_more_than_the_floor_itself(keeper) -> None:
    keep = keeper("adapler", dense_quality=0.75, tolerance=0.25)
    assert keep(history((0.5, 9.0), (0.6, 1.0))) == [1]


def test_adapler_falls_back_on_the_most_accurate_epoch(keeper) -> None:
    keep = keeper("adapler", dense_quality=0.9, tolerance=0.01)
    assert keep(history((0.7, 1.5), (0.8, 1.2), (0.75, 4.0))) == [1]


def test_top_keeps_the_most_accurate_epoch_that_reached_the_target(keeper) -> None:
    # Target 0.5 with slack 0.1: 1 / 0.6 = 1.67 counts as reached.
    keep = keeper("top", target_sparsity=0.5, sparsity_slack=0.1)
    assert keep(history((0.9, 1.6), (0.7, 1.7), (0.8, 1.9), (0.75, 2.5))) == [2]


def test_top_falls_back_on_the_sparsest_epoch(keeper) -> None:
    keep = keeper("top", target_sparsity=0.5, sparsity_slack=0.02)
    assert keep(history((0.9, 1.1), (0.8, 1.4), (0.85, 1.3))) == [1]


@pytest.mark.parametrize("method", ["dense", "adapler", "top"])
def test_an_epoch_once_given_up_never_wins_later(keeper, method: str) -> None:
    more = {"dense": {}, "adapler": {"dense_quality": 0.8}, "top": {"target_sparsity": 0.4}}[method]
    keep = keeper(method, **more)
    facts = history((0.7, 1.0), (0.82, 1.5), (0.81, 1.8), (0.6, 3.0), (0.83, 1.7), (0.795, 2.0))
    before: set[int] = set()
    for epoch in range(len(facts)):
        now = set(keep(facts[: epoch + 1]))
        assert now <= before | {epoch}
        before = now
