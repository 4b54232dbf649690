"""ToP's training: the constraint, its multipliers, the teacher's teacher_targets."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import BertForSequenceClassification

from tests.helpers.toys import (
    RAGGED,
    bert_by_hand,
    hand_bert,
    texts,
    tiny_config,
    toy_tokenizer,
    window,
    without_dropout,
)
from workbench.catalog.methods.top import TopSettings
from workbench.models.classifier import POLICY_FILE, PruningClassifier, load_classifier
from workbench.models.policies.base import Policy
from workbench.models.policies.top import ToP
from workbench.training.losses import distillation, lambda_loss
from workbench.training.objectives.base import TrainingProgress
from workbench.training.objectives.top import TeacherTargets, TopObjective, compute_teacher_targets
from workbench.training.top_gates import gate_information

WINDOWS = texts(RAGGED)
DEFAULTS = {"rank_top_k": 5, "hard_mask_share": 0.0, "gates": "lagrangian"}


@pytest.fixture
def make(make_model):
    """`make(target_sparsity=...)`: an objective over a fresh model without dropout."""

    def make(teacher_targets=None, **settings) -> TopObjective:
        model = without_dropout(make_model("top"))
        teacher_targets = (
            compute_teacher_targets(make_model(), WINDOWS, 5)
            if teacher_targets is None
            else teacher_targets
        )
        return TopObjective(model, TopSettings(**DEFAULTS | settings), teacher_targets)

    return make


def run(objective: TopObjective, progress: float = 0.99) -> dict[str, float]:
    torch.manual_seed(0)
    moment = TrainingProgress(0, int(100 * progress), 100)
    return objective.backward(WINDOWS, 1.0, moment, lambda loss, **more: loss.backward(**more))


def expected_sparsity(objective: TopObjective) -> float:
    with torch.no_grad():
        return objective._expected_sparsity(WINDOWS).item()


def hard_sparsity(objective: TopObjective) -> float:
    """1 - MACs / dense MACs of the encoder from the tokens that the packed run really has."""
    shape = objective.model.stock.config
    with torch.no_grad():
        output = objective.model.eval()(WINDOWS)

    def macs(attended: np.ndarray, fed: np.ndarray) -> float:
        attention = 4 * attended * shape.hidden_size**2 + 2 * attended**2 * shape.hidden_size
        return (attention + 2 * fed * shape.hidden_size * shape.intermediate_size).sum()

    full = np.array(RAGGED, dtype=float)
    tokens, tokens_ffn = (part.numpy().astype(float) for part in (output.tokens, output.tokens_ffn))
    return 1 - macs(tokens, tokens_ffn) / (macs(full, full) * objective.model.layers)


def test_expected_sparsity_is_zero_when_all_fine_gates_or_no_coarse_gates_are_on(make) -> None:
    objective = make()
    with torch.no_grad():
        objective.policy.fine.fill_(30.0)
    assert expected_sparsity(objective) == pytest.approx(0, abs=1e-6)
    with torch.no_grad():
        objective.policy.fine.fill_(-30.0)
        objective.policy.coarse.fill_(-30.0)
    assert expected_sparsity(objective) == pytest.approx(0, abs=1e-6)
    assert hard_sparsity(objective) == 0


def test_expected_sparsity_of_closed_gates_leaves_only_cls(make) -> None:
    objective = make()
    with torch.no_grad():
        objective.policy.coarse.fill_(30.0)
        objective.policy.fine.fill_(-30.0)
    tokens = objective.model.eval()(WINDOWS).tokens_ffn
    assert tokens[:, 1:].eq(1).all()
    assert expected_sparsity(objective) == pytest.approx(hard_sparsity(objective), abs=1e-6)


def test_expected_sparsity_rises_as_gates_close(make) -> None:
    objective, values = make(), []
    for log_alpha in (4.0, 1.0, -1.0, -4.0):
        with torch.no_grad():
            objective.policy.coarse.fill_(4.0)
            objective.policy.fine.fill_(log_alpha)
        values.append(expected_sparsity(objective))
    assert all(before < after for before, after in pairwise(values))


def test_the_multipliers_see_the_gap_and_ascend(make) -> None:
    objective = make(target_sparsity=0.9)
    with torch.no_grad():
        objective.policy.fine.fill_(3.0)
    values = run(objective)
    gap = values["sparsity"] - 0.9
    assert gap < -0.5
    assert objective.multipliers.grad.tolist() == pytest.approx([gap, gap**2], rel=1e-5)
    optimizer = objective.optimizers()[2]
    optimizer.step()
    # Short of the target lambda1 falls below 0, so that the loss falls as the sparsity rises.
    assert objective.multipliers[0] < 0 < objective.multipliers[1]


def test_a_violated_constraint_closes_gates(make) -> None:
    def slopes(*multipliers: float) -> torch.Tensor:
        objective = make(target_sparsity=0.9, rank_weight=0.0)
        with torch.no_grad():
            objective.policy.fine.fill_(2.0)
            objective.multipliers.copy_(torch.tensor(multipliers))
        run(objective)
        return objective.policy.fine.grad

    unconstrained = slopes(0.0, 0.0)
    assert ((slopes(-100.0, 0.0) - unconstrained) > 0).all()
    assert ((slopes(0.0, 100.0) - unconstrained) > 0).all()


def test_the_target_rises_over_the_warmup(make) -> None:
    def gap(progress: float) -> float:
        objective = make(target_sparsity=0.8, warmup_target=0.5)
        values = run(objective, progress)
        return values["sparsity"] - objective.multipliers.grad[0].item()

    assert [gap(p) for p in (0, 0.25, 0.5, 0.9)] == pytest.approx([0, 0.4, 0.8, 0.8], abs=1e-5)


def test_ranking_fades_over_the_warmup_but_not_to_nothing(make) -> None:
    def loss(progress: float, weight: float) -> float:
        losses = []
        objective = make(target_sparsity=0.0, warmup_target=0.5, rank_weight=weight)
        torch.manual_seed(0)
        objective.backward(
            WINDOWS,
            1.0,
            TrainingProgress(0, int(100 * progress), 100),
            lambda loss, **_: losses.append(loss),
        )
        return losses[0].item()

    rank = run(make())["rank"]
    for progress, factor in ((0.0, 1.0), (0.25, 0.5), (0.9, 0.01)):
        difference = loss(progress, 10.0) - loss(progress, 0.0)
        assert difference == pytest.approx(10 * factor * rank, rel=1e-3)


def test_the_multipliers_stay_out_of_the_model_folder(make, tmp_path) -> None:
    objective = make()
    assert not any("multipliers" in name for name in objective.model.state_dict())
    objective.model.save(tmp_path / "saved", toy_tokenizer())
    assert set(load_file(tmp_path / "saved" / POLICY_FILE)) == {"fine", "coarse"}
    assert load_classifier(tmp_path / "saved")[0].policy.fine.equal(objective.policy.fine)


def test_the_optimizers_share_nothing_and_cover_everything(make) -> None:
    objective = make()
    groups = [
        {id(value) for group in optimizer.param_groups for value in group["params"]}
        for optimizer in objective.optimizers()
    ]
    assert groups[1] == {id(objective.policy.fine), id(objective.policy.coarse)}
    assert groups[2] == {id(objective.multipliers)}
    assert sum(map(len, groups)) == len(set.union(*groups))
    assert set.union(*groups) == {id(p) for p in objective.parameters() if p.requires_grad}
    assert [o.defaults["maximize"] for o in objective.optimizers()] == [False, False, True]


def test_frozen_embeddings_get_no_gradient(make) -> None:
    objective = make()
    run(objective)
    assert all(p.grad is None for p in objective.model.backbone.embeddings.parameters())
    assert objective.model.stock.classifier.weight.grad.abs().max() > 0


def test_a_student_equal_to_its_teacher_has_no_distillation_loss(make) -> None:
    objective = make(rank_weight=0.0, target_sparsity=0.0)
    with torch.no_grad():
        objective.policy.fine.fill_(30.0)
    assert run(objective)["loss"] == pytest.approx(0, abs=1e-5)


def test_the_loss_is_the_distillation_of_the_teachers_logits(make) -> None:
    objective = make(temperature=3.0)
    torch.manual_seed(0)
    with torch.no_grad():
        output = objective.model(WINDOWS, execution="masked", soft=True, show="received")
    teacher_targets = [objective.teacher_targets[w.text_id, 0].logits for w in WINDOWS]
    expected = distillation(output.logits, torch.from_numpy(np.stack(teacher_targets)), 3.0).item()
    assert expected > 1e-3
    assert run(objective)["loss"] == pytest.approx(expected, rel=1e-5)


def test_once_settled_the_fixed_gates_stay_and_the_model_learns_to_live_with_them(make) -> None:
    objective = make(hard_mask_share=0.25)
    with torch.no_grad():
        objective.policy.fine[:, :2] = 4.0
        logits = objective.model(WINDOWS, execution="masked").logits
    teacher_targets = [objective.teacher_targets[w.text_id, 0].logits for w in WINDOWS]
    expected = distillation(logits, torch.from_numpy(np.stack(teacher_targets)), 2.0).item()
    assert run(objective, 0.75) == {"loss": pytest.approx(expected, rel=1e-4)}
    assert objective.policy.fine.grad is None
    assert objective.policy.coarse.grad is None
    assert objective.multipliers.grad is None
    assert objective.model.stock.classifier.weight.grad.abs().max() > 0
    assert "sparsity" in run(objective, 0.74)


def test_the_gates_are_clamped_after_a_step(make) -> None:
    objective = make()
    objective.after_step()
    assert objective.policy.fine.abs().max().item() == pytest.approx(np.log(100), rel=1e-5)


def test_the_teacher_ranks_by_its_last_layers_attention() -> None:
    bert = hand_bert()
    teacher = PruningClassifier(bert, Policy()).eval()
    ids = [2, 6, 7, 8, 9, 3]
    logits, _ = bert_by_hand(bert, ids)
    received = []
    bert_by_hand(bert, ids, keep=lambda layer, hidden, r: received.append(r) or np.ones(6, bool))
    with torch.no_grad():
        last = teacher([window(ids)], show="received").traces[-1].received[0]
    (lesson,) = compute_teacher_targets(teacher, [window(ids)], 3).values()
    np.testing.assert_allclose(lesson.logits, logits, atol=1e-5)
    order = sorted(range(1, 6), key=lambda j: -last[j])
    assert lesson.ranking.tolist() == order[:3]
    # The loop's record of the layer before agrees with the hand calculation.
    with torch.no_grad():
        first = teacher([window(ids)], show="received").traces[0].received[0]
    np.testing.assert_allclose(first, received[1], atol=1e-6)


def test_short_texts_teach_as_many_tokens_as_they_have(make_model) -> None:
    teacher_targets = compute_teacher_targets(make_model(), WINDOWS, 5)
    assert len(teacher_targets) == len(WINDOWS)
    for each in WINDOWS:
        ranking = teacher_targets[each.text_id, 0].ranking
        assert len(ranking) == min(5, len(each.input_ids) - 1)
        assert 0 not in ranking
        assert len(set(ranking.tolist())) == len(ranking)
        assert max(ranking) < len(each.input_ids)


@pytest.mark.parametrize("kind", ["arp2", "ndcg2"])
def test_ranking_loss_by_hand(make, kind: str) -> None:
    objective = make(rank_loss=kind, rank_layers=[1, 2], rank_top_k=3)
    teacher_targets = [
        TeacherTargets(np.zeros(2), np.array([2, 4, 1])),
        TeacherTargets(np.zeros(2), np.array([1])),
    ]
    torch.manual_seed(0)
    with torch.no_grad():
        output = objective.model(texts([6, 2]), execution="masked", soft=True, show="received")
    expected = torch.zeros(())
    for layer in (1, 2):
        received = output.traces[layer].received
        living = output.traces[layer].entered.alive.sum(1)
        scores = torch.stack([received[0, [2, 4, 1]] * living[0], received[1, [1, 0, 0]] * living[1]])
        relevance = torch.tensor([[2.0, 1, 0], [0, 0, 0]])
        valid = torch.tensor([[True, True, True], [True, False, False]])
        expected = expected + lambda_loss(scores, relevance, valid, kind)
    assert expected > 0
    torch.testing.assert_close(objective._ranking_loss(output.traces, teacher_targets), expected)


@pytest.mark.parametrize(("layers", "expected"), [(4, [1]), (6, [1]), (9, [1, 2]), (12, [1, 2, 3])])
def test_the_first_third_of_the_layers_learns_the_ranking(layers: int, expected: list[int]) -> None:
    bert = BertForSequenceClassification(tiny_config(layers=layers))
    objective = TopObjective(PruningClassifier(bert, ToP(bert.config)), TopSettings(), {})
    assert objective.rank_layers == expected


def test_another_policy_is_refused(make_model) -> None:
    with pytest.raises(TypeError, match="ToP"):
        TopObjective(make_model("adapler"), TopSettings(), {})


def ordered(make, **settings) -> TopObjective:
    objective = make(gates="ordered", **settings)
    objective.order_gates(objective.model, WINDOWS)
    return objective


def train(objective: TopObjective, steps: int) -> list[float]:
    """All steps of a training; the expected sparsity after each soft one."""
    optimizers, sparsities = objective.optimizers(), []
    for step in range(steps):
        values = objective.backward(
            WINDOWS, 1.0, TrainingProgress(0, step, steps), lambda loss, **more: loss.backward(**more)
        )
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        objective.after_step()
        if "sparsity" in values:
            sparsities.append(expected_sparsity(objective))
    return sparsities


def test_ordered_gates_follow_the_target_and_keep_their_order(make) -> None:
    objective = ordered(make, target_sparsity=0.4, warmup_target=0.5, hard_mask_share=0.3)
    assert expected_sparsity(objective) == pytest.approx(0, abs=1e-4)
    before = objective.policy.fine.flatten().argsort()
    sparsities = train(objective, 10)
    assert sparsities[:6] == pytest.approx([0.08, 0.16, 0.24, 0.32, 0.4, 0.4], abs=1e-4)
    assert objective.policy.fine.flatten().argsort().equal(before)
    # Fixed as inference has them: as little is dropped as saves the target's share.
    assert hard_sparsity(objective) >= 0.4
    closed = [objective.policy.open_gates(layer).logical_not().sum() for layer in (1, 2, 3)]
    with torch.no_grad():
        objective.policy.fine.add_(0.5)
    fewer = [objective.policy.open_gates(layer).logical_not().sum() for layer in (1, 2, 3)]
    assert sum(fewer) < sum(closed)
    assert hard_sparsity(objective) < 0.4


def test_ordered_gates_have_no_gradient_and_no_optimizer(make) -> None:
    objective = ordered(make)
    run(objective, 0.1)
    assert len(objective.optimizers()) == 1
    objective.after_step()
    assert objective.policy.fine.grad is None
    assert objective.multipliers.grad is None
    assert objective.model.stock.classifier.weight.grad.abs().max() > 0


def test_gates_ordered_by_rank_close_alike_in_all_layers(make) -> None:
    objective = ordered(make, gate_order="rank")
    assert (objective.policy.fine.diff(dim=1) < 0).all()
    assert objective.policy.fine.equal(objective.policy.fine[:1].expand(3, 5))


def test_gates_ordered_by_information_close_first_where_it_is_least(make) -> None:
    objective = ordered(make)
    information = gate_information(objective.model, WINDOWS, 4)
    within = objective.policy.fine.argsort(dim=1), information.argsort(dim=1)
    assert within[0].equal(within[1])
    # What the last layer's middle drops has no way to the answer: it goes first.
    assert information[-1].eq(0).all()
    assert objective.policy.fine.flatten().argsort()[:5].sort().values.tolist() == [10, 11, 12, 13, 14]


def test_another_seed_of_ordered_gates_goes_on_from_a_checkpoint(make) -> None:
    """The order is measured again before a training resumes, from the same model: it is the same."""
    first, second = ordered(make), ordered(make)
    assert first.policy.fine.equal(second.policy.fine)
