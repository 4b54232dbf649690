"""AdapLeR's two losses: what each reaches, and what it must never reach."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.helpers.toys import RAGGED, saliencies, texts, without_dropout
from workbench.catalog.methods.adapler import AdaplerSettings
from workbench.models.classifier import PruningClassifier
from workbench.training.objectives.adapler import AdaplerObjective, soft_length
from workbench.training.objectives.base import TrainingProgress

START = TrainingProgress(0, 0, 10)
WINDOWS = texts(RAGGED)


@pytest.fixture
def make(make_model):
    """`make(gamma=..., phi=...)`: an objective in its first epoch over a fresh model, no dropout."""

    def make(targets=None, **settings) -> AdaplerObjective:
        model = without_dropout(make_model("adapler"))
        chosen = {"lambda_start": 5.0, "gamma": 0.5, "phi": 0.1} | settings
        objective = AdaplerObjective(
            model, AdaplerSettings(**chosen), targets or saliencies(WINDOWS), 0.9
        )
        objective.start_epoch(0)
        return objective

    return make


def run(objective: AdaplerObjective, weight: float = 1.0, windows=WINDOWS) -> dict[str, torch.Tensor]:
    """Gradients after one backward."""
    objective.backward(windows, weight, START, lambda loss, **more: loss.backward(**more))
    return {name: p.grad.clone() for name, p in objective.named_parameters() if p.grad is not None}


def thresholds(gradients):
    return {name: value for name, value in gradients.items() if name.endswith(("eta", "theta"))}


def weights(gradients):
    return {name: value for name, value in gradients.items() if not name.endswith(("eta", "theta"))}


def same(first, second) -> bool:
    return first.keys() == second.keys() and all(first[name].equal(second[name]) for name in first)


def test_gamma_does_not_reach_the_thresholds(make) -> None:
    first, second = run(make(gamma=0.1)), run(make(gamma=5.0))
    assert same(thresholds(first), thresholds(second))
    assert not same(weights(first), weights(second))
    assert thresholds(first)["model.policy.eta"].abs().min() > 0


def test_phi_does_not_reach_the_model(make) -> None:
    first, second = run(make(phi=0.1)), run(make(phi=5.0))
    assert same(weights(first), weights(second))
    assert not same(thresholds(first), thresholds(second))


def test_saliency_targets_do_not_reach_the_thresholds(make) -> None:
    first, second = run(make(saliencies(WINDOWS, 1))), run(make(saliencies(WINDOWS, 2)))
    assert same(thresholds(first), thresholds(second))
    assert not same(weights(first), weights(second))


def test_without_gamma_cross_entropy_alone_trains_model_and_predictors(make) -> None:
    objective = make(gamma=0.0)
    output = objective.model(WINDOWS, execution="masked", soft=True)
    loss = objective.task_loss(output.logits, WINDOWS)
    expected = torch.autograd.grad(loss, objective.weights)
    gradients = run(objective)
    for value, wanted in zip(objective.weights, expected, strict=True):
        torch.testing.assert_close(value.grad, wanted)
    assert gradients["model.policy.predictors.1.0.weight"].abs().max() > 0


def test_the_thresholds_follow_cross_entropy_plus_phi_soft_length(make) -> None:
    objective = make(phi=0.3)
    output = objective.model(WINDOWS, execution="masked", soft=True)
    speed = objective.task_loss(output.logits, WINDOWS) + 0.3 * soft_length(output.traces)
    (expected,) = torch.autograd.grad(speed, objective.policy.eta)
    run(objective)
    torch.testing.assert_close(objective.policy.eta.grad, expected)


def eta_gradients(objective: AdaplerObjective, start: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The gradient of eta as it is trained, and by central differences of the loss that it follows."""

    def loss(eta: torch.Tensor) -> float:
        with torch.no_grad():
            objective.policy.eta.copy_(eta)
            output = objective.model(WINDOWS, execution="masked", soft=True)
            # Not `task_loss`, which is in single precision.
            task = nn.functional.cross_entropy(output.logits, torch.tensor([w.label for w in WINDOWS]))
            return (task + objective.settings.phi * soft_length(output.traces)).item()

    step = 1e-6
    differences = [
        (loss(start + step * unit) - loss(start - step * unit)) / (2 * step)
        for unit in torch.eye(len(start), dtype=start.dtype)
    ]
    with torch.no_grad():
        objective.policy.eta.copy_(start)
    run(objective)
    return objective.policy.eta.grad, torch.tensor(differences, dtype=start.dtype)


