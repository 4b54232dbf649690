"""Controls keep as many tokens as the method, text by text and layer by layer, but not its choice."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.helpers.toys import KEEP_ALL, METHODS, RAGGED, texts
from workbench.catalog.methods import METHODS as CATALOGUE
from workbench.models.classifier import PruningClassifier
from workbench.models.inference import infer
from workbench.models.interventions.budget_controls import budget_masks, infer_at_budget, priority
from workbench.models.interventions.replay import ReplayPolicy

PRUNERS = tuple(name for name, spec in CATALOGUE.items() if spec.drops_tokens)

WINDOWS = texts(RAGGED)
KINDS = ["random", "first", "oracle"]


def kept(window, kind: str, count: int, **more) -> set[int]:
    """Positions of the tokens that stay, worked out from the priorities alone."""
    order = np.argsort(-priority(window, kind, **more), kind="stable")
    return {0, *[int(place) for place in order if place][: count - 1]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", PRUNERS)
def test_as_many_tokens_as_the_method_and_masked_equals_packed(make_model, method, kind) -> None:
    model = make_model(method)
    own = infer(model, WINDOWS)
    packed, masked = (
        infer_at_budget(model, WINDOWS, own, kind, batch_size=3, execution=execution)
        for execution in ("packed", "masked")
    )
    for control in (packed, masked):
        assert control.tokens.tolist() == own.tokens.tolist()
        assert control.tokens_ffn.tolist() == own.tokens_ffn.tolist()
    np.testing.assert_allclose(packed.logits, masked.logits, atol=1e-5)
    assert own.tokens_ffn[:, -1].sum() < sum(RAGGED)
    assert np.abs(packed.logits - own.logits).max() > 1e-3


def test_all_pruners_have_controls_and_no_others() -> None:
    assert set(PRUNERS) == set(METHODS) - set(KEEP_ALL)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("late", [False, True])
def test_who_stays_in_every_layer_is_who_has_priority(make_model, kind: str, late: bool) -> None:
    budgets = torch.tensor([[5, 4, 4, 2], [9, 7, 3, 1]])
    pair = [WINDOWS[2], WINDOWS[5]]
    masks = budget_masks([priority(window, kind) for window in pair], budgets.numpy())
    policy = ReplayPolicy(torch.from_numpy(masks), cut="middle" if late else "entry")
    with torch.no_grad():
        output = PruningClassifier(make_model().stock, policy).eval()(pair)
    for layer, trace in enumerate(output.traces):
        there = trace.passed.to_padded(torch.ones_like(trace.passed.is_cls), False)
        for row, window in enumerate(pair):
            expected = kept(window, kind, int(budgets[row, layer]))
            assert set(there[row].nonzero()[:, 0].tolist()) == expected
    assert output.tokens_ffn.equal(budgets)
    assert output.tokens[:, 0].tolist() == ([7, 11] if late else [5, 9])


def test_first_and_oracle_by_hand() -> None:
    window = replace(WINDOWS[2], rationale=np.array([0, 0, 0, 1, 0, 1, 0], dtype=bool))
    assert kept(window, "first", 3) == {0, 1, 2}
    assert kept(window, "oracle", 2) == {0, 3}
    assert kept(window, "oracle", 3) == {0, 3, 5}
    assert kept(window, "oracle", 5) == {0, 1, 2, 3, 5}


def test_an_oracle_of_a_text_that_nobody_annotated_is_refused(make_model) -> None:
    model, bare = make_model("adapler"), [replace(WINDOWS[2], rationale=None)]
    with pytest.raises(ValueError, match="text t2: has no annotation"):
        infer_at_budget(model, bare, infer(model, bare), "oracle")


def test_random_tokens_depend_on_neither_batch_nor_order(make_model) -> None:
    model = make_model("adapler")
    own = infer(model, WINDOWS)
    whole = infer_at_budget(model, WINDOWS, own, "random", seed=4)
    for number, window in enumerate(WINDOWS):
        alone = infer_at_budget(model, [window], infer(model, [window]), "random", seed=4)
        np.testing.assert_allclose(alone.logits[0], whole.logits[number], atol=1e-5)
    backwards = infer_at_budget(
        model, WINDOWS[::-1], infer(model, WINDOWS[::-1]), "random", seed=4, batch_size=2
    )
    np.testing.assert_allclose(backwards.logits[::-1], whole.logits, atol=1e-5)


def test_seeds_draws_texts_and_windows_draw_differently(make_model) -> None:
    model = make_model("adapler")
    own = infer(model, WINDOWS)
    first, seed, draw = (
        infer_at_budget(model, WINDOWS, own, "random", **more).logits
        for more in ({"seed": 1}, {"seed": 2}, {"seed": 1, "draw": 1})
    )
    assert np.abs(first - seed).max() > 1e-3
    assert np.abs(first - draw).max() > 1e-3
    window = WINDOWS[3]
    for other in (replace(window, text_id="other"), replace(window, window=1)):
        assert not np.array_equal(priority(window, "random"), priority(other, "random"))


def test_budgets_of_other_windows_are_refused(make_model) -> None:
    model = make_model("adapler")
    with pytest.raises(ValueError, match=r"budgets \(8, 4\) are not .* \(2, 4\)"):
        infer_at_budget(model, WINDOWS[:2], infer(model, WINDOWS), "first")
