"""LTP's and Transkimmer's training: a price on kept tokens, and what it moves."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from tests.helpers.toys import RAGGED, texts, without_dropout
from workbench.catalog.methods.ltp import LtpSettings
from workbench.catalog.methods.transkimmer import TranskimmerSettings
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.ltp import LTP
from workbench.models.policies.transkimmer import Transkimmer
from workbench.training.loop import Training
from workbench.training.objectives.base import TrainingProgress
from workbench.training.objectives.ltp import LtpObjective
from workbench.training.objectives.sparsity_penalty import SparsityPenaltyObjective, kept_share
from workbench.training.objectives.transkimmer import TranskimmerObjective

WINDOWS = texts(RAGGED)
LABELS = torch.tensor([window.label for window in WINDOWS])
METHODS = ["ltp", "transkimmer"]
PRICE = {"ltp": "mask_weight", "transkimmer": "skim_weight"}


@pytest.fixture
def make(make_model):
    """`make(method, price)`: an objective over a fresh model without dropout that has begun to drop."""

    def make(method: str, price: float = 0.3, **settings) -> SparsityPenaltyObjective:
        model = without_dropout(make_model(method))
        chosen = {PRICE[method]: price} | settings
        if method == "ltp":
            model.policy.temperature = 0.02
            return LtpObjective(model, LtpSettings(**chosen))
        return TranskimmerObjective(model, TranskimmerSettings(**chosen))

    return make


def run(objective: SparsityPenaltyObjective, progress: float = 0.0) -> dict[str, float]:
    torch.manual_seed(0)
    moment = TrainingProgress(0, int(100 * progress), 100)
    return objective.backward(WINDOWS, 1.0, moment, lambda loss, **more: loss.backward(**more))


def gradients(objective: SparsityPenaltyObjective) -> dict[str, torch.Tensor]:
    return {name: p.grad for name, p in objective.named_parameters() if p.grad is not None}


def test_kept_share_by_hand(make_model) -> None:
    model = make_model("ltp")
    with torch.no_grad():
        model.policy.thresholds.copy_(torch.tensor([-9.0, 9.0, 9.0]))
        traces = model(WINDOWS, execution="masked", soft=True).traces
    # Two layers keep all, the other two [CLS] alone.
    expected = (2 + 2 * (1 / torch.tensor(RAGGED)).mean()) / 4
    torch.testing.assert_close(kept_share(traces), expected)


def test_kept_share_of_sampled_masks_counts_tokens(make_model) -> None:
    with torch.no_grad():
        traces = make_model("transkimmer")(WINDOWS, execution="masked", soft=True).traces
    shares = [trace.passed.soft.sum(1) / torch.tensor(RAGGED) for trace in traces]
    torch.testing.assert_close(kept_share(traces), torch.stack(shares).mean())
    assert 0.2 < kept_share(traces) < 0.9


@pytest.mark.parametrize("method", METHODS)
def test_the_loss_is_cross_entropy_plus_the_price_of_what_is_kept(make, method: str) -> None:
    losses = []
    for price in (0.0, 2.0):
        objective = make(method, price)
        torch.manual_seed(0)
        values = objective.backward(
            WINDOWS, 1.0, TrainingProgress(0, 0, 100), lambda loss, **_: losses.append(loss.item())
        )
    torch.manual_seed(0)
    output = objective.model(WINDOWS, execution="masked", soft=True)
    entropy = cross_entropy(output.logits, LABELS).item()
    assert losses[0] == pytest.approx(entropy, rel=1e-5)
    assert losses[1] == pytest.approx(entropy + 2 * kept_share(output.traces).item(), rel=1e-5)
    assert values == {
        "loss": pytest.approx(entropy, rel=1e-5),
        "kept": pytest.approx(kept_share(output.traces).item(), rel=1e-5),
    }


def test_the_price_raises_thresholds(make) -> None:
    dear, free = make("ltp", 100.0), make("ltp", 0.0)
    run(dear)
    run(free)
    difference = dear.policy.thresholds.grad - free.policy.thresholds.grad
    assert (difference < 0).all()


def test_the_price_turns_predictors_to_skimming(make) -> None:
    dear, free = make("transkimmer", 100.0), make("transkimmer", 0.0)
    run(dear)
    run(free)
    for mine, theirs in zip(dear.model.policy.predictors, free.model.policy.predictors, strict=True):
        skim, keep = (mine[-1].bias.grad - theirs[-1].bias.grad).tolist()
        assert keep == pytest.approx(-skim, rel=1e-3)
        assert skim < 0 < keep


@pytest.mark.parametrize("method", METHODS)
def test_once_settled_tokens_are_gone_and_what_decides_is_fixed(make, method: str) -> None:
    objective = make(method, 100.0, hard_mask_share=0.25)
    with torch.no_grad():
        output = objective.model(WINDOWS)
    assert output.tokens[:, -1].sum() < 0.7 * sum(RAGGED)
    assert run(objective, 0.75) == {
        "loss": pytest.approx(cross_entropy(output.logits, LABELS).item(), rel=1e-5)
    }
    found = gradients(objective)
    assert not any("policy" in name for name in found)
    assert found["model.stock.classifier.weight"].abs().max() > 0
    assert "kept" in run(objective, 0.74)


def test_transkimmer_samples_to_the_end_unless_told_to_settle(make) -> None:
    assert "kept" in run(make("transkimmer"), 0.99)


@pytest.mark.parametrize("method", METHODS)
def test_optimizers_share_nothing_and_cover_everything(make, method: str) -> None:
    objective = make(method)
    found = [
        id(value)
        for optimizer in objective.optimizers()
        for group in optimizer.param_groups
        for value in group["params"]
    ]
    assert len(found) == len(set(found))
    assert set(found) == {id(p) for p in objective.parameters() if p.requires_grad}


def test_thresholds_and_predictors_have_rates_of_their_own(make) -> None:
    ltp = make("ltp", threshold_learning_rate=0.123).optimizers()[1]
    assert [(group["peak"], group["weight_decay"]) for group in ltp.param_groups] == [(0.123, 0.0)]
    (both,) = make("transkimmer", predictor_learning_rate=0.123).optimizers()
    assert [group["peak"] for group in both.param_groups] == [5e-5, 5e-5, 0.123, 0.123]


def test_thresholds_are_clamped_after_a_step(make) -> None:
    objective = make("ltp")
    with torch.no_grad():
        objective.policy.thresholds.fill_(-0.5)
    objective.after_step()
    assert objective.policy.thresholds.eq(0).all()


def trained(make_model, method: str, price: float, folder) -> tuple[float, float]:
    """Share of tokens kept before and after 20 steps from a start that keeps nearly everything."""
    dense = make_model()
    torch.manual_seed(0)
    common = {"epochs": 10, "batch_size": 4, "learning_rate": 1e-4, PRICE[method]: price}
    if method == "ltp":
        policy = LTP(dense.stock.config, last_threshold=0.02, temperature=0.02)
        model = PruningClassifier(dense.stock, policy)
        objective = LtpObjective(model, LtpSettings(threshold_learning_rate=0.02, **common))
    else:
        policy = Transkimmer(dense.stock.config, keep_bias=2.0)
        model = PruningClassifier(dense.stock, policy)
        settings = TranskimmerSettings(predictor_learning_rate=0.05, **common)
        objective = TranskimmerObjective(model, settings)

    def kept() -> float:
        with torch.no_grad():
            return model.eval()(WINDOWS).tokens.sum().item() / (sum(RAGGED) * model.layers)

    before = kept()
    Training(
        objective, WINDOWS, lambda: {"quality": 0.5, "speedup": 1.0}, folder, 0, lambda *_: None
    ).run()
    return before, kept()


@pytest.mark.parametrize("method", METHODS)
def test_a_few_dear_steps_let_tokens_go(make_model, tmp_path, method: str) -> None:
    before, after = trained(make_model, method, 30.0, tmp_path)
    assert before > 0.9
    assert after < 0.6


@pytest.mark.parametrize("method", METHODS)
def test_training_again_with_the_same_seed_gives_the_same_weights(make_model, tmp_path, method) -> None:
    outcomes = [trained(make_model, method, 3.0, tmp_path / name) for name in "ab"]
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("method", METHODS)
def test_the_last_epoch_is_kept_however_accurate_an_earlier_one(make, method: str) -> None:
    history = [{"quality": 0.9, "speedup": 1.0}, {"quality": 0.7, "speedup": 1.2}]
    assert make(method).keep(history) == [1]
    assert make(method).keep(history[:1]) == [0]


@pytest.mark.parametrize(
    ("kind", "settings", "name"),
    [(LtpObjective, LtpSettings, "LTP"), (TranskimmerObjective, TranskimmerSettings, "Transkimmer")],
)
def test_another_policy_is_refused(make_model, kind, settings, name: str) -> None:
    with pytest.raises(TypeError, match=name):
        kind(make_model("adapler"), settings())


def test_soft_masks_need_the_padded_layout(make_model) -> None:
    with pytest.raises(AssertionError, match="padded"):
        kept_share(make_model("ltp")(WINDOWS, execution="packed").traces)
