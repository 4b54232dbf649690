"""What holds for every scorer of the catalogue, on dense and on pruned models."""

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.toys import METHODS, texts, toy_tokenizer
from workbench.attribution.options import Options
from workbench.attribution.run import score_windows
from workbench.catalog.scorers import CONTROLS, SCORERS
from workbench.core.token_scores import TokenScores, from_frame, to_frame

TOKENIZER = toy_tokenizer()
PRUNERS = ("adapler", "top", "powerbert")


def options_of(name: str, **more) -> Options:
    """Few steps and samples for those that take some."""
    honoured = SCORERS[name].supported_options
    few = {key: 3 for key in ("steps", "samples") if key in honoured}
    return Options(**few | more)


def scores(model, name: str, windows, **more) -> Sequence[TokenScores]:
    found = score_windows([name], model, TOKENIZER, windows, options_of(name, **more))
    order = {window.text_id: number for number, window in enumerate(windows)}
    return sorted(found, key=lambda record: order[record.text_id])


@pytest.fixture(scope="module")
def models(make_model):
    made = {method: make_model(method) for method in METHODS}
    return lambda name: made[SCORERS[name].method or "dense"]


@pytest.mark.parametrize("name", SCORERS)
def test_padding_and_company_change_nothing(make_model, models, name: str) -> None:
    """On dense models, on one that drops tokens, in batches of any size and texts in any order."""
    pruned = make_model("adapler")

    @settings(max_examples=4, deadline=None, derandomize=True)
    @given(
        st.lists(st.integers(3, 12), min_size=2, max_size=4), st.integers(1, 4), st.booleans(),
        st.randoms(use_true_random=False),
    )  # fmt: skip
    def check(lengths: list[int], batch_size: int, dropping: bool, chance: Random) -> None:
        model = pruned if dropping and SCORERS[name].method is None else models(name)
        windows = texts(lengths)
        chance.shuffle(windows)
        together = scores(model, name, windows, batch_size=batch_size)
        for record, window in zip(together, windows, strict=True):
            (alone,) = scores(model, name, [window])
            np.testing.assert_allclose(record.scores, alone.scores, atol=1e-4, rtol=1e-3)
            if record.kept is not None:
                np.testing.assert_array_equal(record.kept, alone.kept)

    check()


@pytest.mark.parametrize("method", PRUNERS)
@pytest.mark.parametrize("name", [n for n, row in SCORERS.items() if row.method is None])
def test_scores_on_pruned_models_are_there_for_the_living_only(
    make_model, name: str, method: str
) -> None:
    model, windows = make_model(method), texts([9, 14])
    late = model.policy.cuts_after_attention
    for record, window in zip(scores(model, name, windows), windows, strict=True):
        there = ~np.isnan(record.scores)
        if name in CONTROLS:
            assert there.all()
            continue
        kept = record.kept
        assert kept is not None
        if SCORERS[name].rows == "input":
            assert (there[0] == (window.word_index >= 0)).all()
            assert not there[1:].any()
        else:
            # PoWER-BERT's row speaks of those in self-attention: the ones the layer before passed on.
            inside = np.vstack([np.ones((1, kept.shape[1]), dtype=bool), kept[:-1]]) if late else kept
            assert (there == inside).all()
        assert not kept[-1].all()


@pytest.mark.parametrize("name", [n for n, row in SCORERS.items() if "layers" in row.supported_options])
def test_layers_that_are_not_asked_for_stay_silent(models, name: str) -> None:
    if SCORERS[name].rows == "input":
        return
    (whole,) = scores(models(name), name, texts([8]))
    (some,) = scores(models(name), name, texts([8]), layers=(2,))
    np.testing.assert_allclose(some.scores[2], whole.scores[2], atol=1e-5, rtol=1e-4)
    assert np.isnan(some.scores[[0, 1, 3]]).all()


@pytest.mark.parametrize(
    "name", ["rollout", "globenc-normalised", "alti", "value-zeroing-rollout", "attention-cls"]
)
def test_rows_of_shares_sum_to_one(make_model, name: str) -> None:
    for record in scores(make_model(), name, texts([4, 9, 15])):
        np.testing.assert_allclose(record.scores.sum(1), 1, atol=1e-5)


def test_all_watching_scorers_share_one_forward_pass(make_model) -> None:
    model, calls = make_model(), []
    model.backbone.layers[0].query.register_forward_hook(lambda *_: calls.append(1))
    names = [name for name, row in SCORERS.items() if row.takes == "layers"]
    assert len(names) > 8
    assert len(list(score_windows(names, model, TOKENIZER, texts([5, 7])))) == 2 * len(names)
    assert len(calls) == 1


@pytest.mark.parametrize("name", ["integrated-gradients", "alti"])
def test_records_survive_the_table(make_model, name: str) -> None:
    (record,) = scores(make_model(), name, texts([7]))
    (back,) = from_frame(to_frame([record]))
    for key, value in vars(record).items():
        found = getattr(back, key)
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(found, value)
        else:
            assert found == value
