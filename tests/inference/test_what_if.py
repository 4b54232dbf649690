"""One text through a model before and after a change: windows, pairs, tokens by number, numbers."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.toys import toy_tokenizer
from workbench.attribution.scorers.learned.pruner_scores import pruner_scores
from workbench.errors import InputError
from workbench.inference.explain import explain_text, text_windows
from workbench.inference.recorded_windows import record_windows
from workbench.inference.what_if import Change, outcome_table, what_if
from workbench.metrics.efficiency.flops import dense_flops, text_flops
from workbench.models.classifier import PruningClassifier

LAYERS = 4
TOKENIZER = toy_tokenizer()
TEXT = "s h o r t t e x t s a r e h e r e"
LONG = " ".join("abcdefghijklmnopqrstuvwxyz" * 8)


MakeModel = Callable[..., PruningClassifier]


@pytest.fixture(scope="module", name="model")
def adapler_model(make_model: MakeModel) -> PruningClassifier:
    return make_model("adapler")


def test_without_a_change_it_is_the_models_own_answer(model: PruningClassifier) -> None:
    windows = text_windows(model, TOKENIZER, TEXT)
    before, after = what_if(model, TOKENIZER, windows, repeats=1)
    own = explain_text(model, TOKENIZER, TEXT)
    assert after is before
    assert before.predicted == own.predicted
    assert before.probabilities == own.probabilities
    (scored,) = pruner_scores(model, windows)
    # Where attention is asked to tell what it gave, another kernel runs.
    np.testing.assert_allclose(before.record.scores, scored.scores, rtol=1e-5)
    np.testing.assert_array_equal(before.record.kept, scored.kept)
    _, neutral = what_if(model, TOKENIZER, windows, Change(scale=(1.0,) * LAYERS), repeats=1)
    assert neutral.probabilities == own.probabilities
    np.testing.assert_array_equal(neutral.record.kept, before.record.kept)


def test_numbers_of_an_outcome(model: PruningClassifier) -> None:
    windows = text_windows(model, TOKENIZER, TEXT)
    before, after = what_if(model, TOKENIZER, windows, Change(scale=(1.5,) * LAYERS), repeats=2)
    assert after.tokens.sum() < before.tokens.sum()
    assert after.flops < before.flops
    n = len(windows[0].input_ids)
    assert before.flops_dense == before.flops_padded == dense_flops(np.array([n]), model.costs.shape)[0]
    cost = [model.policy.predictor_cost(layer) for layer in range(LAYERS)]
    own = text_flops(
        after.tokens[None], model.costs.shape, predictors=np.array(cost), lengths=np.array([n])
    )
    assert after.flops == own[0]
    np.testing.assert_array_equal(after.tokens, after.record.kept.sum(axis=1))
    assert before.milliseconds > 0
    assert sum(after.probabilities.values()) == pytest.approx(1)
    first = model.policy.eta[0].item() / n
    assert before.thresholds[0].tolist() == pytest.approx([first] * n)
    assert after.thresholds[0].tolist() == pytest.approx([1.5 * first] * n)
    gone = ~before.record.kept[0]
    assert np.isnan(before.thresholds[1][gone]).all()


def test_long_texts_run_in_windows(model: PruningClassifier) -> None:
    windows = text_windows(model, TOKENIZER, LONG, max_tokens=32)
    assert len(windows) == 7
    change = Change(dropped=frozenset({1, 40}), kept=frozenset({41}))
    before, after = what_if(model, TOKENIZER, windows, change, repeats=1)
    assert len(after.record.tokens) == 208 + 2
    assert "".join(after.record.tokens[1:-1]) == LONG.replace(" ", "")
    assert not after.record.kept[:, [1, 40]].any()
    assert after.record.kept[:, 41].all()
    others = [index for index in range(210) if index not in (1, 40, 41)]
    np.testing.assert_array_equal(before.record.scores[0, others], after.record.scores[0, others])
    assert before.flops_padded > before.flops_dense


def test_a_second_text_has_one_number_in_all_windows(make_model: MakeModel) -> None:
    model = make_model("dense")
    windows = text_windows(model, TOKENIZER, LONG, "x y z", max_tokens=32)
    n = 208 + 2 + 3 + 1
    place = n - 4
    _, after = what_if(model, TOKENIZER, windows, Change(dropped=frozenset({place})), repeats=1)
    assert after.record.tokens[place] == "x"
    total = sum(len(window.input_ids) for window in windows)
    assert after.tokens.tolist() == [total - len(windows)] * LAYERS


@settings(max_examples=20, deadline=None)
@given(share=st.floats(0.05, 1), layer=st.integers(0, LAYERS - 1))
def test_a_budget_is_kept(model: PruningClassifier, share: float, layer: int) -> None:
    windows = text_windows(model, TOKENIZER, TEXT)
    n = len(windows[0].input_ids)
    budget = tuple(share if row == layer else None for row in range(LAYERS))
    _, after = what_if(model, TOKENIZER, windows, Change(budget=budget), repeats=1)
    assert 1 <= after.tokens[layer] <= np.ceil(share * n)


def test_windows_come_back_from_their_records(model: PruningClassifier) -> None:
    for text, second in ((TEXT, None), (LONG, None), (TEXT, "a b c")):
        own = explain_text(model, TOKENIZER, text, second, 32)
        windows = text_windows(model, TOKENIZER, text, second, 32)
        shares = [np.arange(len(record.tokens)) / 99 for record in own.records]
        records = [replace(r, shares=share) for r, share in zip(own.records, shares, strict=True)]
        again = record_windows(TOKENIZER, records)
        for one, other, share in zip(windows, again, shares, strict=True):
            np.testing.assert_array_equal(other.shares, share)
            np.testing.assert_array_equal(one.input_ids, other.input_ids)
            np.testing.assert_array_equal(one.token_type_ids, other.token_type_ids)
            np.testing.assert_array_equal(one.word_index, other.word_index)


def test_records_of_another_tokenizer_are_refused(model: PruningClassifier) -> None:
    (record,) = explain_text(model, TOKENIZER, "a b").records
    strange = replace(record, tokens=("[CLS]", "a", "word", "[SEP]"))
    with pytest.raises(InputError, match="no token 'word'"):
        record_windows(TOKENIZER, [strange])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change(scale=(1.0,)), "4 layers"),
        (Change(scale=(0.0,) * LAYERS), "above 0"),
        (Change(scale=(float("nan"),) * LAYERS), "above 0"),
        (Change(budget=(1.5,) * LAYERS), "at most 1"),
        (Change(dropped=frozenset({0})), "never dropped"),
        (Change(dropped=frozenset({99})), "tokens 0 to"),
        (Change(kept=frozenset({2}), dropped=frozenset({2})), "both ways"),
        (Change(drop_layer=4), "layers 0 to 3"),
    ],
)
def test_changes_that_do_not_fit(model: PruningClassifier, change: Change, said: str) -> None:
    windows = text_windows(model, TOKENIZER, TEXT)
    with pytest.raises(InputError, match=said):
        what_if(model, TOKENIZER, windows, change, repeats=1)


def test_the_table_says_before_and_after(model: PruningClassifier) -> None:
    windows = text_windows(model, TOKENIZER, TEXT)
    before, after = what_if(model, TOKENIZER, windows, Change(scale=(1.5,) * LAYERS), repeats=1)
    table = outcome_table(before, after).set_index("what")
    assert table.loc["prediction", "before"] == before.predicted
    assert table.loc["tokens in layer 2", "after"] == after.tokens[2]
    assert table.loc["tokens in layer 2", "change"] == after.tokens[2] / before.tokens[2]
    assert table.loc["dense / own FLOPs, unpadded", "after"] == after.flops_dense / after.flops
    assert np.isnan(table.loc["prediction", "change"])
