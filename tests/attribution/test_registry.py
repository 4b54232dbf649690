"""Every scorer by its name, batched, in the one record type."""

from typing import get_args

import numpy as np
import pytest
import torch
from toys import RAGGED, texts, toy_tokenizer

from workbench.attribution import registry
from workbench.attribution.registry import FAMILIES, SCORERS, family_of, score_windows
from workbench.config import EvaluationSettings
from workbench.errors import InputError

WINDOWS = texts(RAGGED)
MODEL_OF = {"cp": "adapler"} | {
    name: name for name in ("top", "ltp", "transkimmer", "powerbert", "trbert")
}


def records(make_model, name: str, **more):
    family = family_of(name)
    found = score_windows(family, make_model(family.method), toy_tokenizer(), WINDOWS, **more)
    return {record.text_id: record for record in found if record.scorer == name}


def test_an_unknown_scorer_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"unknown scorer 'salience' .*cp, top, .*saliency"):
        family_of("salience")


def test_every_configurable_scorer_exists_and_the_other_way_round() -> None:
    (choice,) = get_args(EvaluationSettings.model_fields["scorers"].annotation)
    assert set(get_args(choice)) == set(SCORERS)
    assert sum(len(family.explains) for family in FAMILIES) == len(SCORERS)


@pytest.mark.parametrize("name", SCORERS)
def test_every_window_gets_a_record(make_model, name: str) -> None:
    found = records(make_model, name)
    assert found.keys() == {window.text_id for window in WINDOWS}
    for window in WINDOWS:
        record = found[window.text_id]
        assert record.method == MODEL_OF.get(name, "dense")
        assert record.scores.shape == (4, len(window.input_ids))
        assert record.tokens[0] == "[CLS]"
        assert record.tokens[-1] == "[SEP]"
        assert np.array_equal(record.word_index, window.word_index)
        assert np.array_equal(record.rationale, window.rationale)
        assert (record.kept is None) == (name not in MODEL_OF)
        assert record.target == family_of(name).explains[name]


@pytest.mark.parametrize("name", SCORERS)
def test_the_batch_size_does_not_matter(make_model, name: str) -> None:
    whole, single = records(make_model, name), records(make_model, name, batch_size=1)
    for key, record in whole.items():
        np.testing.assert_allclose(record.scores, single[key].scores, atol=1e-5, rtol=1e-4)


def test_scoring_turns_dropout_off(make_model) -> None:
    family = family_of("saliency")
    model = make_model().train()
    runs = [[r.scores for r in score_windows(family, model, toy_tokenizer(), WINDOWS)] for _ in range(2)]
    assert all(np.array_equal(one, two) for one, two in zip(*runs, strict=True))


def test_the_seed_reaches_the_random_control(make_model) -> None:
    first, second = records(make_model, "random"), records(make_model, "random", seed=1)
    assert not np.array_equal(first["t3"].scores, second["t3"].scores)


def test_long_texts_make_smaller_batches(make_model, monkeypatch) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(registry, "ATTENTION_CELLS", 3 * max(RAGGED) ** 2)
    done: list[int] = []
    family = family_of("attention")
    model = make_model()
    model.bert.bert.encoder.layer[0].attention.register_forward_hook(
        lambda module, args, output: sizes.append(len(args[0]))
    )
    list(score_windows(family, model, toy_tokenizer(), WINDOWS, report=done.append))
    assert sizes == [3, 3, 2]
    assert done == [3, 6, 8]


def test_no_windows_give_no_records(make_model) -> None:
    family = family_of("saliency")
    assert list(score_windows(family, make_model(), toy_tokenizer(), [])) == []


def test_scorers_leave_gradients_switched_on(make_model) -> None:
    for name in SCORERS:
        records(make_model, name)
    assert torch.is_grad_enabled()
