from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.config.data import DataSettings
from workbench.core.documents import Document, Span
from workbench.data.corpus import load_corpus
from workbench.data.windows.cutting import cut_windows
from workbench.data.windows.encode import encode, encode_corpus, with_evidence
from workbench.errors import InputError

LABELS = ("no", "yes")


def document(words, spans=None, second="", name="t", label="yes"):
    marks = None if spans is None else tuple(Span(*span) for span in spans)
    return Document(name, tuple(words.split()), label, marks, tuple(second.split()))


def words_of(window):
    return [int(word) for word in window.word_index if word >= 0]


def test_a_short_text_is_what_the_tokenizer_makes_of_it(toy_tokenizer):
    (window,) = encode([document("ab c", [(0, 1)])], LABELS, toy_tokenizer, 8).windows
    whole = toy_tokenizer(["ab", "c"], is_split_into_words=True)
    assert window.input_ids.tolist() == whole["input_ids"]
    assert window.token_type_ids.tolist() == whole["token_type_ids"]
    assert window.word_index.tolist() == [-1, 0, 0, 1, -1]
    assert window.rationale.tolist() == [False, True, True, False, False]
    assert (window.text_id, window.window, window.label) == ("t", 0, 1)
    assert window.input_ids.dtype == window.word_index.dtype == window.token_type_ids.dtype == np.int64


def test_windows_are_full_but_spare_words_and_spans(toy_tokenizer):
    encoding = encode([document("a b c d ef g h a b", [(5, 7)])], LABELS, toy_tokenizer, 8)
    assert [words_of(window) for window in encoding.windows] == [[0, 1, 2, 3, 4, 4], [5, 6, 7, 8]]
    encoding = encode([document("a b c d ef g h a b", [(3, 6)])], LABELS, toy_tokenizer, 8)
    assert [words_of(window) for window in encoding.windows] == [[0, 1, 2], [3, 4, 4, 5, 6, 7], [8]]
    assert [window.window for window in encoding.windows] == [0, 1, 2]
    assert encoding.n_with_evidence == len(with_evidence(encoding.windows)) == 1
    assert encoding.n_split_spans == 0


def test_a_span_longer_than_a_window_is_split_and_counted(toy_tokenizer):
    long = document("a b c d e f g h a b", [(1, 9), (4, 6)])
    encoding = encode([long, document("a", [], name="u")], LABELS, toy_tokenizer, 8)
    assert [words_of(w) for w in encoding.of_text("t")] == [[0], [1, 2, 3, 4, 5, 6], [7, 8, 9]]
    assert encoding.split_spans == (("t", 1),)
    assert "1 rationale span longer than a window and cut (t)." in encoding.notes


def test_the_second_text_stands_in_every_window(toy_tokenizer):
    pair = document("a b c d e f", [(0, 1), (6, 8)], second="g h")
    first, last = encode([pair], LABELS, toy_tokenizer, 9).windows
    assert words_of(first) == [0, 1, 2, 3, 6, 7]
    assert words_of(last) == [4, 5, 6, 7]
    assert first.token_type_ids.tolist() == [0] * 6 + [1] * 3
    assert last.token_type_ids.tolist() == [0] * 4 + [1] * 3
    assert first.rationale.tolist() == [False, True, False, False, False, False, True, True, False]
    whole = toy_tokenizer("ab", "g h")
    (window,) = encode([document("ab", second="g h")], LABELS, toy_tokenizer, 8).windows
    assert window.input_ids.tolist() == whole["input_ids"]
    assert window.token_type_ids.tolist() == whole["token_type_ids"]
    assert window.rationale is None


