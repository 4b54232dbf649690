"""Planted ground truth: what is inserted, what it decides, the way back through the file loader."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.attribution.scorers.controls.controls import oracle
from workbench.config.loading import load_config
from workbench.core.documents import Corpus, Document, Marked, Span
from workbench.core.token_scores import TokenScores
from workbench.data.corpus import load_corpus
from workbench.data.rationales.planting import (
    CONFIG,
    RECORD,
    TEXTS,
    Plan,
    default_tokens,
    plant,
    rule,
    write_planted,
)
from workbench.data.windows.encode import encode_corpus
from workbench.errors import InputError
from workbench.metrics.plausibility.table import plausibility

LABELS = ("neg", "pos")
KINDS = ("token", "context", "pair")


def corpus(texts: int = 40, words: int = 6, **more) -> Corpus:
    """Texts of the letters a to f, every word its own."""
    documents = tuple(
        Document(
            f"t{number}",
            tuple("abcdef"[(number + place) % 6] for place in range(words)),
            LABELS[number % 2],
            (Span(0, 2),),
        )
        for number in range(texts)
    )
    splits = {
        "train": documents[: texts // 2],
        "dev": documents[texts // 2 : -4],
        "test": documents[-4:],
    }
    return Corpus("letters", LABELS, splits, **more)


def plan(kind: str, **more) -> Plan:
    extra = {} if kind == "token" else {"decoys": 0.5}
    return Plan(kind, ("g", "h"), "i" if kind == "context" else "", **extra | more)


def everyone(source: Corpus, made: Plan):
    before = {d.id: d for own in source.splits.values() for d in own}
    return [(before[item.document.id], item) for own in plant(source, made).values() for item in own]


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, derandomize=True, max_examples=10)
@given(
    seed=st.integers(0, 1000), share=st.sampled_from([0.2, 0.5, 1.0]), first=st.sampled_from([None, 3])
)
def test_the_label_follows_from_what_was_planted(kind, seed, share, first) -> None:
    made = plan(kind, seed=seed, share=share, first_words=first)
    for before, item in everyone(corpus(), made):
        words, label = item.document.words, item.document.label
        assert item.original == before.label
        # Without what was inserted, it is the same text.
        rest = tuple(word for place, word in enumerate(words) if place not in item.places)
        assert rest == before.words
        new = [words[place] for place in item.places]
        assert len(new) == len(words) - len(before.words)
        if first is not None:
            assert all(place < first + len(new) for place in item.places)
        if item.role != "planted":
            assert label == before.label
            assert item.document.rationale is None
            assert len(new) == (item.role == "decoy")
            continue
        assert item.document.rationale == tuple(Span(p, p + 1) for p in item.places)
        if kind == "token":
            assert new == ["gh"[LABELS.index(label)]]
        elif kind == "context":
            assert sorted(new) == ["gh"[LABELS.index(label)], "i"]
        else:
            assert new == (["g", "h"] if label == "neg" else ["h", "g"])


def test_shares_are_about_what_was_asked_for() -> None:
    items = [item for _, item in everyone(corpus(400), plan("pair", share=0.7, decoys=0.4))]
    roles = [item.role for item in items]
    assert roles.count("planted") / 400 == pytest.approx(0.7, abs=0.07)
    assert roles.count("decoy") / roles.count("plain") == pytest.approx(0.4 / 0.6, abs=0.3)
    planted = [item.document.label for item in items if item.role == "planted"]
    assert planted.count("pos") / len(planted) == pytest.approx(0.5, abs=0.1)


def test_equal_seeds_plant_alike_whatever_the_order() -> None:
    source, made = corpus(), plan("context", seed=4)
    backwards = replace(source, splits={"train": source.splits["train"][::-1]})
    once, twice = plant(source, made)["train"], plant(backwards, made)["train"]
    assert once == twice[::-1]
    assert plant(source, replace(made, seed=5))["train"] != once


@pytest.mark.parametrize("kind", KINDS)
def test_the_own_file_loader_reads_what_was_planted(kind, tmp_path) -> None:
    source, made = corpus(), plan(kind)
    planted = plant(source, made)
    record = write_planted(tmp_path / "out", source, made, planted)
    assert json.loads((tmp_path / "out" / RECORD).read_text()) == record
    assert record["rule"] == rule(made, LABELS)
    read = load_corpus(load_config(tmp_path / "out" / CONFIG).data)
    assert read.labels == LABELS
    for split, own in planted.items():
        assert read.splits[split] == tuple(item.document for item in own)
        roles = [item.role for item in own]
        counts = {role: roles.count(role) for role in ("planted", "decoy", "plain")}
        assert counts.items() <= record["splits"][split].items()
    lines = [json.loads(line) for line in (tmp_path / "out" / TEXTS).read_text().splitlines()]
    for line in lines:
        words = line["text"].split()
        assert {words[place] for place in line["places"]} <= set(made.inserted)
        assert (line["rationale"] is not None) == (line["role"] == "planted")


def test_pairs_of_texts_keep_their_second(tmp_path) -> None:
    source = corpus()
    splits = {
        name: tuple(replace(d, second=("a", "b")) for d in own) for name, own in source.splits.items()
    }
    source, made = replace(source, splits=splits), plan("pair")
    planted = plant(source, made)
    write_planted(tmp_path / "out", source, made, planted)
    read = load_corpus(load_config(tmp_path / "out" / CONFIG).data)
    assert read.splits["train"] == tuple(item.document for item in planted["train"])
    assert read.splits["train"][0].second == ("a", "b")


def test_words_with_spaces_inside_are_split_before_anything_is_counted() -> None:
    odd = Document("odd", ("a", "", "b\tc"), "pos")
    source = corpus()
    source.splits["train"] = (odd, *source.splits["train"])
    ((found,), *_) = (
        [i for i in own if i.document.id == "odd"] for own in plant(source, plan("token")).values()
    )
    rest = [w for place, w in enumerate(found.document.words) if place not in found.places]
    assert rest == ["a", "b", "c"]


def test_what_annotators_marked_goes_with_the_rationale() -> None:
    source = corpus()
    people = (Marked("a", (Span(0, 2),)), Marked("b", ()))
    source.splits["train"] = tuple(
        replace(one, shares=(0.5, 0.5, 0, 0, 0, 0), annotations=people) for one in source.splits["train"]
    )
    for item in plant(source, plan("token"))["train"]:
        assert item.document.shares is None
        assert item.document.annotations == ()


@pytest.mark.parametrize("kind", KINDS)
def test_the_oracle_scores_1_everywhere(kind, tmp_path, toy_tokenizer) -> None:
    source, made = corpus(), plan(kind)
    write_planted(tmp_path / "out", source, made, plant(source, made))
    read = load_corpus(load_config(tmp_path / "out" / CONFIG).data)
    windows = encode_corpus(read, toy_tokenizer, 32)["train"].windows
    records = [
        TokenScores(
            "oracle", "dense", w.text_id, w.window,
            tuple(toy_tokenizer.convert_ids_to_tokens(w.input_ids.tolist())),
            w.word_index, oracle(w, 3, 0), None, w.rationale,
        )
        for w in windows
    ]  # fmt: skip
    frame = plausibility(records, "train", bootstrap=0).frame
    perfect = {"ap": 1.0, "fpr": 0.0, "tpr": 1.0}
    for metric, value in perfect.items():
        rows = frame[frame["metric"] == metric]
        # Three layers, two units, two universes.
        assert len(rows) == 12
        assert (rows["value"] == value).all()
        marked = sum(d.rationale is not None for d in read.splits["train"])
        assert set(rows["n"]) == {marked}
        assert marked > 3


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (Plan("token", ("g", "h", "j")), "2 tokens are needed, one per class, not 3"),
        (Plan("token", ("g", "g")), "not all different"),
        (Plan("token", ("g", "G")), "not all different"),
        (Plan("token", ("g", "h j")), "the token 'h j' is not one word"),
        (Plan("token", ("g", "")), "the token '' is not one word"),
        (Plan("token", ("g", "h"), decoys=0.5), "no decoys"),
        (Plan("token", ("g", "h"), context="i"), "no other kind has one"),
        (Plan("context", ("g", "h")), "needs a context token"),
        (Plan("token", ("g", "h"), share=0.0), "must lie between 0 and 1"),
        (Plan("pair", ("g", "h"), decoys=1.5), "must lie between 0 and 1"),
        (Plan("token", ("g", "h"), first_words=0), "first words 0: at least 1"),
        (Plan("token", ("A", "h")), r"letters holds tokens .*'a' 40 times in 40 texts; choose others"),
        (Plan("context", ("g", "h"), "b"), "'b' 40 times in 40 texts"),
    ],
)
def test_plans_that_do_not_fit_are_refused(made: Plan, message: str) -> None:
    with pytest.raises(InputError, match=message):
        plant(corpus(), made)


def test_a_pair_needs_two_classes_and_default_tokens_follow_them() -> None:
    three = replace(corpus(), labels=("a", "b", "c"))
    with pytest.raises(InputError, match="a pair decides between two classes, these data have 3"):
        plant(three, plan("pair"))
    assert default_tokens("token", three.labels) == ("qqa", "qqb", "qqc")
    assert default_tokens("pair", three.labels) == ("qqa", "qqb")


def test_a_text_of_one_word_takes_a_whole_shortcut() -> None:
    planted = [item for item in plant(corpus(words=1), plan("pair"))["train"] if item.role == "planted"]
    assert planted
    for item in planted:
        assert len(item.document.words) == 3
        assert [item.document.words[place] for place in item.places] in (["g", "h"], ["h", "g"])


def test_tokens_in_a_second_text_count_as_used() -> None:
    source = corpus()
    first = replace(source.splits["train"][0], second=("G",))
    source.splits["train"] = (first, *source.splits["train"][1:])
    with pytest.raises(InputError, match="'g' 1 time in 1 text"):
        plant(source, plan("token"))


def test_places_are_spread_over_the_text() -> None:
    items = [item for _, item in everyone(corpus(400), plan("token", share=1.0))]
    counts = np.bincount([item.places[0] for item in items], minlength=7)
    assert (counts > 400 / 7 * 0.6).all()
