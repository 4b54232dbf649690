"""PoWER-BERT's training: a search that only costs, counts that then stay."""

import pytest
import torch

from tests.helpers.toys import RAGGED, texts, without_dropout
from workbench.catalog.methods.powerbert import PowerbertSettings
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.powerbert import PowerBert
from workbench.training.objectives.base import TrainingProgress
from workbench.training.objectives.powerbert import PowerbertObjective, weighted_mass

WINDOWS = texts(RAGGED)


@pytest.fixture
def make(make_model):
    """`make(retention_weight=...)`: an objective over a fresh model that still keeps everything."""

    def make(**settings) -> PowerbertObjective:
        dense = make_model()
        policy = PowerBert(dense.stock.config, length=max(RAGGED))
        model = without_dropout(PruningClassifier(dense.stock, policy))
        return PowerbertObjective(model, PowerbertSettings(**{"search_share": 0.5} | settings))

    return make


def run(objective: PowerbertObjective, progress: float, weight: float = 1.0) -> dict[str, float]:
    moment = TrainingProgress(0, int(100 * progress), 100)
    return objective.backward(WINDOWS, weight, moment, lambda loss, **more: loss.backward(**more))


def test_weighted_mass_by_hand() -> None:
    retention = torch.tensor([[1.0, 0.5], [0.5, 0.0], [0.25, 0.25]], requires_grad=True)
    mass = weighted_mass(retention)
    assert mass.item() == 1 * 1.5 + 2 * 0.5 + 3 * 0.5
    mass.backward()
    assert retention.grad.tolist() == [[1, 1], [2, 2], [3, 3]]


def test_the_search_minimises_cross_entropy_plus_weighted_mass(make) -> None:
    objective = make(retention_weight=0.25)
    with torch.no_grad():
        objective.policy.retention.uniform_(0.2, 1.0, generator=torch.Generator().manual_seed(0))
    output = objective.model(WINDOWS, execution="masked", soft=True)
    entropy = objective.task_loss(output.logits, WINDOWS)
    loss = entropy + 0.25 * weighted_mass(objective.policy.retention)
    wanted = [objective.policy.retention, objective.model.stock.classifier.weight]
    expected = torch.autograd.grad(loss, wanted)
    assert run(objective, 0.49)["loss"] == pytest.approx(entropy.item(), rel=1e-5)
    for value, gradient in zip(wanted, expected, strict=True):
        torch.testing.assert_close(value.grad, gradient)
    # Every rank that some text has feels what its token is worth, not its price alone.
    price = 0.25 * torch.arange(1, 5)[:, None]
    assert (objective.policy.retention.grad - price)[:, : max(RAGGED) - 1].abs().max() > 0


def test_without_a_price_open_weights_train_like_the_dense_model(make, make_model) -> None:
    objective, dense = make(retention_weight=0.0), make_model()
    loss = objective.task_loss(dense(WINDOWS).logits, WINDOWS)
    (expected,) = torch.autograd.grad(loss, dense.stock.classifier.weight)
    assert run(objective, 0.0)["loss"] == pytest.approx(loss.item(), rel=1e-5)
    torch.testing.assert_close(
        objective.model.stock.classifier.weight.grad, expected, atol=1e-5, rtol=1e-4
    )


def test_after_the_search_the_counts_stay_and_tokens_are_gone(make) -> None:
    objective = make()
    with torch.no_grad():
        objective.policy.retention[:, 3:] = 0
    output = objective.model(WINDOWS)
    assert output.tokens_ffn.max() == 4
    entropy = objective.task_loss(output.logits, WINDOWS)
    assert run(objective, 0.5) == {"loss": pytest.approx(entropy.item(), rel=1e-5)}
    assert objective.policy.retention.grad is None
    assert objective.model.stock.classifier.weight.grad.abs().max() > 0


def test_steps_of_the_search_lower_the_counts_and_stay_in_range(make) -> None:
    objective = make(retention_weight=1.0, retention_learning_rate=0.4)
    (optimizer,) = objective.optimizers()
    reported = []
    for _ in range(3):
        reported.append(run(objective, 0.0)["tokens"])
        optimizer.step()
        optimizer.zero_grad()
        objective.after_step()
        retention = objective.policy.retention
        assert 0 <= retention.min() <= retention.max() <= 1
    assert reported[0] == max(RAGGED)
    assert reported[0] > reported[1] > reported[2]
    assert objective.policy.counts() == [1, 1, 1, 1]


def test_retention_has_a_rate_of_its_own_and_no_decay(make) -> None:
    objective = make(learning_rate=1e-5, retention_learning_rate=3e-2)
    (optimizer,) = objective.optimizers()
    *model, own = optimizer.param_groups
    assert [group["peak"] for group in model] == [1e-5, 1e-5]
    assert own["params"] == [objective.policy.retention]
    assert (own["lr"], own["weight_decay"], "peak" in own) == (3e-2, 0.0, False)
    covered = {id(value) for group in optimizer.param_groups for value in group["params"]}
    assert covered == {id(value) for value in objective.parameters() if value.requires_grad}


def test_a_weight_scales_every_gradient(make) -> None:
    whole, half = make(), make()
    run(whole, 0.0)
    run(half, 0.0, weight=0.5)
    for (name, one), other in zip(whole.named_parameters(), half.parameters(), strict=True):
        if one.grad is not None:
            torch.testing.assert_close(one.grad * 0.5, other.grad, rtol=1e-4, atol=1e-6, msg=name)


def history(*accuracies: float) -> list[dict[str, float]]:
    return [{"quality": value, "speedup": 1.0} for value in accuracies]


def test_only_epochs_with_the_final_counts_are_chosen_from(make) -> None:
    objective = make(search_share=0.5, epochs=4)
    assert objective.keep(history(0.9)) == [0]
    # The second epoch ends where the search ends: its counts are the final ones.
    assert objective.keep(history(0.9, 0.6)) == [1]
    assert objective.keep(history(0.9, 0.6, 0.8)) == [2]
    assert objective.keep(history(0.9, 0.6, 0.8, 0.8)) == [2]
    assert make(search_share=0.3, epochs=10).keep(history(0.9, 0.9, 0.5, 0.4)) == [2]
    assert make(search_share=0.6, epochs=1).keep(history(0.5)) == [0]


def test_another_policy_is_refused(make_model) -> None:
    with pytest.raises(TypeError, match="PowerBert"):
        PowerbertObjective(make_model("top"), PowerbertSettings())