def test_shares_are_those_of_the_tokens_words(toy_tokenizer):
    shared = Document("t", ("ab", "c"), "yes", (Span(0, 1),), ("d",), shares=(2 / 3, 0.0, 1 / 3))
    (window,) = encode([shared], LABELS, toy_tokenizer, 9).windows
    assert window.word_index.tolist() == [-1, 0, 0, 1, -1, 2, -1]
    assert window.shares.dtype == np.float32
    assert window.shares.tolist() == pytest.approx([0, 2 / 3, 2 / 3, 0, 0, 1 / 3, 0])
    (alone,) = encode([document("ab c", [(0, 1)])], LABELS, toy_tokenizer, 8).windows
    assert alone.shares is None


def test_shares_of_other_words_are_refused(toy_tokenizer):
    wrong = Document("mine", ("ab", "c"), "yes", (), shares=(0.5,))
    with pytest.raises(InputError, match="text 'mine': 1 shares for its 2 words"):
        encode([wrong], LABELS, toy_tokenizer, 8)


def test_a_second_text_that_leaves_too_little_room_is_refused(toy_tokenizer):
    with pytest.raises(InputError, match=r"text 't': the second text has 4 tokens"):
        encode([document("a b c d e f", second="a b c d")], LABELS, toy_tokenizer, 10)
    assert len(encode([document("a b c", second="a b c d")], LABELS, toy_tokenizer, 10)) == 1


def test_words_without_tokens_have_none_and_texts_without_tokens_are_refused(toy_tokenizer):
    (window,) = encode([Document("t", ("a", "\u200b", "b"), "no")], LABELS, toy_tokenizer, 8).windows
    assert window.word_index.tolist() == [-1, 0, 2, -1]
    for words in (("\u200b",), ()):
        with pytest.raises(InputError, match="text 't': the tokenizer finds no token"):
            encode([Document("t", words, "no")], LABELS, toy_tokenizer, 8)


def test_unknown_texts_are_counted(toy_tokenizer):
    texts = [document("zz yy", name="odd"), document("zz a", name="half")]
    encoding = encode(texts, LABELS, toy_tokenizer, 8)
    assert encoding.unknown_only == ("odd",)
    assert "1 text of unknown tokens only (odd)." in encoding.notes
    with pytest.raises(InputError, match=r"knows no character of 1 text \(odd\)"):
        encoding.refuse_unknown()
    encode(texts[1:], LABELS, toy_tokenizer, 8).refuse_unknown()


def test_a_word_longer_than_a_window_does_not_stop_the_work(toy_tokenizer):
    huge = document("a " + "b" * 20_000 + " c")
    (window,) = encode([huge], LABELS, toy_tokenizer, 8).windows
    assert words_of(window) == [0, 1, 2]
    encoding = encode([document("a " + "b" * 30 + " c", [(1, 2)])], LABELS, toy_tokenizer, 8)
    assert [word for window in encoding.windows for word in words_of(window)] == [0] + [1] * 30 + [2]
    assert encoding.split_words == ("t",)


def test_a_text_of_20000_words(toy_tokenizer):
    encoding = encode([document("ab c " * 10_000, [(0, 2)])], LABELS, toy_tokenizer, 128)
    assert sum(len(words_of(window)) for window in encoding.windows) == 30_000
    assert max(len(window.input_ids) for window in encoding.windows) <= 128
    assert encoding.n_with_evidence == 1


def test_an_empty_span_marks_nothing_and_cuts_nothing(toy_tokenizer):
    marked = [
        window.rationale.tolist()
        for spans in ([(2, 3)], [(0, 0), (2, 3), (6, 6)])
        for window in encode(
            [document("a b c d e f g h i j", spans)], ("no", "yes"), toy_tokenizer, 8
        ).windows
    ]
    assert len(marked) == 4
    assert marked[:2] == marked[2:]


def test_wrong_use_is_refused(toy_tokenizer):
    texts = [document("a")]
    with pytest.raises(InputError, match=r"label 'yes' is not one of \['no', 'so'\]"):
        encode(texts, ["no", "so"], toy_tokenizer, 8)
    with pytest.raises(InputError, match="occurs twice"):
        encode(texts * 2, LABELS, toy_tokenizer, 8)
    with pytest.raises(InputError, match="leaves no room"):
        encode(texts, LABELS, toy_tokenizer, 4)
    with pytest.raises(InputError, match=r"span \[0, 5\] is outside"):
        encode([document("a", [(0, 5)])], LABELS, toy_tokenizer, 8)


