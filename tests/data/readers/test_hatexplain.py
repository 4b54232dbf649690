"""HateXplain: majority labels and rationales, by hand; the posts here are harmless inventions."""

import json
from collections import Counter

import pytest

from workbench.config.data import DataSettings
from workbench.core.documents import Span
from workbench.data.corpus import load_corpus
from workbench.data.sources import data_settings
from workbench.errors import InputError


def post(labels, rationales=(), tokens=("a", "b", "c", "d")):
    return {
        "annotators": [{"label": label, "annotator_id": k} for k, label in enumerate(labels)],
        "rationales": [list(row) for row in rationales],
        "post_tokens": list(tokens),
    }


HATE, OFFENSIVE, NORMAL = "hatespeech", "offensive", "normal"
POSTS = {
    "p1": post([HATE, HATE, OFFENSIVE], [[1, 1, 0, 0], [1, 0, 0, 1], [0, 0, 1, 1]]),
    "p2": post([NORMAL, NORMAL, OFFENSIVE], [[1, 1, 1, 1]], ["e", "f g", "<user>", "h"]),
    "p3": post([OFFENSIVE, OFFENSIVE, NORMAL], [[1, 0, 0, 0], [0, 1, 0, 0]], ["i", "j", "k", "l"]),
    "p4": post([HATE, OFFENSIVE, NORMAL], [[1, 0], [1, 0]], ["m", "n"]),
    "p5": post([HATE] * 3, [[0, 1, 1]] * 3, ["o", "p", "q"]),
    "p6": post([NORMAL] * 3, [], ["r"]),
    "p7": post([NORMAL] * 3, [], ["s"]),
}
DIVISIONS = {"train": ["p1", "p2", "p3", "p4"], "val": ["p5"], "test": ["p6"]}


def write(folder, posts=POSTS, divisions=DIVISIONS):
    (folder / "dataset.json").write_text(json.dumps(posts), encoding="utf-8")
    if divisions is not None:
        (folder / "post_id_divisions.json").write_text(json.dumps(divisions), encoding="utf-8")
    return folder


def settings(path, **more):
    return DataSettings(source="hatexplain", path=str(path), rationales="annotated", **more)


def test_labels_and_rationales_by_majority(tmp_path):
    corpus = load_corpus(settings(write(tmp_path)))
    assert corpus.labels == (HATE, NORMAL, OFFENSIVE)
    p1, p2, p3 = corpus.splits["train"]
    assert (p1.label, p2.label, p3.label) == (HATE, NORMAL, OFFENSIVE)
    assert p1.rationale == (Span(0, 1), Span(3, 4))
    # A normal post was not annotated, whatever the one who disagreed marked.
    assert p2.rationale is None
    assert p2.words == ("e", "fg", "<user>", "h")
    # Annotated, and no token that two people marked.
    assert p3.rationale == ()
    assert corpus.splits["dev"][0].rationale == (Span(1, 3),)
    assert "1 post that most call normal: the rationales of others not used." in corpus.notes
    assert "1 post left out with three different labels (p4)." in corpus.notes
    assert corpus.counts["undecided_texts"] == {"train": 1, "dev": 0, "test": 0}
    # p3's two rationales part over two tokens; three of p1's cannot tie.
    assert corpus.counts["tied_words"] == {"train": 2, "dev": 0, "test": 0}
    assert (
        "2 words marked by exactly half of those who marked any: ties, no rationale by majority."
        in corpus.notes
    )
    assert "1 post in no division not used." in corpus.notes


def test_union_takes_what_anyone_marked(tmp_path):
    p1, p2, p3 = load_corpus(settings(write(tmp_path), annotators="union")).splits["train"]
    assert p1.rationale == (Span(0, 4),)
    assert p2.rationale is None
    assert p3.rationale == (Span(0, 2),)


def test_without_divisions_the_split_is_a_hash(tmp_path):
    posts = {f"p{k}": post([HATE if k % 2 else NORMAL] * 3, [[1]] * 3, [f"w{k}"]) for k in range(40)}
    write(tmp_path, posts, None)
    corpus = load_corpus(settings(tmp_path / "dataset.json"))
    assert sum(len(documents) for documents in corpus.splits.values()) == 40
    assert all(corpus.splits.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"post_tokens": []}, "post p1: the post is empty"),
        ({"post_tokens": "a b"}, "post p1: post_tokens is not a list of strings"),
        ({"annotators": [{"label": HATE}]}, "post p1: annotators is not a list of three"),
        ({"annotators": [{"label": "rude"}] * 3}, "post p1: unknown label 'rude' in annotators"),
        ({"annotators": [{}] * 3}, "post p1: annotators is missing"),
        ({"rationales": [[1, 0]]}, "post p1: a rationale of 2 marks, expected 4 of 0 or 1"),
        ({"rationales": [[2, 0, 0, 0]]}, "post p1: a rationale of 4 marks, expected 4 of 0 or 1"),
        ({"rationales": [[1, 1, 0, 0], [1, 1, 0]]}, "post p1: a rationale of 3 marks, expected 4"),
        ({"rationales": []}, "post p1: 0 rationales of 3 annotators"),
        ({"rationales": [[1, 0, 0, 0]] * 4}, "post p1: 4 rationales of 3 annotators"),
        ({"rationales": None}, "post p1: rationales is not a list of lists"),
    ],
)
def test_bad_posts_are_refused_by_id(change, message, tmp_path):
    write(tmp_path, POSTS | {"p1": POSTS["p1"] | change})
    with pytest.raises(InputError, match=message):
        load_corpus(settings(tmp_path))


