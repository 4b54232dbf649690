"""PoWER-BERT's significance, soft extraction and counts, by hand."""

import pytest
import torch

from tests.helpers.toys import CLS, RAGGED, SEP, texts, tiny_config, window
from workbench.models.classifier import PruningClassifier
from workbench.models.layouts import Packed, Padded
from workbench.models.policies.powerbert import PowerBert

TEXT = window([CLS, 5, 6, 7, SEP])


def policy_with(*rows: list[float], length: int = 5) -> PowerBert:
    """Retention weights of the first layers; all 1 in the others."""
    policy = PowerBert(tiny_config(), length=length)
    with torch.no_grad():
        for layer, row in enumerate(rows):
            policy.retention[layer] = torch.tensor(row)
    return policy


def test_soft_extraction_goes_by_rank_and_leaves_cls_and_the_layout_alone() -> None:
    policy = policy_with([0.75, 0.5, 0.25, 0.0])
    layout, _ = Padded.from_windows([TEXT, window([CLS, 5, SEP])])
    scores = torch.tensor([[0.0, 0.1, 0.5, 0.2, 0.3], [0.9, 0.1, 0.3, 0.8, 0.8]])
    hidden, after = policy.soften(0, torch.full((2, 5, 16), 2.0), scores, layout)
    # Ranks 3, 0, 2, 1 of four and 1, 0 of two.
    assert hidden[0, :, 0].tolist() == [2.0, 0.0, 1.5, 0.5, 1.0]
    assert hidden[1, :3, 0].tolist() == [2.0, 1.0, 1.5]
    assert after is layout


def test_each_rank_gets_the_gradient_of_the_token_that_holds_it() -> None:
    policy = policy_with()
    layout, _ = Padded.from_windows([TEXT])
    hidden, _ = policy.soften(1, torch.ones(1, 5, 16), torch.tensor([[0.0, 0.1, 0.5, 0.2, 0.3]]), layout)
    (gradient,) = torch.autograd.grad(hidden[0, 3].sum(), policy.retention)
    assert gradient[1].tolist() == [0, 0, 16, 0]
    assert gradient[[0, 2, 3]].eq(0).all()


@pytest.mark.parametrize("execution", ["packed", "masked"])
def test_significance_is_the_column_sum_without_the_diagonal(make_model, execution: str) -> None:
    model, windows = make_model("powerbert"), texts(RAGGED)
    with torch.no_grad():
        shown = model(windows, execution="masked", show="probabilities")
        traces = model(windows, execution=execution).traces
    for layer, trace in enumerate(traces):
        scores = trace.entered.to_padded(trace.scores, 0.0)
        mean = shown.traces[layer].probabilities.mean(1)
        alive = shown.traces[layer].entered.alive
        for row in range(len(windows)):
            own = mean[row][alive[row]][:, alive[row]]
            expected = own.sum(0) - own.diagonal()
            torch.testing.assert_close(scores[row][alive[row]], expected, atol=1e-5, rtol=1e-5)


def test_a_token_that_only_attends_to_itself_has_no_significance() -> None:
    policy = policy_with()
    for layout_type in (Padded, Packed):
        layout, _ = layout_type.from_windows([TEXT])
        query = torch.zeros(1, 1, 5, 4)
        query[0, 0, 2] = torch.tensor([0.0, 50.0, 0.0, 0.0])
        key = torch.zeros(1, 1, 5, 4)
        key[0, 0, 2, 1] = 50.0
        _, attention = layout.attend(query, key, torch.zeros(1, 1, 5, 4), 1.0, 0.0, "to-self")
        scores = policy.scores(0, torch.zeros(1), layout, attention.received - attention.to_self)
        # The others look everywhere alike: a fifth from each of the three others, four for token 2.
        torch.testing.assert_close(scores, torch.tensor([[0.6, 0.6, 0.8, 0.6, 0.6]]))


def test_counts_are_whole_sums_never_rising_and_at_least_one() -> None:
    policy = policy_with([1, 0.9, 0.6, 0.4], [1, 1, 1, 1], [0.5, 0.4, 0, 0], [1, 1, 0, 0])
    # 2.9, 4, 0.9 and 2 besides [CLS].
    assert policy.counts() == [3, 3, 1, 1]
    assert policy_with([0.0] * 4).counts() == [1, 1, 1, 1]
    assert policy_with().counts() == [5, 5, 5, 5]


def test_a_sum_a_rounding_error_below_a_whole_number_is_that_number() -> None:
    assert policy_with([0.9995, 0, 0, 0]).counts()[0] == 2
    assert policy_with([0.998, 0, 0, 0]).counts()[0] == 1


@pytest.mark.parametrize("execution", ["packed", "masked"])
def test_as_many_tokens_stay_as_the_counts_say(make_model, execution: str) -> None:
    model, windows = make_model("powerbert"), texts(RAGGED)
    counts = model.policy.counts()
    with torch.no_grad():
        output = model(windows, execution=execution)
    inside = torch.tensor(RAGGED)
    for layer, count in enumerate(counts):
        assert output.tokens[:, layer].equal(inside)
        inside = inside.clamp(max=count)
        assert output.tokens_ffn[:, layer].equal(inside)
        assert output.traces[layer].passed.text_lengths().equal(inside)
    assert counts[0] < max(RAGGED)
    assert min(RAGGED) == 2 <= counts[-1]


@pytest.mark.parametrize("layout_type", [Padded, Packed])
def test_the_most_significant_stay_and_cls_whatever_its_significance(layout_type: type) -> None:
    layout, _ = layout_type.from_windows([TEXT])
    scores = torch.tensor([[0.0, 0.1, 0.5, 0.2, 0.3]])
    stays = policy_with([1, 1, 0, 0]).keep(0, scores, layout)
    assert stays.tolist() == [[True, False, True, False, True]]
    _, left = layout.drop(torch.zeros(1, 5, 16), policy_with([0] * 4).keep(0, scores, layout))
    assert left.text_lengths().tolist() == [1]
    assert left.cls_states(torch.ones(1, 1, 1)).tolist() == [[1.0]]


def test_a_layer_that_retains_everything_cuts_no_longer_text_either() -> None:
    layout, _ = Packed.from_windows(texts([9]))
    assert policy_with().keep(0, torch.rand(1, 9), layout).all()


def test_all_weights_at_their_start_leave_the_stock_classifier(make_model) -> None:
    dense = make_model()
    policy = PowerBert(dense.stock.config, length=20)
    model = PruningClassifier(dense.stock, policy).eval()
    for execution, soft in (("packed", False), ("masked", False), ("masked", True)):
        with torch.no_grad():
            output = model(texts(RAGGED), execution=execution, soft=soft)
            expected = dense(texts(RAGGED))
        torch.testing.assert_close(output.logits, expected.logits, atol=1e-5, rtol=0)
        assert output.tokens_ffn.equal(expected.tokens)


def test_a_policy_without_the_attention_it_asked_for_says_so() -> None:
    layout, _ = Packed.from_windows([TEXT])
    with pytest.raises(ValueError, match="significance needs"):
        policy_with().scores(0, torch.zeros(1, 5, 16), layout, None)


def test_a_window_of_one_token_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 tokens"):
        PowerBert(tiny_config(), length=1)
