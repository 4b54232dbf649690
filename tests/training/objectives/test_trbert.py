"""TR-BERT's training: imitation of a ranking, and the policy gradient against its expectation."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch

from tests.helpers.toys import CLS, RAGGED, saliencies, texts, trbert, window, without_dropout
from workbench.catalog.methods.trbert import TrbertSettings
from workbench.models.inference import infer
from workbench.models.layouts import Packed, Padded
from workbench.training.losses import distillation, reinforce
from workbench.training.objectives.base import TrainingProgress
from workbench.training.objectives.trbert import TrbertObjective, most_important
from workbench.training.teacher_targets import target_rows

WINDOWS = texts(RAGGED)
PRICE = 0.7


@pytest.fixture
def make(make_model):
    """`make(alpha=...)`: an objective over a fresh model without dropout, half of it imitation."""

    def make(windows=WINDOWS, **settings) -> TrbertObjective:
        model = without_dropout(make_model("trbert"))
        logits = infer(make_model(), windows).logits
        teacher = {(each.text_id, 0): row for each, row in zip(windows, logits, strict=True)}
        chosen = TrbertSettings(**{"imitate_share": 0.5, "alpha": PRICE, "samples": 3} | settings)
        return TrbertObjective(model, chosen, saliencies(windows), teacher)

    return make


def run(objective: TrbertObjective, progress: float, windows=WINDOWS, **more: Any) -> dict[str, float]:
    torch.manual_seed(more.get("seed", 0))
    moment = TrainingProgress(0, int(100 * progress), 100)
    return objective.backward(windows, 1.0, moment, lambda loss, **kwargs: loss.backward(**kwargs))


def test_the_policy_gradient_is_that_of_the_expected_reward() -> None:
    """Three tokens: every pair of the eight selections, each with its probability."""
    logits = torch.tensor([0.3, -0.8, 1.1], requires_grad=True)
    selections = torch.tensor(list(itertools.product([0.0, 1.0], repeat=3)))
    rewards = torch.tensor([0.1, -0.4, 0.7, 0.2, -1.0, 0.5, 0.3, 0.9])
    stays = logits.sigmoid()
    surprise = -(selections * stays.log() + (1 - selections) * (1 - stays).log()).sum(1)
    probability = (-surprise).exp()
    torch.testing.assert_close(probability.sum(), torch.tensor(1.0))
    (expected,) = torch.autograd.grad((probability * rewards).sum(), logits, retain_graph=True)

    average = torch.zeros(3)
    for pair in itertools.product(range(8), repeat=2):
        chosen = list(pair)
        (gradient,) = torch.autograd.grad(
            reinforce(surprise[None, chosen], rewards[None, chosen]), logits, retain_graph=True
        )
        average += probability[chosen].prod().detach() * gradient
    # With two samples, half of their difference is taken away by the baseline.
    torch.testing.assert_close(average, -0.5 * expected)
    assert expected.abs().min() > 1e-2


def test_the_baseline_is_each_texts_own_mean() -> None:
    surprise = torch.tensor([[1.0, 3.0], [2.0, 5.0]])
    rewards = torch.tensor([[1.0, 0.0], [100.0, 102.0]])
    # Advantages 0.5, -0.5 and -1, 1.
    assert reinforce(surprise, rewards).item() == (0.5 - 1.5 - 2 + 5) / 4
    assert reinforce(surprise, torch.full((2, 2), 7.0)).item() == 0


def test_surprise_is_the_likelihood_of_what_was_really_dropped(make) -> None:
    objective = make()
    torch.manual_seed(1)
    with objective.policy.choosing(lambda scores, layout: torch.rand_like(scores) < 0.5):
        output = objective.model(WINDOWS)
    surprise = objective._negative_log_likelihood(output)
    kept = objective._kept(output)
    for row, each in enumerate(WINDOWS):
        n, expected, left = len(each.input_ids), 0.0, []
        alive = np.ones(n, dtype=bool)
        for layer in (1, 2):
            trace = output.traces[layer]
            p = trace.entered.to_padded(trace.scores, np.nan)[row, :n].detach().numpy()
            stays = trace.passed.to_padded(torch.ones_like(trace.passed.is_cls), False)[row, :n].numpy()
            tokens = [-np.log(p[j] if stays[j] else 1 - p[j]) for j in range(1, n) if alive[j]]
            expected += np.mean(tokens) if tokens else 0.0
            alive = stays
            left.append(stays.sum() / n)
        assert surprise[row].item() == pytest.approx(expected, rel=1e-4, abs=1e-6)
        assert kept[row].item() == pytest.approx(np.mean(left))
    assert surprise.max() > 0.5


def test_exploring_is_the_policy_gradient_plus_distillation(make) -> None:
    objective = make(temperature=3.0)
    several = [each for each in WINDOWS for _ in range(3)]
    torch.manual_seed(0)
    with objective.policy.choosing(lambda scores, layout: torch.rand_like(scores) < scores):
        output = objective.model(several)
    labels = torch.tensor([each.label for each in several])
    entropy = torch.nn.functional.cross_entropy(output.logits, labels, reduction="none").detach()
    rewards = (-entropy - PRICE * objective._kept(output)).view(8, 3)
    policy_loss = reinforce(objective._negative_log_likelihood(output).view(8, 3), rewards)
    teacher = torch.from_numpy(np.stack([objective.teacher[each.text_id, 0] for each in several]))
    task = distillation(output.logits, teacher, 3.0)
    parameters = [value for value in objective.parameters() if value.requires_grad]
    expected = torch.autograd.grad(policy_loss + task, parameters)
    values = run(objective, 0.5)
    assert values["loss"] == pytest.approx(task.item(), rel=1e-4)
    assert values["reward"] == pytest.approx(rewards.mean().item(), rel=1e-4)
    assert values["kept"] < 0.9
    for parameter, gradient in zip(parameters, expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-3, atol=1e-5)


def test_on_average_exploring_follows_the_expectation_over_a_whole_text(make, monkeypatch) -> None:
    """A text of three tokens: two choices at the first selector, what is left at the second."""
    text = [window([CLS, 7, 9], "only", label=1)]
    objective = make(text, samples=4000)
    bias = objective.policy.selectors[0][-1].bias
    expected = torch.zeros(())
    for early, late in itertools.product(itertools.product((False, True), repeat=2), repeat=2):
        if any(b and not a for a, b in zip(early, late, strict=True)):
            continue  # Nobody comes back.
        wishes = iter((early, late))

        def wished(scores, layout, wishes=wishes):
            return layout.gather_rows(torch.tensor([[True, *next(wishes)]]))

        with objective.policy.choosing(wished):
            output = objective.model(text)
        first, second = output.traces[1:3]
        p, q = (each.entered.to_padded(each.scores, 1.0)[0, 1:] for each in (first, second))
        chance = torch.where(torch.tensor(early), p, 1 - p).prod()
        second_choice = torch.where(torch.tensor(late), q, 1 - q)
        chance = chance * torch.where(torch.tensor(early), second_choice, 1.0).prod()
        reward = output.logits.log_softmax(1)[0, 1] - PRICE * objective._kept(output)[0]
        expected += torch.autograd.grad(chance * reward.detach(), bias)[0][0]
    monkeypatch.setattr("workbench.training.losses.distillation", lambda *_: torch.zeros(()))
    run(objective, 0.9, text)
    # The likelihood is a mean over the first selector's two choices.
    assert bias.grad.item() == pytest.approx(-expected.item() / 2, rel=0.15)
    assert abs(expected.item()) > 0.02


@pytest.mark.parametrize("layout_type", [Padded, Packed])
def test_the_most_important_stay_as_many_as_the_selector_expects(layout_type: type) -> None:
    layout, _ = layout_type.from_windows(texts([5, 3]))
    rows = torch.tensor([[0.9, 0.1, 0.4, 0.2, 0.3], [0.0, 0.6, 0.7, 0.0, 0.0]])
    scores = torch.tensor([[0.9, 0.5, 0.5, 0.4, 0.7], [0.1, 0.2, 0.2, 0.9, 0.9]])
    # 2.1 and 0.4 are expected besides [CLS].
    stays = layout.to_padded(most_important(rows)(layout.gather_rows(scores), layout), False)
    assert stays[0].tolist() == [True, False, True, False, True]
    assert stays[1, :3].tolist() == [True, False, False]


def test_imitation_reaches_the_selectors_alone(make) -> None:
    objective = make()
    with objective.policy.choosing(most_important(target_rows(objective.targets, WINDOWS))):
        output = objective.model(WINDOWS)
    loss = objective._negative_log_likelihood(output).mean()
    expected = torch.autograd.grad(loss, list(objective.policy.selectors.parameters()))
    values = run(objective, 0.49)
    assert values["loss"] == pytest.approx(loss.item(), rel=1e-5)
    for value, gradient in zip(objective.policy.selectors.parameters(), expected, strict=True):
        torch.testing.assert_close(value.grad, gradient, rtol=1e-4, atol=1e-6)
    assert all(value.grad is None for value in objective.model.stock.parameters())


def test_selectors_learn_to_keep_what_they_are_shown(make) -> None:
    objective = make(selector_learning_rate=0.03)
    (optimizer,) = objective.optimizers()
    for group in optimizer.param_groups:
        group["lr"] = group["peak"]
    losses = []
    for _ in range(60):
        losses.append(run(objective, 0.0)["loss"])
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < 0.6 * losses[0]


def test_a_higher_price_keeps_less(make) -> None:
    def slope(alpha: float) -> float:
        objective = make(alpha=alpha, samples=30)
        run(objective, 0.9)
        return objective.policy.selectors[0][-1].bias.grad.item()

    # A step against the gradient lowers the bias: fewer tokens stay.
    assert slope(100.0) > max(slope(0.0), 0.0)


def test_training_leaves_the_policy_choosing_as_at_inference(make) -> None:
    objective = make()
    before = objective.policy.choose
    run(objective, 0.0)
    run(objective, 0.9)
    assert objective.policy.choose is before


def test_selectors_have_a_rate_of_their_own_and_everything_is_covered(make) -> None:
    objective = make(learning_rate=1e-5, selector_learning_rate=2e-3)
    (optimizer,) = objective.optimizers()
    assert [group["peak"] for group in optimizer.param_groups] == [1e-5, 1e-5, 2e-3]
    covered = [id(value) for group in optimizer.param_groups for value in group["params"]]
    assert len(covered) == len(set(covered))
    assert set(covered) == {id(value) for value in objective.parameters() if value.requires_grad}


def test_the_last_epoch_is_the_result(make) -> None:
    history = [{"quality": 0.9, "speedup": 1.0}, {"quality": 0.8, "speedup": 2.0}]
    assert make().keep(history) == [1]
    assert make().keep(history[:1]) == [0]


def test_another_policy_is_refused(make_model) -> None:
    with pytest.raises(TypeError, match="TrBert"):
        TrbertObjective(make_model("top"), TrbertSettings(), {}, {})


def test_seed_and_policy_decide_the_exploration(make) -> None:
    first, second = make(), make()
    second.policy.load_state_dict(trbert(second.model.stock.config, seed=1).state_dict())
    assert run(first, 0.9) == run(make(), 0.9)
    assert run(first, 0.9) != run(second, 0.9)
    assert run(first, 0.9) != run(first, 0.9, seed=1)