def test_bad_files_are_refused_by_name(tmp_path):
    write(tmp_path, divisions={"train": ["p1", "p99"]})
    with pytest.raises(InputError, match=r"post_id_divisions\.json: train: no post 'p99' in dataset"):
        load_corpus(settings(tmp_path))
    write(tmp_path, divisions={"fold": ["p1"]})
    with pytest.raises(InputError, match="'fold' is none of train, val, test"):
        load_corpus(settings(tmp_path))
    (tmp_path / "dataset.json").write_text('{"p1":\n {,}}')
    with pytest.raises(InputError, match=r"dataset\.json:2: broken JSON"):
        load_corpus(settings(tmp_path))
    (tmp_path / "dataset.json").unlink()
    with pytest.raises(InputError, match=r"dataset\.json: no such file"):
        load_corpus(settings(tmp_path))


def test_real_posts_keep_their_tokens_and_labels(hatexplain):
    posts = json.loads(hatexplain.read_text(encoding="utf-8"))
    corpus = load_corpus(settings(hatexplain))
    documents = {d.id: d for members in corpus.splits.values() for d in members}
    majority = {
        post_id: Counter(a["label"] for a in one["annotators"]).most_common(1)[0][0]
        for post_id, one in posts.items()
    }
    # Only posts of the same words are dropped.
    assert len(documents) > 0.95 * len(posts)
    for post_id, document in documents.items():
        assert document.words == tuple(posts[post_id]["post_tokens"])
        assert document.label == majority[post_id]
        assert (document.rationale is None) == (document.label == "normal")


def test_real_rationales_by_both_rules(hatexplain):
    posts = json.loads(hatexplain.read_text(encoding="utf-8"))
    for rule, least in (("majority", 2), ("union", 1)):
        corpus = load_corpus(settings(hatexplain, annotators=rule))
        marked = {
            d.id: sum(span.end - span.start for span in d.rationale)
            for members in corpus.splits.values()
            for d in members
            if d.rationale is not None
        }
        for post_id, n in marked.items():
            votes = [sum(column) for column in zip(*posts[post_id]["rationales"], strict=True)]
            assert n == sum(vote >= least for vote in votes)


@pytest.mark.parametrize(
    ("divisions", "message"),
    [
        ({"train": ["p1", ["p2"]]}, r"divisions.json: train: no post \['p2'\] in dataset.json"),
        ({"train": ["p1"], "val": ["p5"], "dev": ["p6"]}, r"'dev' is the second list of dev posts"),
    ],
)
def test_bad_lists_of_posts_are_named(divisions, message, tmp_path):
    with pytest.raises(InputError, match=message):
        load_corpus(settings(write(tmp_path, divisions=divisions)))


def test_shares_and_a_named_annotator(tmp_path):
    p1, p2, p3 = load_corpus(settings(write(tmp_path))).splits["train"]
    assert p1.shares == (2 / 3, 1 / 3, 1 / 3, 2 / 3)
    assert p2.shares is None
    # Two of three gave a rationale.
    assert p3.shares == (1 / 3, 1 / 3, 0.0, 0.0)
    assert [one.annotator for one in p1.annotations] == ["1", "2", "3"]
    first, _, third = load_corpus(settings(tmp_path, annotators="3")).splits["train"]
    assert first.rationale == (Span(2, 4),)
    assert third.rationale is None
    with pytest.raises(InputError, match=r"'4' is neither majority nor union.*there are: 1, 2, 3"):
        load_corpus(settings(tmp_path, annotators="4"))


def test_real_posts_have_shares(hatexplain):
    corpus = load_corpus(settings(hatexplain))
    documents = [d for members in corpus.splits.values() for d in members]
    assert all((d.shares is None) == (d.rationale is None) for d in documents)
    for document in documents:
        if document.shares is not None:
            marked = {at for span in document.evidence for at in range(span.start, span.end)}
            assert marked == {at for at, share in enumerate(document.shares) if share > 0.5}


def test_a_table_says_what_reads_it(tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text("text,label\na,b\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"posts\.csv: a table, not HateXplain's JSON .*source: file"):
        load_corpus(settings(path))


def test_the_form_is_recognised(tmp_path):
    write(tmp_path)
    for path in (tmp_path, tmp_path / "dataset.json"):
        assert data_settings(str(path)).source == "hatexplain"


@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_posts_one_by_one_are_read_as_well(ending, tmp_path):
    posts = [value | {"post_id": name} for name, value in POSTS.items()]
    path = tmp_path / f"posts.{ending}"
    many = "".join(json.dumps(one) + "\n" for one in posts)
    path.write_text(many if ending == "jsonl" else json.dumps(posts), encoding="utf-8")
    assert data_settings(str(path)).source == "hatexplain"
    documents = {
        one.id: one
        for members in load_corpus(settings(path), training=False).splits.values()
        for one in members
    }
    assert documents.keys() == POSTS.keys() - {"p4"}
    assert documents["p1"].rationale == (Span(0, 1), Span(3, 4))
    path.write_text(
        json.dumps([posts[0], posts[0]]) if ending == "json" else many + many, encoding="utf-8"
    )
    with pytest.raises(InputError, match="the post 'p1' is there twice"):
        load_corpus(settings(path))
