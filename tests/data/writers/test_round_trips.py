"""What is written in each form is read back the same, as far as the form can hold it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.catalog.options import CorpusForm
from workbench.config.data import DataSettings
from workbench.config.loading import load_config
from workbench.core.annotators import combine
from workbench.core.documents import Corpus, Document, Marked, Part, Span, mask, runs
from workbench.data.corpus import load_corpus
from workbench.data.words import split_words
from workbench.data.writers.convert import CONFIG, RECORD, WRITERS, convert
from workbench.errors import InputError

FORMS = get_args(CorpusForm)
SPLITS = ("train", "dev", "test")
WORDS = ("good", "bad", "it's", "film", ".", "!!", "wow😀", "👩‍👩‍👧", "𝔘", "naïve", "x" * 12, "1")
"""Each is one word for `split_text`, so that Label Studio's characters cut them alike."""


@st.composite
def spans(draw, first: int, second: int) -> tuple[Span, ...]:
    """Spans of words, touching and overlapping ones too, none from the first text into the second."""
    found = set()
    for _ in range(draw(st.integers(0, 3))):
        low, high = draw(
            st.sampled_from([(0, first), (first, first + second)] if second else [(0, first)])
        )
        start = draw(st.integers(low, high - 1))
        found.add((start, draw(st.integers(start + 1, high))))
    return tuple(Span(*pair) for pair in sorted(found))


@st.composite
def marked(draw, document: Document, rule: str) -> Document:
    """A text with the marks of two to four people, some of whom marked nothing at all."""
    first, second = len(document.words), len(document.second)
    people = draw(st.integers(2, 4))
    those = draw(st.integers(1, people))
    annotations = tuple(Marked(f"person {n}", draw(spans(first, second))) for n in range(those))
    marks = np.array([mask(one.spans, first + second) for one in annotations])
    return replace(
        document,
        annotations=annotations,
        annotators=people,
        shares=tuple((marks.sum(axis=0) / people).tolist()),
        rationale=runs(combine(marks, people, rule)),
    )


@st.composite
def corpora(draw, *, pairs: bool | None = None, people: bool | None = None, rule: str = "majority"):
    """A corpus of a few texts in all splits: singles or pairs, of one annotator, several, or none."""
    pairs = draw(st.booleans()) if pairs is None else pairs
    people = draw(st.booleans()) if people is None else people
    texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(tuple)
    number, splits = 0, {}
    for split in SPLITS:
        members = []
        for place in range(draw(st.integers(2, 3))):
            number += 1
            # A number of its own keeps texts apart: the splits would else be told to share some.
            words = (*draw(texts), f"n{number}")
            second = draw(texts) if pairs else ()
            label = ("no", "yes 👍")[place] if place < 2 else draw(st.sampled_from(("no", "yes 👍")))
            document = Document(f"id {number}/{label}", words, label, None, second)
            kind = draw(st.sampled_from(["nobody", "one", "several"] if people else ["nobody", "one"]))
            if kind == "one":
                document = replace(document, rationale=draw(spans(len(words), len(second))))
            if kind == "several":
                document = draw(marked(document, rule))
            members.append(document)
        splits[split] = tuple(members)
    return Corpus("random", ("no", "yes 👍"), splits, rationales="annotated spans")


def read_back(corpus: Corpus, form: CorpusForm, folder: Path, **changed: object) -> Corpus:
    convert(corpus, DataSettings(**changed), form, folder)
    return load_corpus(load_config(folder / CONFIG).data)


def quick(test):
    return settings(
        max_examples=25, deadline=None, derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )(test)  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_the_words_of_these_tests_are_words(word: str) -> None:
    assert split_words(word) == [word]


def test_each_form_has_a_writer() -> None:
    assert tuple(WRITERS) == FORMS


@pytest.mark.parametrize("rule", ["majority", "union"])
@quick
@given(data=st.data())
def test_json_lines_hold_everything(data, tmp_path: Path, rule: str) -> None:
    corpus = data.draw(corpora(rule=rule))
    several = any(one.annotations for members in corpus.splits.values() for one in members)
    read = read_back(corpus, "jsonl", tmp_path / "out", annotators=rule if several else "majority")
    assert read.labels == corpus.labels
    assert read.splits == corpus.splits


@quick
@given(corpus=corpora(people=False))
def test_json_lines_hold_shares_alone(corpus: Corpus, tmp_path: Path) -> None:
    def shared(document: Document) -> Document:
        if document.rationale is None:
            return document
        marks = mask(document.rationale, len(document.words) + len(document.second))
        shares = np.where(marks, 2 / 3, 0.1)
        return replace(document, shares=tuple(shares.tolist()), rationale=runs(marks))

    corpus = replace(corpus, splits={k: tuple(map(shared, v)) for k, v in corpus.splits.items()})
    assert read_back(corpus, "jsonl", tmp_path / "out").splits == corpus.splits


