"""A pruner's own scores: by original position, silent where tokens are gone."""

import numpy as np
import pytest
import torch

from tests.helpers.toys import RAGGED, texts
from workbench.attribution.scorers.learned.pruner_scores import pruner_scores
from workbench.catalog.scorers import own_scorer

WINDOWS = texts(RAGGED)
ALL = (0, 1, 2, 3)
SCORED = {
    "adapler": ALL, "top": ALL[1:], "ltp": ALL[1:], "transkimmer": ALL, "powerbert": ALL,
    "trbert": (1, 2),
}  # fmt: skip
"""Method -> layers it scores in."""


def entering(kept: np.ndarray) -> np.ndarray:
    """(layers, n) bool: alive before each layer's cut."""
    return np.concatenate([np.ones((1, kept.shape[1]), dtype=bool), kept[:-1]])


@pytest.fixture(scope="module", params=SCORED)
def scored(request, make_model):
    model = make_model(request.param)
    return model, pruner_scores(model, WINDOWS)


def test_scorers_bear_their_names() -> None:
    assert [own_scorer(method) for method in ("adapler", "top")] == ["cp", "top"]


def test_kept_is_nested_over_layers_and_counts_the_tokens(scored) -> None:
    model, items = scored
    with torch.no_grad():
        tokens = model(WINDOWS).tokens_ffn.numpy()
    for row, (window, item) in enumerate(zip(WINDOWS, items, strict=True)):
        assert item.kept.shape == item.scores.shape == (4, len(window.input_ids))
        assert item.kept.dtype == bool
        assert (item.kept[1:] <= item.kept[:-1]).all()
        assert item.kept[:, 0].all()
        assert item.kept.sum(1).tolist() == tokens[row].tolist()
    assert sum(item.kept[-1].sum() for item in items) < 0.7 * sum(RAGGED)


def test_scores_are_nan_exactly_where_a_token_no_longer_is(scored) -> None:
    model, items = scored
    here = np.isin(ALL, SCORED[model.policy.method])
    for item in items:
        present = ~np.isnan(item.scores)
        assert np.array_equal(present[here], entering(item.kept)[here])
        assert not present[~here].any()


def test_scores_of_the_living_are_shares_or_probabilities(scored) -> None:
    model, items = scored
    for item in items:
        if model.policy.method in ("transkimmer", "trbert"):
            assert ((np.nan_to_num(item.scores, nan=0.5) >= 0) & ~(item.scores > 1)).all()
            continue
        totals = np.nansum(item.scores[list(SCORED[model.policy.method])], axis=1)
        if model.policy.method == "powerbert":
            # Every token that enters gives 1 in all, less what it keeps for itself.
            assert ((totals > 0) & (totals < entering(item.kept).sum(1))).all()
            continue
        # ToP's and LTP's are attention received: 1 in all, of LTP's the number of tokens over ten.
        wanted = (
            entering(item.kept).sum(1)[list(SCORED["ltp"])] / 10 if "ltp" in model.policy.method else 1
        )
        np.testing.assert_allclose(totals, wanted, atol=1e-5)


def test_cp_scores_explain_who_was_kept(make_model) -> None:
    model = make_model("adapler")
    eta = model.policy.eta.detach().numpy()
    for item in pruner_scores(model, WINDOWS):
        alive = entering(item.kept)
        with np.errstate(invalid="ignore"):
            stays = alive & (item.scores >= eta[:, None] / alive.sum(1, keepdims=True))
        stays[:, 0] = True
        assert np.array_equal(stays, item.kept)


def test_scores_equal_those_of_the_masked_run(scored) -> None:
    model, items = scored
    with torch.no_grad():
        traces = model(WINDOWS, execution="masked", show="received").traces
    for layer, trace in enumerate(traces):
        for row, item in enumerate(items):
            alive = trace.entered.alive[row, : item.scores.shape[1]].numpy()
            if trace.scores is not None:
                scores = trace.scores[row, : item.scores.shape[1]].numpy()
                np.testing.assert_allclose(item.scores[layer][alive], scores[alive], atol=1e-5)


def test_order_and_company_do_not_matter(scored) -> None:
    model, items = scored
    for window, item in zip(WINDOWS, items, strict=True):
        (alone,) = pruner_scores(model, [window])
        np.testing.assert_allclose(alone.scores, item.scores, atol=1e-5)
        assert np.array_equal(alone.kept, item.kept)


def test_a_dense_model_keeps_everything_and_says_nothing(make_model) -> None:
    items = pruner_scores(make_model(), WINDOWS)
    assert all(item.kept.all() and np.isnan(item.scores).all() for item in items)
