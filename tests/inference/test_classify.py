"""Classifying any number of texts: order, equality with `predict`, laziness, memory, refusals."""

import gc
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.helpers.toys import LABELS, toy_tokenizer
from workbench.core.documents import Document, Span, Window
from workbench.data.windows.encode import encode
from workbench.errors import InputError
from workbench.inference.classify import Prediction, classify
from workbench.inference.predict import predict
from workbench.models.inference import infer

METHODS = ["dense", "adapler", "top"]
LONG = 16
"""Windows of the comparisons: most of the texts fit, some need several."""


def letters(lengths: list[int], seed: int = 0) -> list[str]:
    """Texts of so many tokens, special tokens not counted."""
    rng = np.random.default_rng(seed)
    return [" ".join(chr(97 + letter) for letter in rng.integers(0, 26, n)) for n in lengths]


TEXTS = letters([3, 40, 1, 14, 15, 2, 9, 9, 29, 1, 7, 14, 30])


def documents(texts: list[str]) -> list[Document]:
    return [Document(str(n), tuple(text.split()), "pos") for n, text in enumerate(texts)]


def run(model, texts, **options) -> list[Prediction]:
    return list(classify(model, toy_tokenizer(), texts, **options))


def assert_same(found: list[Prediction], expected: list[Prediction]) -> None:
    assert [item.text_id for item in found] == [item.text_id for item in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.predicted == other.predicted
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-5)
        assert one.tokens.tolist() == other.tokens.tolist()
        counts = one.windows, one.flops, one.flops_dense
        assert counts == (other.windows, other.flops, other.flops_dense)


@pytest.mark.parametrize("method", METHODS)
def test_results_are_those_of_predict_in_the_order_given(make_model, method: str) -> None:
    model = make_model(method)
    found = run(model, TEXTS, batch_size=3, pool=2, max_tokens=LONG)
    encoding = encode(documents(TEXTS), LABELS, toy_tokenizer(), LONG)
    frame = predict(model, encoding.windows, "test")
    assert [item.text_id for item in found] == frame["text_id"].tolist() == [*map(str, range(13))]
    for item, (_, row) in zip(found, frame.iterrows(), strict=True):
        own = encoding.of_text(item.text_id)
        assert item.predicted == row["predicted"]
        mean = model.task_type.answers(infer(model, own).logits).mean(axis=0)
        assert list(item.probabilities) == list(LABELS)
        assert [*item.probabilities.values()] == pytest.approx(mean.tolist(), abs=1e-5)
        assert item.probabilities["pos"] == pytest.approx(row["prob_pos"], abs=1e-5)
        assert item.tokens.dtype == np.int64
        assert item.tokens.tolist() == row["tokens"]
        assert item.windows == len(own)
        assert (item.flops, item.flops_dense) == (row["flops"], row["flops_dense"])
        assert (item.flops == item.flops_dense) == (method == "dense")
    assert max(item.windows for item in found) == 3


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("batch_size", "pool"), [(1, 1), (4, 1), (3, 4), (32, 16)])
def test_the_neighbours_change_nothing(make_model, method: str, batch_size: int, pool: int) -> None:
    model = make_model(method)
    alone = [run(model, [(str(n), text)], max_tokens=LONG)[0] for n, text in enumerate(TEXTS)]
    assert_same(run(model, TEXTS, batch_size=batch_size, pool=pool, max_tokens=LONG), alone)
    backwards = [(str(n), text) for n, text in enumerate(TEXTS)][::-1]
    found = run(model, backwards, batch_size=batch_size, pool=pool, max_tokens=LONG)
    assert_same(found, alone[::-1])


def test_strings_pairs_and_documents_may_be_mixed(make_model) -> None:
    texts = ["a b c", ("named", "a b c"), Document("whole", ("a", "b", "c"), "pos"), "a b c"]
    found = run(make_model("adapler"), texts)
    assert [item.text_id for item in found] == ["0", "named", "whole", "3"]
    assert_same([replace(item, text_id="x") for item in found], [replace(found[0], text_id="x")] * 4)


def test_the_label_and_rationale_of_a_document_do_not_matter(make_model) -> None:
    model, words = make_model("top"), tuple(TEXTS[1].split())
    plain = run(model, [("t", TEXTS[1])], max_tokens=LONG)
    marked = Document("t", words, "no class of the model", rationale=(Span(10, 20),), shares=(1.0,))
    assert_same(run(model, [marked], max_tokens=LONG), plain)


def test_a_second_text_is_read_and_repeated_in_every_window(make_model) -> None:
    model, pair = make_model(), Document("t", tuple("abcdefghij"), "", second=("k", "l"))
    (whole,) = run(model, [pair])
    assert whole.windows == 1
    assert whole.tokens.tolist() == [10 + 2 + 3] * 4
    assert_same(run(model, [("t", "a b c d e f g h i j", "k l")]), [whole])
    (cut,) = run(model, [pair], max_tokens=12)
    assert cut.windows == 2
    assert cut.tokens.tolist() == [10 + 2 * (2 + 3)] * 4
    (window,) = encode([replace(pair, label="pos")], LABELS, toy_tokenizer(), 64).windows
    expected = model.task_type.answers(infer(model, [window]).logits)[0]
    assert [*whole.probabilities.values()] == pytest.approx(expected.tolist(), abs=1e-5)
    (single,) = run(model, [("t", "a b c d e f g h i j")])
    assert single.probabilities != pytest.approx(whole.probabilities, abs=1e-4)


