"""Scores computed elsewhere, in every form, against values by hand and by scikit-learn."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

import workbench
from workbench.core.documents import Document, Span, mask
from workbench.data.corpus import load_corpus
from workbench.data.sources import data_settings
from workbench.errors import InputError
from workbench.external.check import check_scores
from workbench.external.evaluate import evaluate_scores

ONE = Document("one", ("a", "warm", "film", "indeed"), "pos", (Span(1, 3),))
TWO = Document("two", ("dull", "but", "short"), "neg", (Span(0, 1),))
TEXTS = (ONE, TWO)
WORDS = {"one": [0.1, 0.5, 0.2, 0.3], "two": [0.2, 0.7, 0.1]}
AP = np.mean([average_precision_score([0, 1, 1, 0], WORDS["one"]),
              average_precision_score([1, 0, 0], WORDS["two"])])  # fmt: skip


def rows(values=WORDS, **more) -> pd.DataFrame:
    return pd.DataFrame(
        [{"text_id": name, "word": at, "score": score, **more}
         for name, scores in values.items() for at, score in enumerate(scores)]
    )  # fmt: skip


def value(judged, metric="ap", selection="none", **where) -> float:
    frame = judged.plausibility
    where = {"scorer": "external", "universe": "all"} | where
    for name, wanted in ({"metric": metric, "selection": selection} | where).items():
        frame = frame[frame[name] == wanted]
    (found,) = frame["value"]
    return found


def evaluate(scores, data=TEXTS, **more):
    return evaluate_scores(scores, data, bootstrap=0, **more)


@pytest.mark.parametrize(
    "form",
    [
        WORDS,
        list(WORDS.values()),
        rows(),
        rows().sample(frac=1, random_state=0),
        pd.DataFrame({"text_id": list(WORDS), "scores": list(WORDS.values())}),
    ],
)
def test_every_form_gives_the_values_of_scikit_learn(form) -> None:
    judged = evaluate(form)
    assert value(judged) == pytest.approx(AP)
    # Above the mean: "warm" and "indeed" of the first text, "but" of the second.
    assert value(judged, "fpr", "uniform") == pytest.approx((1 / 2 + 1 / 2) / 2)
    assert value(judged, "tpr", "uniform") == pytest.approx((1 / 2 + 0) / 2)
    assert judged.notes == ()


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_files_are_read_as_frames_are(tmp_path, ending) -> None:
    path, frame = tmp_path / f"scores{ending}", rows(scorer="lime", method="svm")
    if ending == ".csv":
        frame.to_csv(path, index=False)
    elif ending == ".parquet":
        frame.to_parquet(path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in frame.to_dict("records")))
    judged = evaluate(path)
    assert value(judged, scorer="lime", method="svm") == pytest.approx(AP)


def test_each_layer_is_judged_by_itself() -> None:
    two_layers = {name: [scores, scores[::-1]] for name, scores in WORDS.items()}
    judged = evaluate(two_layers)
    assert value(judged, layer=0) == pytest.approx(AP)
    expected = [average_precision_score([0, 1, 1, 0], WORDS["one"][::-1]),
                average_precision_score([1, 0, 0], WORDS["two"][::-1])]  # fmt: skip
    assert value(judged, layer=1) == pytest.approx(np.mean(expected))
    assert judged.summary["layer"].tolist() == [0, 1, 0, 1]
    assert judged.summary["texts"].tolist() == [2] * 4
    long = pd.concat([rows(layer=0), rows({n: s[::-1] for n, s in WORDS.items()}, layer=1)])
    pd.testing.assert_frame_equal(evaluate(long).plausibility, judged.plausibility)


# "a warm film indeed": wa, rm, then a token over a space, and special tokens without characters.
TOKENS = pd.DataFrame(
    [("one", 0, 0, 9.0), ("one", 0, 1, 0.1), ("one", 2, 4, 0.3), ("one", 4, 6, -0.6),
     ("one", 6, 11, 0.2), ("one", 12, 18, 0.25), ("one", 0, 0, 9.0)],
    columns=["text_id", "start", "end", "score"],
)  # fmt: skip


@pytest.mark.parametrize(
    ("pooling", "signs", "warm"),
    [
        ("max", "signed", 0.3), ("sum", "signed", -0.3), ("mean", "signed", -0.15),
        ("first", "signed", 0.3), ("signed-max", "signed", -0.6), ("max", "absolute", 0.6),
        ("sum", "absolute", 0.9), ("first", "absolute", 0.3),
    ],
)  # fmt: skip
def test_tokens_become_words_by_their_offsets(pooling, signs, warm) -> None:
    judged = evaluate(TOKENS, [ONE], pooling=pooling, signs=signs)
    expected = average_precision_score([0, 1, 1, 0], [0.1, warm, 0.2, 0.25])
    assert value(judged) == pytest.approx(expected)
    assert any(pooling in note for note in judged.notes)


def test_rows_of_tokens_may_come_in_any_order_and_lists_of_layers_from_parquet(tmp_path) -> None:
    shuffled = evaluate(TOKENS.iloc[::-1], [ONE], pooling="first", signs="absolute")
    expected = evaluate(TOKENS, [ONE], pooling="first", signs="absolute")
    pd.testing.assert_frame_equal(shuffled.plausibility, expected.plausibility)
    lists = {name: [scores, scores[::-1]] for name, scores in WORDS.items()}
    pd.DataFrame({"text_id": list(lists), "scores": list(lists.values())}).to_parquet(
        tmp_path / "lists.parquet"
    )
    found = evaluate(pd.read_parquet(tmp_path / "lists.parquet"))
    pd.testing.assert_frame_equal(found.plausibility, evaluate(lists).plausibility)


def test_a_token_counts_for_every_word_that_it_touches() -> None:
    tokens = TOKENS.assign(end=TOKENS["end"].where(TOKENS["start"] != 4, 8), score=TOKENS["score"].abs())
    judged = evaluate(tokens, [ONE])
    assert value(judged) == pytest.approx(average_precision_score([0, 1, 1, 0], [0.1, 0.6, 0.6, 0.25]))


def test_what_is_not_covered_is_refused_or_zero() -> None:
    cut = TOKENS.iloc[:4].assign(score=lambda frame: frame["score"].abs())
    with pytest.raises(InputError, match=r"text 'one'.*word 2 \('film'\) has no score.*uncovered"):
        evaluate(cut, [ONE])
    judged = evaluate(cut, [ONE], uncovered=True)
    assert value(judged) == pytest.approx(average_precision_score([0, 1, 1, 0], [0.1, 0.6, 0, 0]))
    assert judged.notes[0].startswith("2 scores of words")


def test_the_control_is_random_and_stands_beside() -> None:
    judged = evaluate_scores(WORDS, TEXTS, bootstrap=200, seed=3)
    again = evaluate_scores(WORDS, TEXTS, bootstrap=200, seed=3)
    pd.testing.assert_frame_equal(judged.plausibility, again.plausibility)
    assert judged.summary["scorer"].tolist() == ["external", "random"]
    row = judged.plausibility.query("scorer == 'external' and metric == 'ap'").iloc[0]
    assert row["ci_low"] <= row["value"] <= row["ci_high"]


def test_a_corpus_is_named_in_a_word_and_its_texts_by_id() -> None:
    texts = load_corpus(data_settings("data/eraser-sample")).splits["test"]
    marks = {one.id: mask(one.rationale, len(one.words + one.second)).astype(float) for one in texts}
    judged = workbench.evaluate_scores(marks, "data/eraser-sample", bootstrap=0)
    assert value(judged) == 1.0
    assert value(judged, scorer="random") < 1.0
    with pytest.raises(InputError, match=r"split 'holdout': has no texts .*test"):
        workbench.evaluate_scores(marks, "data/eraser-sample", split="holdout")


def test_only_both_are_judged_where_that_is_asked_for() -> None:
    some = {"one": WORDS["one"], "three": [1.0]}
    with pytest.raises(InputError, match="text 'three': scored, and the texts have none of that id"):
        evaluate(some)
    with pytest.raises(InputError, match="text 'two': has no scores"):
        evaluate({"one": WORDS["one"]})
    with pytest.raises(InputError, match="text 'two': has no scores of some scorer or layer"):
        evaluate(pd.concat([rows(layer=0), rows({"one": WORDS["one"]}, layer=1)]))
    judged = evaluate(some, partial=True)
    assert value(judged) == pytest.approx(average_precision_score([0, 1, 1, 0], WORDS["one"]))
    assert len(judged.notes) == 2


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ({}, "scores: there are none"),
        ({"three": [1.0]}, "text 'three': scored, and the texts have none of that id, nor of any"),
        ([[1.0]], "1 arrays for 2 texts"),
        (pd.DataFrame({"word": [0], "score": [1.0]}), "no column text_id"),
        (pd.DataFrame({"text_id": ["one"], "word": [0]}), "neither a column score nor"),
        (pd.DataFrame({"text_id": ["one"], "score": [0.0]}), "neither a column word"),
        (rows().replace(0.7, np.nan), "text 'two', row 6: score nan is not a finite number"),
        (rows(layer=-1), "layer -1 is not a whole number from 0"),
        (rows(layer="first"), "layer 'first' is not a whole number"),
        (WORDS | {"two": [[1.0], [2.0, 3.0]]}, "text 'two': its scores are no numbers, or lists of"),
        (WORDS | {"two": []}, r"text 'two': scores \(0,\)"),
        (WORDS | {"two": [0.1] * 4}, "text 'two', external: word 3 of 3"),
        (WORDS | {"two": [0.1, -0.1, 0]}, "text 'two', external: a negative score; --signed"),
        (pd.concat([rows(), rows()]), "several scores of one word"),
        (pd.concat([TOKENS, TOKENS.assign(text_id="two"), TOKENS]), "a token comes twice in one layer"),
        (
            pd.concat([TOKENS.assign(end=40), TOKENS.assign(text_id="two")]),
            "a token ends at character 40 of 18",
        ),
    ],
)
def test_what_does_not_fit_is_named(scores, told) -> None:
    with pytest.raises(InputError, match=told):
        evaluate(scores)


def test_other_arguments_that_do_not_fit() -> None:
    with pytest.raises(InputError, match="pooling 'median': one of max, sum"):
        evaluate(WORDS, pooling="median")
    with pytest.raises(InputError, match="no scored text has a rationale"):
        evaluate(WORDS, [one.unmarked() for one in TEXTS])
    pair = Document("one", ("a",), "x", (Span(0, 1),), ("b",))
    with pytest.raises(InputError, match="offsets in a pair of texts say nothing"):
        evaluate(TOKENS, [pair])


def test_it_shows_itself(capsys) -> None:
    judged = evaluate(WORDS | {"two": [0.0, -1.0, 0.5]}, signs="absolute")
    judged.show()
    printed = capsys.readouterr().out
    assert "external" in printed
    assert "Scores are the sizes" in printed
    assert "<td>external</td>" in judged._repr_html_()
    hostile = evaluate(rows(scorer="<script>"))
    assert "<script>" not in hostile.to_html()


def test_a_check_says_what_has_to_be_decided() -> None:
    assert check_scores(WORDS, TEXTS) == [
        "2 texts of 2 scored, by external, in 1 layer; 2 have a rationale."
    ]
    found = check_scores(pd.concat([TOKENS.iloc[:5], TOKENS.iloc[1:2].assign(text_id="x")]), TEXTS)
    assert [line.split(":")[0] for line in found[1:]] == [
        "Scores are of tokens",
        "1 scored text not among the texts (x)",
        "1 text without scores of some scorer or layer (two)",
        "1 of 5 scores negative",
        "1 word without a score (the first in text 'one', external)",
    ]
    assert check_scores(WORDS, [one.unmarked() for one in TEXTS])[1].startswith("No text has")
