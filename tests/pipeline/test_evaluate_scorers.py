"""Which scorers run together, on which model, and how those with a sign are compared."""

from types import SimpleNamespace

from workbench.config.evaluation import EvaluationSettings
from workbench.pipeline.evaluate import scorer_groups, scorer_options


def job(scorers: list[str], methods: list[str]) -> SimpleNamespace:
    told: list[str] = []
    evaluation = EvaluationSettings(scorers=scorers)
    config = SimpleNamespace(evaluation=evaluation, methods=methods, seed=3)
    return SimpleNamespace(config=config, note=told.append, told=told)


def testscorer_groups_are_grouped_by_model_and_sign() -> None:
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
