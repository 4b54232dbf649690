"""One text through a model, with its own scores."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.helpers.toys import LABELS, toy_tokenizer
from workbench.core.documents import Document
from workbench.data.windows.encode import encode
from workbench.errors import InputError
from workbench.inference.explain import explain_text
from workbench.models.inference import infer

TEXT = "a b c d e f g h i j k l m n o p"


@pytest.mark.parametrize(
    ("method", "scorer"),
    [
        ("adapler", "cp"),
        ("top", "top"),
        ("ltp", "ltp"),
        ("transkimmer", "transkimmer"),
        ("powerbert", "powerbert"),
        ("trbert", "trbert"),
        ("dense", "dense"),
    ],
)
def test_a_text_gets_a_prediction_and_its_scores(make_model, method: str, scorer: str) -> None:
    explained = explain_text(make_model(method), toy_tokenizer(), TEXT)
    (record,) = explained.records
    assert (record.method, record.scorer) == (method, scorer)
    assert record.tokens == ("[CLS]", *TEXT.split(), "[SEP]")
    assert record.word_index.tolist() == [-1, *range(16), -1]
    assert record.kept.shape == record.scores.shape == (4, 18)
    assert record.kept.all() == (method == "dense")
    assert sum(explained.probabilities.values()) == pytest.approx(1, abs=1e-6)
    assert list(explained.probabilities) == list(LABELS)
    assert explained.predicted == max(explained.probabilities, key=explained.probabilities.get)


def test_a_long_text_is_cut_into_windows_and_averaged(make_model) -> None:
    model = make_model("adapler")
    explained = explain_text(model, toy_tokenizer(), TEXT, max_tokens=10)
    assert [record.window for record in explained.records] == [0, 1]
    words = np.concatenate([record.word_index for record in explained.records])
    assert sorted(words[words >= 0]) == list(range(16))
    each = [
        explain_text(model, toy_tokenizer(), text).probabilities["pos"]
        for text in (" ".join(r.tokens[1:-1]) for r in explained.records)
    ]
    assert explained.probabilities["pos"] == pytest.approx(np.mean(each), abs=1e-5)


def test_a_text_longer_than_the_positions_needs_no_setting(make_model) -> None:
    explained = explain_text(make_model("top"), toy_tokenizer(), TEXT * 20)
    assert len(explained.records) > 1
    assert max(len(record.tokens) for record in explained.records) <= 64


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_text_is_refused(make_model, text: str) -> None:
    with pytest.raises(InputError, match="empty"):
        explain_text(make_model(), toy_tokenizer(), text)


def test_unknown_characters_are_shown_as_unknown(make_model) -> None:
    (record,) = explain_text(make_model(), toy_tokenizer(), "a 京").records
    assert record.tokens == ("[CLS]", "a", "[UNK]", "[SEP]")


def test_unknown_characters_alone_are_refused(make_model) -> None:
    with pytest.raises(InputError, match="knows no character"):
        explain_text(make_model(), toy_tokenizer(), "東 京")


def test_the_second_text_is_read_too(make_model) -> None:
    model = make_model()
    pair = explain_text(model, toy_tokenizer(), "a b", "c d")
    (record,) = pair.records
    assert record.tokens == ("[CLS]", "a", "b", "[SEP]", "c", "d", "[SEP]")
    assert record.word_index.tolist() == [-1, 0, 1, -1, 2, 3, -1]
    assert record.second_start == 4
    single = explain_text(model, toy_tokenizer(), "a b c d")
    assert single.records[0].second_start is None
    swapped = explain_text(model, toy_tokenizer(), "c d", "a b")
    for other in (single, swapped):
        assert abs(other.probabilities["pos"] - pair.probabilities["pos"]) > 1e-3


def test_a_second_text_without_words_is_refused(make_model) -> None:
    for second in ("", " \n"):
        with pytest.raises(InputError, match="the second text is empty"):
            explain_text(make_model(), toy_tokenizer(), "a b", second)
    with pytest.raises(InputError, match="the second text is not valid Unicode at character 3"):
        explain_text(make_model(), toy_tokenizer(), "a b", "c \udcff")


@pytest.mark.parametrize("execution", ["packed", "masked"])
def test_token_types_reach_the_model(make_model, stock, execution: str) -> None:
    """A pair's logits are the stock model's with types 0 and 1, and others without them."""
    pair = Document("t", ("a", "b", "c"), "pos", second=("d", "e"))
    (window,) = encode([pair], LABELS, toy_tokenizer(), 64).windows
    assert window.token_type_ids.tolist() == [0, 0, 0, 0, 0, 1, 1, 1]
    blind = replace(window, token_type_ids=np.zeros_like(window.token_type_ids))
    logits = infer(make_model(), [window, blind], execution=execution).logits
    with torch.no_grad():
        expected = stock(
            input_ids=torch.from_numpy(window.input_ids)[None],
            token_type_ids=torch.from_numpy(window.token_type_ids)[None],
        ).logits[0]
    np.testing.assert_allclose(logits[0], expected, atol=1e-5)
    assert np.abs(logits[0] - logits[1]).max() > 1e-2
