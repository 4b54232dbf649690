"""Which scorers run together, on which model, and how those with a sign are compared."""

from types import SimpleNamespace

from tests.helpers.toys import texts, toy_tokenizer
from workbench.config.evaluation import EvaluationSettings
from workbench.pipeline.evaluate import _JobEvents, _score, scorer_groups, scorer_options


def job(scorers: list[str], methods: list[str]) -> SimpleNamespace:
    told: list[str] = []
    evaluation = EvaluationSettings(scorers=scorers, batch_size=2)
    config = SimpleNamespace(evaluation=evaluation, methods=methods, seed=3)
    return SimpleNamespace(config=config, note=told.append, told=told)


def test_scorers_are_grouped_by_model_and_sign() -> None:
    one = job(["alti", "decompx", "cp", "rollout", "lime"], ["dense", "adapler"])
    assert scorer_groups(one) == [
        ("adapler", ["cp"]), ("dense", ["rollout", "alti"]), ("dense", ["decompx", "lime"]),
    ]  # fmt: skip
    assert one.told == []


def test_those_without_their_model_are_left_out_and_told() -> None:
    one = job(["cp", "alti"], ["dense"])
    assert scorer_groups(one) == [("dense", ["alti"])]
    assert one.told == ["cp left out: needs the method adapler"]


def test_scores_with_a_sign_are_compared_by_size() -> None:
    one = job(["alti", "decompx"], ["dense"])
    assert scorer_options(one, ["alti"]).sign is None
    assert scorer_options(one, ["decompx"]).sign == "absolute"
    assert scorer_options(one, ["decompx"]).seed == 3


def test_the_bar_ends_where_it_says_and_never_beyond(make_model) -> None:
    one, windows, shown = job(["cp", "attention"], ["dense", "adapler"]), texts([9, 5, 12, 7]), []
    one.reporter = SimpleNamespace(progress=lambda done, total, values: shown.append((done, total)))
    one.model, one.tokenizer = make_model, toy_tokenizer()
    groups = scorer_groups(one)
    events = _JobEvents(one, len(groups) * len(windows))
    for method, names in groups:
        _score(one, method, windows, names, events)
    assert shown == [(2, 8), (4, 8), (6, 8), (8, 8)]