@pytest.mark.parametrize("eta", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("slope", [10.0, 100.0, 1000.0])
def test_the_gradient_of_eta_is_the_losss(make, slope: float, eta: float) -> None:
    objective = make(phi=0.3, lambda_start=slope)
    objective.model.double()
    start = eta * torch.tensor([1.0, 0.9, 1.1, 1.0], dtype=torch.float64)
    gradient, differences = eta_gradients(objective, start)
    assert differences.abs().max() > 1e-5
    torch.testing.assert_close(gradient, differences, rtol=0.01, atol=1e-7)


def test_without_the_gradient_of_the_length_etas_is_another(make) -> None:
    objective = make(phi=0.3, lambda_start=10.0, length_gradient=False)
    objective.model.double()
    gradient, differences = eta_gradients(objective, torch.full((4,), 0.9).double())
    assert (gradient / differences < 0.2).tolist() == [True, False, True, False]


def test_a_larger_threshold_shortens_the_text(make) -> None:
    gradients = run(make(phi=1000.0))
    assert (gradients["model.policy.eta"] < 0).all()


def test_soft_length_counts_cls_fully_and_padding_never(make) -> None:
    objective = make()
    with torch.no_grad():
        output = objective.model(WINDOWS, execution="masked", soft=True)
        alone = [objective.model([w], execution="masked", soft=True) for w in WINDOWS]
        objective.policy.eta.fill_(1e-9)
        kept = objective.model(WINDOWS, execution="masked", soft=True)
    each = [soft_length(one.traces).item() for one in alone]
    assert min(each) > objective.model.layers
    assert soft_length(output.traces).item() == pytest.approx(np.mean(each), rel=1e-5)
    # beta / slope is all that is left of the edit when nothing falls below the threshold.
    assert soft_length(kept.traces).item() == pytest.approx(4 * np.mean(RAGGED), rel=0.05)


def test_theta_only_moves_targets_of_later_layers(make) -> None:
    def loss(**theta: float) -> float:
        objective = make()
        with torch.no_grad():
            for index, value in theta.items():
                objective.policy.theta[int(index[1:])] = value
            output = objective.model(WINDOWS, execution="masked", soft=True)
            return objective._predictor_loss(output.traces, WINDOWS).item()

    assert loss(t0=3.0) == loss()
    assert loss(t1=3.0) != loss()
    assert loss(t3=3.0) != loss()


def predictor_loss_by_hand(objective: AdaplerObjective, output, targets) -> torch.Tensor:
    """Text by text, with targets that are plain numbers."""
    total = torch.zeros(())
    layers = objective.model.layers
    theta = objective.policy.theta.tolist()
    for layer, trace in enumerate(output.traces):
        for row, window in enumerate(WINDOWS):
            n = len(window.input_ids)
            target = targets[window.text_id, 0].astype(np.float64)
            if layer:
                target = target * trace.entered.soft[row, :n].detach().numpy()
                target[0] *= theta[layer]
            target = torch.from_numpy(target / target.sum())
            scores = trace.scores[row, :n].double().clamp_min(1e-12)
            divergence = (target * (target.log() - scores.log())).sum()
            total = total + (layers - layer) * divergence / len(WINDOWS)
    return total


def test_predictor_loss_and_its_gradient_equal_the_hand_calculation(make) -> None:
    targets = saliencies(WINDOWS, 3)
    objective = make(targets)
    with torch.no_grad():
        objective.policy.theta.copy_(torch.tensor([1.0, 0.5, 2.0, 1.5]))
    output = objective.model(WINDOWS, execution="masked", soft=True)
    mine = objective._predictor_loss(output.traces, WINDOWS)
    expected = predictor_loss_by_hand(objective, output, targets)
    assert mine.item() == pytest.approx(expected.item(), rel=1e-4)
    gradients = torch.autograd.grad(mine, objective.weights, retain_graph=True, allow_unused=True)
    by_hand = torch.autograd.grad(expected, objective.weights, allow_unused=True)
    for one, other in zip(gradients, by_hand, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            torch.testing.assert_close(one, other.float(), rtol=1e-3, atol=1e-4)


def test_targets_carry_no_gradient(make) -> None:
    objective = make()
    output = objective.model(WINDOWS, execution="masked", soft=True)
    loss = objective._predictor_loss(output.traces, WINDOWS)
    assert torch.autograd.grad(loss, objective.policy.theta, allow_unused=True) == (None,)


def test_theta_learns_from_the_probe_divided_by_theta(make) -> None:
    objective = make(phi=0.7)
    probe = torch.ones(4, requires_grad=True)
    objective.policy.probe = probe
    output = objective.model(WINDOWS, execution="masked", soft=True)
    speed = objective.task_loss(output.logits, WINDOWS) + 0.7 * soft_length(output.traces)
    (expected,) = torch.autograd.grad(speed, probe)
    with torch.no_grad():
        objective.policy.theta.copy_(torch.tensor([1.0, 2.0, 0.5, 1.0]))
    run(objective)
    assert expected[1:].abs().min() > 0
    torch.testing.assert_close(objective.policy.theta.grad[1:], (expected / objective.policy.theta)[1:])
    assert objective.policy.probe is None


def test_a_weight_scales_every_gradient(make) -> None:
    whole, half = run(make()), run(make(), weight=0.5)
    for name, value in whole.items():
        torch.testing.assert_close(value * 0.5, half[name], rtol=1e-4, atol=1e-7)


def test_parts_add_up_to_the_whole_batch(make) -> None:
    whole = run(make())
    objective = make()
    run(objective, 3 / 8, WINDOWS[:3])
    parts = run(objective, 5 / 8, WINDOWS[3:])
    assert whole.keys() == parts.keys()
    for name, value in whole.items():
        torch.testing.assert_close(value, parts[name], rtol=1e-3, atol=1e-5)


def test_the_optimizers_share_nothing_and_cover_everything(make) -> None:
    objective = make()
    model, levels = (
        {id(value) for group in optimizer.param_groups for value in group["params"]}
        for optimizer in objective.optimizers()
    )
    assert levels == {id(objective.policy.eta), id(objective.policy.theta)}
    assert not model & levels
    trainable = {id(value) for value in objective.parameters() if value.requires_grad}
    assert model | levels == trainable


def test_each_group_has_its_own_rate(make) -> None:
    objective = make(learning_rate=1e-5, predictor_learning_rate=2e-3, threshold_learning_rate=3e-2)
    model, levels = objective.optimizers()
    assert [group["peak"] for group in model.param_groups] == [1e-5, 1e-5, 2e-3]
    assert [group["lr"] for group in levels.param_groups] == [3e-2]
    assert levels.param_groups[0]["weight_decay"] == 0


def test_frozen_embeddings_get_no_gradient(make) -> None:
    frozen, free = run(make()), run(make(freeze_embeddings=False))
    assert not any("embeddings" in name for name in frozen)
    assert free["model.stock.bert.embeddings.word_embeddings.weight"].abs().max() > 0


def test_thresholds_stay_in_their_range(make) -> None:
    objective = make()
    with torch.no_grad():
        objective.policy.eta.copy_(torch.tensor([-1.0, 0.005, 0.5, 7.0]))
        objective.policy.theta.fill_(-1.0)
    objective.after_step()
    assert objective.policy.eta.tolist() == pytest.approx([0.01, 0.01, 0.5, 1.0])
    assert objective.policy.theta.min() > 0


def test_the_slope_follows_the_epoch(make) -> None:
    objective = make(lambda_start=5.0, lambda_growth=3.0)
    objective.start_epoch(2)
    assert objective.policy.slope == 45


def test_settling_leaves_the_thresholds_alone(make) -> None:
    objective = make(hard_mask_share=0.5)
    late = TrainingProgress(0, 5, 10)
    objective.backward(WINDOWS, 1.0, late, lambda loss, **more: loss.backward(**more))
    assert objective.policy.eta.grad is None
    assert objective.policy.theta.grad is None
    assert objective.policy.predictors[0][0].weight.grad.abs().sum() > 0
    assert run(make(hard_mask_share=0.5))["model.policy.eta"].abs().sum() > 0


def test_the_predictor_loss_is_the_same_packed_and_masked(make) -> None:
    """Hard removal: only survivors of the layers before share a target."""
    objective = make()
    with torch.no_grad():
        objective.policy.eta.fill_(0.9)
        packed, masked = (
            objective.model(WINDOWS, execution=execution) for execution in ("packed", "masked")
        )
        assert packed.tokens.sum() < sum(len(w.input_ids) for w in WINDOWS) * objective.model.layers
        losses = [objective._predictor_loss(output.traces, WINDOWS) for output in (packed, masked)]
    torch.testing.assert_close(losses[0], losses[1])


def test_another_policy_is_refused(make_model) -> None:
    model: PruningClassifier = make_model("top")
    with pytest.raises(TypeError, match="AdapLeR"):
        AdaplerObjective(model, AdaplerSettings(), {}, 0.9)