@quick
@given(corpus=corpora())
def test_eraser_holds_the_rationale_that_the_marks_make(corpus: Corpus, tmp_path: Path) -> None:
    read = read_back(corpus, "eraser", tmp_path / "out")
    assert read.labels == corpus.labels
    for split, members in corpus.splits.items():
        for old, new in zip(members, read.splits[split], strict=True):
            assert (new.id, new.words, new.second, new.label) == (
                old.id,
                old.words,
                old.second,
                old.label,
            )
            # There is no "not annotated": that is as if nothing was marked.
            assert new.rationale == (old.rationale or ())
            assert (new.shares, new.annotations) == (None, ())


@quick
@given(corpus=corpora(pairs=False))
def test_label_studio_holds_what_each_person_marked(corpus: Corpus, tmp_path: Path) -> None:
    read = read_back(corpus, "label-studio", tmp_path / "out")
    assert read.labels == corpus.labels
    for split, members in corpus.splits.items():
        for old, new in zip(members, read.splits[split], strict=True):
            assert (new.id, new.words, new.label, new.shares) == (
                old.id,
                old.words,
                old.label,
                old.shares,
            )
            assert new.rationale == (old.rationale or ())
            marks = [one.spans for one in new.annotations]
            # Who marked nothing has an annotation without a span.
            assert [*filter(None, marks)] == [one.spans for one in old.annotations if one.spans]


@quick
@given(corpus=corpora(pairs=False))
def test_label_studios_spans_count_as_browsers_do(corpus: Corpus, tmp_path: Path) -> None:
    convert(corpus, DataSettings(), "label-studio", tmp_path / "out")
    for task in json.loads((tmp_path / "out" / "tasks.json").read_text(encoding="utf-8")):
        units = task["data"]["text"].encode("utf-16-le")
        for annotation in task["annotations"]:
            for result in annotation["result"]:
                if result["type"] == "labels":
                    value = result["value"]
                    inside = units[2 * value["start"] : 2 * value["end"]]
                    assert inside.decode("utf-16-le") == value["text"]


@pytest.mark.parametrize("form", FORMS)
def test_the_sample_is_the_same_in_each_form(form: CorpusForm, sample: Path, tmp_path: Path) -> None:
    given = DataSettings(source="eraser", path=str(sample), rationales="annotated")
    corpus = load_corpus(given)
    read = read_back(corpus, form, tmp_path / "out")
    for split, members in corpus.splits.items():
        assert [one.id for one in read.splits[split]] == [one.id for one in members]
        assert [one.label for one in read.splits[split]] == [one.label for one in members]
        if form != "label-studio":  # Its characters are cut into words by another rule than ERASER's.
            assert [one.words for one in read.splits[split]] == [one.words for one in members]
            assert [one.evidence for one in read.splits[split]] == [one.evidence for one in members]


def test_a_record_says_what_was_written(tmp_path: Path, sample: Path) -> None:
    given = DataSettings(source="eraser", path=str(sample), rationales="annotated")
    record = convert(load_corpus(given), given, "eraser", tmp_path / "out")
    assert record == json.loads((tmp_path / "out" / RECORD).read_text(encoding="utf-8"))
    assert (record["form"], record["splits"]) == ("eraser", {"train": 24, "dev": 10, "test": 10})
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(record["files"])


def corpus_of(*documents: Document, labels=("a", "b"), rationales="annotated spans") -> Corpus:
    others = tuple(Document(f"o{n}", ("x", str(n)), labels[n % len(labels)], ()) for n in range(4))
    return Corpus("some", labels, {"train": (*documents, *others[:2]), "dev": others[2:3],
                                   "test": others[3:]}, rationales=rationales)  # fmt: skip


def test_texts_of_several_documents_keep_them_in_eraser(tmp_path: Path) -> None:
    parts = (Part("one", 0, 2, 1), Part("two", 2, 5, 3))
    joined = Document(
        "j", ("a", "b", "c", "d", "e"), "a", (Span(1, 2), Span(2, 2), Span(3, 5)), parts=parts
    )
    asked = Document("q", ("a", "b"), "b", (), ("why", "?"), parts=parts[:1])
    read = read_back(corpus_of(joined, asked), "eraser", tmp_path / "out")
    new, other = read.splits["train"][:2]
    assert (new.words, new.rationale) == (joined.words, joined.rationale)
    assert [(one.docid, one.start, one.end) for one in new.parts] == [("one", 0, 2), ("two", 2, 5)]
    assert (other.words, other.second) == (asked.words, asked.second)
    lines = (tmp_path / "out" / "docs.jsonl").read_text(encoding="utf-8").splitlines()
    assert {"docid": "two", "document": "c d e"} in map(json.loads, lines)


def test_ids_that_would_make_a_pair_of_single_texts_do_not(tmp_path: Path) -> None:
    apart = [Document(f"x{end}", (end, "text"), "a", ()) for end in ("_premise", "_hypothesis")]
    both = Document("x", ("one",), "b", (), ("two",))
    read = read_back(corpus_of(*apart, both), "eraser", tmp_path / "out")
    assert [(one.words, one.second) for one in read.splits["train"][:3]] == [
        (one.words, one.second) for one in (*apart, both)
    ]