@pytest.mark.parametrize(("batch_size", "pool"), [(1, 1), (4, 3)])
def test_no_more_than_a_pool_is_read_ahead(make_model, batch_size: int, pool: int) -> None:
    read, size = 0, batch_size * pool

    def source() -> Iterator[str]:
        nonlocal read
        for text in letters([5] * 30):
            read += 1
            yield text

    results = classify(make_model(), toy_tokenizer(), source(), batch_size=batch_size, pool=pool)
    assert read == 0
    for number, item in enumerate(results):
        assert item.text_id == str(number)
        assert read == min(30, (number // size + 1) * size)
    assert read == 30


def test_the_iterable_may_never_end(make_model) -> None:
    def endless() -> Iterator[str]:
        while True:
            yield "a b c"

    results = classify(make_model(), toy_tokenizer(), endless(), batch_size=2, pool=2)
    assert [next(results).text_id for _ in range(5)] == [*"01234"]


def alive() -> Counter[type]:
    """Living objects that hold texts, inputs or results; every kind of tensor counts as one."""
    gc.collect()
    kinds = [type(item) for item in gc.get_objects()]
    kinds = [torch.Tensor if issubclass(kind, torch.Tensor) else kind for kind in kinds]
    return Counter(kind for kind in kinds if kind in {torch.Tensor, Document, Window, Prediction})


@pytest.mark.parametrize("method", METHODS)
def test_nothing_of_a_pool_lives_on(make_model, method: str) -> None:
    model, size, counts = make_model(method), 4 * 10, []

    def source() -> Iterator[str]:
        for number, text in enumerate(letters([1, 5, 3, 8, 2] * 60)):
            if number % size == 0:
                counts.append(alive())
            yield text

    before = alive()
    results = classify(model, toy_tokenizer(), source(), batch_size=4, pool=10)
    deque(results, maxlen=0)
    assert len(counts) == 8
    # The consumer still holds the last prediction when the next pool is asked for.
    assert all(count[Prediction] <= 1 for count in counts)
    for kind in (Document, Window, torch.Tensor):
        assert [count[kind] for count in counts[1:]] == [counts[1][kind]] * 7
        assert counts[1][kind] <= before[kind]
    assert counts[3].total() <= counts[1].total()


def test_a_text_too_long_is_refused_with_its_length(make_model) -> None:
    model = make_model("top")
    fits, texts = letters([62])[0], [("fits", letters([62])[0]), ("long", letters([63])[0])]
    assert [item.windows for item in run(model, texts)] == [1, 2]
    assert [item.windows for item in run(model, [fits], too_long="refuse")] == [1]
    with pytest.raises(InputError, match=r"^text 'long' has 65 tokens, more than 64$"):
        run(model, texts, too_long="refuse")
    pair = Document("pair", tuple(TEXTS[1].split()), "", second=("k", "l"))
    with pytest.raises(InputError, match=r"^text 'pair' has 45 tokens, more than 16$"):
        run(model, [pair], max_tokens=LONG, too_long="refuse")


def test_a_refusal_comes_before_its_pool_and_after_the_pools_before(make_model) -> None:
    texts = ["a", "b", "c", " ".join("a" * 70), "d"]
    results = classify(make_model(), toy_tokenizer(), texts, batch_size=2, pool=1, too_long="refuse")
    assert [next(results).text_id, next(results).text_id] == ["0", "1"]
    with pytest.raises(InputError, match="text '3' has 72 tokens"):
        next(results)
    assert list(results) == []


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a", ""], r"text '1' is empty"),
        ([("blank", " \n")], r"text 'blank' is empty"),
        ([Document("none", (), "pos")], r"text 'none' is empty"),
        ([("invisible", "\u200b\x00")], r"text 'invisible': the tokenizer finds no token"),
        ([("torn", "a \ud800")], r"text 'torn' is not valid Unicode"),
        ([("a\ud800", "a")], r"text .* is not valid Unicode"),
        (["a", b"a"], r"text '1' is bytes, not a string"),
        ([("a", "b", "c", "d")], r"text '0' is tuple, not a string"),
        ([("a", "b", " ")], r"text 'a': the second text is empty"),
        ([("a", None)], r"text '0' is tuple, not a string"),
        ([None], r"text '0' is NoneType, not a string"),
        ([("same", "a"), ("same", "b")], r"text id 'same' occurs twice"),
        ([Document("p", ("a",) * 70, "", second=("b",) * 40)], r"text 'p': the second text has 40"),
    ],
)
def test_a_bad_text_is_named(make_model, texts, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        run(make_model(), texts)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, r"batch_size 0: at least 1"),
        ({"pool": -1}, r"pool -1: at least 1"),
        ({"max_tokens": 7}, r"max_tokens 7 leaves no room"),
        ({"max_tokens": 65}, r"max_tokens 65: the model has 64 positions"),
        ({"too_long": "truncate"}, r"too_long 'truncate': one of windows, refuse"),
    ],
)
def test_bad_settings_are_refused_at_once(make_model, options, message: str) -> None:
    with pytest.raises(InputError, match=message):
        classify(make_model(), toy_tokenizer(), [], **options)


def test_a_single_string_is_no_list_of_texts(make_model) -> None:
    with pytest.raises(InputError, match="single string"):
        classify(make_model(), toy_tokenizer(), "a b c")


def test_an_id_may_come_again_in_a_later_pool(make_model) -> None:
    texts = [("same", "a b"), ("same", "c d e")]
    found = run(make_model(), texts, batch_size=1, pool=1)
    assert [item.text_id for item in found] == ["same", "same"]
    assert found[0].probabilities != found[1].probabilities


@pytest.mark.parametrize("texts", [[], (), iter([])])
def test_no_texts_give_no_results(make_model, texts) -> None:
    assert run(make_model(), texts) == []


def test_the_training_mode_is_given_back(make_model) -> None:
    model = make_model().train()
    first = run(model, TEXTS[:3])
    assert model.training
    assert_same(run(model, TEXTS[:3]), first)
