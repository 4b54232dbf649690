"""Texts that are unlike those that a model was trained on are told, by a model that knows."""

import warnings

import pytest

from tests.helpers.toys import toy_tokenizer
from workbench.inference.classify import classify
from workbench.inference.explain import explain_text
from workbench.inference.pairs import unlike_training
from workbench.models.classifier import load_classifier

PAIRS = "dense was trained on pairs; "
SINGLE = "dense was trained on single texts; "


@pytest.mark.parametrize(
    ("pairs", "seconds", "told"),
    [
        (True, [False], f"{PAIRS}the text has no second one"),
        (True, [True, False, True], f"{PAIRS}1 of 3 texts have no second one"),
        (True, [True], None),
        (False, [True], f"{SINGLE}the text has a second one"),
        (False, [True, True, False], f"{SINGLE}2 of 3 texts have a second one"),
        (False, [False], None),
        (None, [True, False], None),
        (True, [], None),
    ],
)
def test_what_is_told(make_model, pairs, seconds, told) -> None:
    model = make_model("dense")
    model.pairs = pairs
    assert unlike_training(model, seconds) == told


@pytest.mark.parametrize("pairs", [True, False, None])
def test_a_saved_model_remembers_and_explains_by_it(make_model, tmp_path, pairs) -> None:
    model = make_model("adapler")
    model.pairs = pairs
    model.save(tmp_path / "saved", toy_tokenizer())
    loaded, tokenizer = load_classifier(tmp_path / "saved")
    assert loaded.pairs is pairs
    told = [explain_text(loaded, tokenizer, "a b", second).unlike for second in (None, "c")]
    assert [sentence is not None for sentence in told] == [pairs is True, pairs is False]


def test_classify_warns_once(make_model) -> None:
    model = make_model("dense")
    model.pairs = True
    texts = [("1", "a", "b"), ("2", "a"), ("3", "b"), ("4", "c")]
    with pytest.warns(UserWarning, match=f"{PAIRS}the text has no second one") as told:
        found = list(classify(model, toy_tokenizer(), texts, batch_size=1, pool=1))
    assert (len(told), len(found)) == (1, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(classify(model, toy_tokenizer(), texts[:1]))) == 1