@st.composite
def texts_with_spans(draw):
    lengths = draw(st.lists(st.integers(0, 9), min_size=1, max_size=60))
    n = len(lengths)
    spans = draw(
        st.lists(
            st.tuples(st.integers(0, n - 1), st.integers(1, 12)).map(
                lambda pair: Span(pair[0], min(n, pair[0] + pair[1]))
            ),
            max_size=8,
        )
    )
    return lengths, spans, draw(st.integers(1, 30))


@settings(max_examples=300, deadline=None)
@given(texts_with_spans())
def test_cuts_cover_every_token_once_and_split_only_what_cannot_fit(case):
    lengths, spans, room = case
    words = np.repeat(np.arange(len(lengths)), lengths)
    cut = cut_windows(words, spans, room)
    edges = [*cut.starts, len(words)]
    assert edges[0] == 0
    assert len(words) == 0 or all(0 < b - a <= room for a, b in pairwise(edges))
    inside = cut.starts[1:]
    if max(lengths) <= room:
        assert not cut.split_words
        assert all(words[at] != words[at - 1] for at in inside)
    places = [np.flatnonzero((words >= span.start) & (words < span.end)) for span in spans]
    split = [p for p in places if len(p) and any(p[0] < at <= p[-1] for at in inside)]
    assert cut.split_spans == len(split)
    # Overlapping spans may form a chain longer than a window; apart, only a long one is ever split.
    ordered = sorted(spans, key=lambda span: span.start)
    apart = all(a.end <= b.start for a, b in pairwise(ordered))
    if apart and max(lengths) <= room:
        assert all(p[-1] + 1 - p[0] > room for p in split)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("abcxyz", min_size=1, max_size=6), min_size=1, max_size=50), st.integers(8, 20))
def test_windows_cover_every_word_once_in_order(words, max_tokens):
    tokenizer = _tokenizer()
    document = Document("t", tuple(words), "no", (Span(0, 1),))
    windows = encode([document], LABELS, tokenizer, max_tokens).windows
    seen = [word for window in windows for word in words_of(window)]
    assert seen == sorted(seen)
    assert set(seen) == set(range(len(words)))
    tokens = [i for w in windows for i in w.input_ids[w.word_index >= 0]]
    assert tokens == tokenizer(words, is_split_into_words=True, add_special_tokens=False)["input_ids"]
    per_window = [set(words_of(window)) for window in windows]
    assert sum(map(len, per_window)) == len(words)
    assert all(len(window.input_ids) <= max_tokens for window in windows)


def _tokenizer():
    from transformers import BertTokenizerFast

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(p for c in "abc" for p in (c, f"##{c}"))]
    return BertTokenizerFast(vocab={piece: index for index, piece in enumerate(pieces)})


def test_real_movies_keep_every_span_whole(movies, packaged_tokenizer):
    config = DataSettings(source="eraser", path=str(movies), rationales="annotated", max_train=150)
    corpus = load_corpus(config)
    encodings = encode_corpus(corpus, packaged_tokenizer, 512)
    for split, documents in corpus.splits.items():
        assert encodings[split].n_split_spans == 0
        for document in documents:
            windows = encodings[split].of_text(document.id)
            ends = [(min(words_of(w)), max(words_of(w))) for w in windows]
            for span in document.rationale:
                assert any(first <= span.start and span.end - 1 <= last for first, last in ends)
        assert max(len(w.input_ids) for w in encodings[split].windows) <= 512
    assert (len(encodings["dev"]), encodings["dev"].n_with_evidence) == (431, 387)
    assert (len(encodings["test"]), encodings["test"].n_with_evidence) == (443, 424)