@pytest.mark.parametrize("form", FORMS)
def test_white_space_inside_words_is_left_out_and_told(form: CorpusForm, tmp_path: Path) -> None:
    words = ("10\u00a0km", "\u00a0", "far", "\u2009away")
    spans = (Span(0, 1), Span(1, 2), Span(2, 4))
    record = convert(corpus_of(Document("w", words, "a", spans)), DataSettings(), form, tmp_path / "out")
    assert record["notes"] == [
        "1 text with white space inside words, which is left out.",
        "1 word of white space alone left out.",
    ]
    new = load_corpus(load_config(tmp_path / "out" / CONFIG).data).splits["train"][0]
    assert (new.words, new.rationale) == (("10km", "far", "away"), (Span(0, 1), Span(1, 3)))


@pytest.mark.parametrize(
    ("form", "document", "told"),
    [
        ("eraser", Document("n", ("a",), "a"), "1 text that nobody annotated: in ERASER's layout"),
        ("label-studio", Document("n", ("a",), "a"), "1 text that nobody annotated: the task"),
        ("eraser", Document("s", ("a",), "a", (Span(0, 1),), shares=(0.7,)), "1 text with shares"),
        ("label-studio", Document("s", ("a",), "a", (), shares=(0.2,)), "1 text with shares"),
        ("jsonl", Document("e", ("a",), "a", (Span(0, 0),)), "1 span of no words left out"),
        ("label-studio", Document("e", ("a",), "a", (Span(0, 0),)), "1 span of no words left out"),
        ("label-studio", Document("t", ("n't.",), "a", ()), "1 text whose words are cut otherwise"),
        ("jsonl", Document("p", ("a", "b"), "a", (), parts=(Part("1", 0, 1), Part("2", 1, 2))),
         "1 text joined from several documents written as one"),
        ("eraser", Document("m", ("a",), "a", (), shares=(0.5,),
                            annotations=(Marked("1", (Span(0, 1),)), Marked("2", ()))),
         "1 text of several annotators: only the rationale that their marks make"),
    ],
)  # fmt: skip
def test_what_a_form_cannot_hold_is_counted(form, document, told, tmp_path) -> None:
    notes = convert(corpus_of(document), DataSettings(), form, tmp_path / "out")["notes"]
    assert len(notes) == 1
    assert notes[0].startswith(told)


def test_a_proxy_is_not_written_as_annotation(tmp_path: Path) -> None:
    corpus = corpus_of(Document("v", ("a",), "a", (Span(0, 1),)), rationales="valence proxy")
    for form in FORMS:
        record = convert(corpus, DataSettings(), form, tmp_path / form)
        assert record["notes"] == ["5 rationales not written: no annotation (valence proxy)."]
        read = load_corpus(load_config(tmp_path / form / CONFIG).data)
        assert read.splits["train"][0].rationale is None
        assert read.rationales == "none"


def test_another_order_of_classes_and_values_are_told(tmp_path: Path) -> None:
    record = convert(corpus_of(labels=("b", "a")), DataSettings(), "jsonl", tmp_path / "out")
    assert record["notes"] == [
        "The order of the classes is not kept: read back, they are those of the training texts, sorted"
        " (a, b; here b, a)."
    ]
    values = corpus_of(Document("r", ("a",), "1.5", ()), labels=("score",))
    record = convert(values, DataSettings(), "eraser", tmp_path / "out")
    assert record["notes"] == ["The labels are values (score); read back, each is a class of its own."]


def test_a_query_that_is_the_same_everywhere_is_told(tmp_path: Path) -> None:
    texts = [Document(str(n), ("a", str(n)), "ab"[n % 2], (), ("why",), (Part(f"d{n}", 0, 2),))
             for n in range(4)]  # fmt: skip
    splits = {"train": tuple(texts[:2]), "dev": (texts[2],), "test": (texts[3],)}
    corpus = Corpus("q", ("a", "b"), splits, rationales="annotated spans")
    (note,) = convert(corpus, DataSettings(), "eraser", tmp_path / "out")["notes"]
    assert note == "The query is the same everywhere, and is left out when read: 'why'."


def test_what_a_form_cannot_hold_at_all_is_refused_and_nothing_written(tmp_path: Path) -> None:
    pair = Document("p", ("a",), "a", (), ("b",))
    with pytest.raises(InputError, match="some: these texts are pairs, and Label Studio's form holds"):
        convert(corpus_of(pair), DataSettings(), "label-studio", tmp_path / "out")
    with pytest.raises(InputError, match="'o0' has no second text, but others have"):
        convert(corpus_of(pair), DataSettings(), "jsonl", tmp_path / "out")
    with pytest.raises(InputError, match="'w': the text holds only white space"):
        convert(corpus_of(Document("w", ("\u00a0",), "a")), DataSettings(), "jsonl", tmp_path / "out")
    assert not (tmp_path / "out").exists()
