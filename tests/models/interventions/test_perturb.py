"""Altered windows through the model: what is erased, how often it runs, and what does not matter."""

from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.bag_of_words import BagOfWords
from tests.helpers.toys import CLS, METHODS, RAGGED, SEP, texts, window
from workbench.models.inference import infer
from workbench.models.interventions.perturb import delete_tokens, infer_deletions, infer_soft_perturbed

MASK = 4
A, B, C = 5, 6, 7


def sigmoid(x: float) -> float:
    return 1 / (1 + np.exp(-x))


def masks(windows, variants: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.random((variants, len(w.input_ids))) < 0.6 for w in windows]


def test_deletion_closes_up_and_masking_does_not() -> None:
    pair = window([CLS, A, B, SEP, C, SEP], token_type_ids=[0, 0, 0, 0, 1, 1])
    pair.word_index[:] = [-1, 0, 1, -1, 2, -1]
    pair = replace(pair, rationale=pair.word_index == 1, shares=np.full(6, 0.5))
    kept = np.array([False, False, True, False, False, False])
    deleted, masked = delete_tokens(pair, kept), delete_tokens(pair, kept, MASK)
    assert deleted.input_ids.tolist() == [CLS, B, SEP, SEP]
    assert deleted.token_type_ids.tolist() == [0, 0, 0, 1]
    assert deleted.word_index.tolist() == [-1, 1, -1, -1]
    assert masked.input_ids.tolist() == [CLS, MASK, B, SEP, MASK, SEP]
    assert masked.token_type_ids.tolist() == pair.token_type_ids.tolist()
    for changed in (deleted, masked):
        assert changed.rationale is None
        assert changed.shares is None


def test_probabilities_by_hand_and_equal_variants_run_once() -> None:
    model = BagOfWords({A: 2.0, B: -1.0, MASK: 0.5}, bias=0.1)
    windows = [window([CLS, A, B, SEP], "x"), window([CLS, B, A, SEP], "y")]
    every = np.array([[1, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [0, 0, 0, 0]], dtype=bool)
    first, second = infer_deletions(model, windows, [every, every])
    hand = [sigmoid(1.1), sigmoid(-0.9), sigmoid(2.1), sigmoid(0.1)]
    np.testing.assert_allclose(first[:, 1], hand, atol=1e-6)
    np.testing.assert_allclose(second[:, 1], [hand[place] for place in (0, 2, 1, 3)], atol=1e-6)
    # A, B, nothing, and two orders of both: five different windows in one batch, none twice.
    assert model.batches == [5]
    masked, _ = infer_deletions(model, windows, [every, every], mask_id=MASK)
    np.testing.assert_allclose(masked[:, 1], [sigmoid(x) for x in (1.1, -0.4, 2.6, 1.1)], atol=1e-6)


def test_taking_nothing_away_changes_not_one_bit(make_model) -> None:
    model, windows = make_model("adapler"), texts(RAGGED)
    kept = [np.ones((2, n), dtype=bool) for n in RAGGED]
    for answer in infer_deletions(model, windows, kept, batch_size=3):
        assert (answer[0] == answer[1]).all()


@pytest.mark.parametrize("method", METHODS)
def test_full_removal_is_the_bare_window(make_model, method: str) -> None:
    model, windows = make_model(method), texts(RAGGED[2:])
    bare = model.task_type.answers(infer(model, [window([CLS, SEP])]).logits)[0]
    for w in windows:
        w.token_type_ids[:] = 0
    kept = [np.zeros((1, len(w.input_ids)), dtype=bool) for w in windows]
    for answer in infer_deletions(model, windows, kept):
        np.testing.assert_allclose(answer[0], bare, atol=1e-6)


@pytest.mark.parametrize("mask_id", [None, MASK])
@pytest.mark.parametrize(("batch_size", "pool"), [(1, 1), (3, 7), (64, 4096)])
def test_batch_and_pool_do_not_matter(make_model, mask_id, batch_size: int, pool: int) -> None:
    model, windows = make_model("top"), texts(RAGGED)
    sizes = {"mask_id": mask_id, "batch_size": batch_size, "pool": pool}
    found = list(infer_deletions(model, windows, masks(windows, 4), **sizes))
    for answer, w, kept in zip(found, windows, masks(windows, 4), strict=True):
        alone = infer(model, [delete_tokens(w, row, mask_id) for row in kept], 1).logits
        alone = model.task_type.answers(alone)
        np.testing.assert_allclose(answer, alone, atol=1e-5)


def test_the_pool_bounds_what_is_held_and_windows_share_batches() -> None:
    model, windows = BagOfWords({A: 1.0}), texts([12] * 6)
    list(infer_deletions(model, windows, masks(windows, 8), batch_size=10, pool=16))
    assert sum(model.batches) <= 48
    # Two windows of eight variants fill the pool: one full batch and the rest of it, three times.
    assert len(model.batches) == 6
    assert max(model.batches) == 10


def test_fading_by_hand() -> None:
    """Half of A's weight lies in each entry of its embedding: all, none, or one of both stays."""
    model = BagOfWords({A: 2.0, B: -1.0}, bias=0.1)
    only = window([CLS, A, B, SEP], "x")
    shares = np.array([[0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0.5, 0, 0]])
    (answer,) = infer_soft_perturbed(model, [only], [shares])
    np.testing.assert_allclose(answer[:3, 1], [sigmoid(1.1), sigmoid(0.1), sigmoid(-0.9)], atol=1e-6)
    assert min(abs(answer[3, 1] - sigmoid(x)) for x in (0.1, 1.1, 2.1)) < 1e-6
    (mean,) = infer_soft_perturbed(model, [only], [shares], draws=400)
    expected = 0.25 * sigmoid(0.1) + 0.5 * sigmoid(1.1) + 0.25 * sigmoid(2.1)
    assert mean[3, 1] == pytest.approx(expected, abs=0.03)
    np.testing.assert_allclose(mean[:3], answer[:3], atol=1e-6)


@pytest.mark.parametrize(("batch_size", "pool"), [(1, 1), (3, 7), (64, 4096)])
def test_fading_depends_on_the_seed_alone(make_model, batch_size: int, pool: int) -> None:
    model, windows = make_model("adapler"), texts(RAGGED)
    rng = np.random.default_rng(1)
    shares = [rng.random((3, n)) for n in RAGGED]
    sizes = {"batch_size": batch_size, "pool": pool}
    found = list(infer_soft_perturbed(model, windows, shares, draws=2, **sizes))
    again = list(infer_soft_perturbed(model, windows[::-1], shares[::-1], draws=2))[::-1]
    other = list(infer_soft_perturbed(model, windows, shares, draws=2, seed=1))
    for one, two in zip(found, again, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)
    assert not np.allclose(np.concatenate(found), np.concatenate(other), atol=1e-3)


def test_whole_embeddings_are_the_text_itself(make_model) -> None:
    model, windows = make_model("dense"), texts(RAGGED)
    whole = np.concatenate(list(infer_soft_perturbed(model, windows, [np.ones((1, n)) for n in RAGGED])))
    np.testing.assert_allclose(whole, model.task_type.answers(infer(model, windows).logits), atol=1e-6)
