"""Predictions judged against texts: values by hand and by scikit-learn, and what does not fit."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from workbench.config.data import DataSettings
from workbench.core.documents import Document, Part, Span
from workbench.core.token_scores import TokenScores
from workbench.data.corpus import load_corpus
from workbench.eraser.evaluate import evaluate_predictions
from workbench.eraser.prediction import write_predictions
from workbench.eraser.records import to_predictions
from workbench.errors import InputError
from workbench.metrics.plausibility.annotated_spans import annotated_iou
from workbench.metrics.plausibility.measures import WINDOW_MEASURES
from workbench.metrics.plausibility.table import plausibility
from workbench.metrics.plausibility.text_values import text_values

ONE = Document("one", tuple("abcd"), "x", (Span(1, 3),))
# Two documents and a query that nobody scores.
TWO = Document(
    "two", tuple("efghi"), "y", (Span(0, 1),), ("what", "?"), (Part("d1", 0, 3, 1), Part("d2", 3, 5, 2))
)
TEXTS = (ONE, TWO)


def predicted(name, *entries, **more):
    """entries: (docid, soft scores or None, selected tokens or None)."""
    rationales = []
    for docid, soft, hard in entries:
        found = {"docid": docid}
        if soft is not None:
            found["soft_rationale_predictions"] = soft
        if hard is not None:
            found["hard_rationale_predictions"] = [{"start_token": n, "end_token": n + 1} for n in hard]
        rationales.append(found)
    return {"annotation_id": name, "rationales": rationales} | more


GOOD = (
    predicted("one", ("one", [0.4, 0.3, 0.2, 0.1], [0, 1])),
    predicted("two", ("d1", [0.5, 0.1, 0.1], [0]), ("d2", [0.1, 0.3], [])),
)


def evaluate(folder, *records, texts=TEXTS, **more):
    path = folder / "lime.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return evaluate_predictions(path, texts, "test", bootstrap=0, **more)


def values(found, **where):
    frame = found.plausibility
    for key, value in where.items():
        frame = frame[frame[key] == value]
    return {(row.selection, row.metric): row.value for row in frame.itertuples()}


def test_values_by_hand(tmp_path):
    found = evaluate(tmp_path, *GOOD)
    assert set(found.plausibility["scorer"]) == {"lime.jsonl"}
    assert set(found.plausibility["method"]) == {"external"}
    assert set(found.plausibility["layer"]) == {0}
    assert set(found.plausibility["unit"]) == {"word"}
    own = values(found, universe="with-evidence")
    # one: b and c are ranks 2 and 3: (1/2 + 2/3) / 2; two: e is first in d1, and d2 has no evidence.
    assert own["none", "ap"] == pytest.approx((7 / 12 + 1) / 2)
    # one: a selected, of the two unmarked a and d; two: e only.
    assert own["kept", "fpr"] == pytest.approx((1 / 2 + 0) / 2)
    assert own["kept", "tpr"] == pytest.approx((1 / 2 + 1) / 2)
    # d2, where nothing was selected, is a text of its own with 0.
    assert values(found, universe="all")["kept", "fpr"] == pytest.approx(1 / 6)
    assert found.classification.empty
    assert found.notes == ()
    counts = found.counts[found.counts["universe"] == "all"].iloc[0]
    assert (counts["windows"], counts["texts"]) == (3, 3)


def test_layers_and_scorers_are_kept_apart(tmp_path):
    worse = predicted("one", ("one", [1, 0, 0, 0.5], None), scorer="a", layer=3)
    better = predicted("one", ("one", [0, 1, 1, 0], None), scorer="a", layer=5)
    other = predicted("one", ("one", [0, 0, 1, 0], None), scorer="b", method="m")
    found = evaluate(tmp_path, worse, better, other, texts=[ONE])
    ap = found.plausibility[found.plausibility["metric"] == "ap"]
    rows = ap[ap["universe"] == "all"][["scorer", "method", "layer", "value"]].values.tolist()
    expected = [average_precision_score([0, 1, 1, 0], s) for s in ([1, 0, 0, 0.5], [0, 0, 1, 0])]
    assert rows == [
        ["a", "external", 3, pytest.approx(expected[0])],
        ["a", "external", 5, 1.0],
        ["b", "m", 0, pytest.approx(expected[1])],
    ]


def test_hard_predictions_alone_have_no_ranking(tmp_path):
    found = evaluate(tmp_path, predicted("one", ("one", None, [])), texts=[ONE])
    assert set(found.plausibility["selection"]) == {"kept"}
    assert values(found, universe="all")["kept", "tpr"] == 0


def test_classes_are_judged_once_per_method(tmp_path):
    scores = {"classification": "x", "classification_scores": {"x": 0.6, "y": 0.4}}
    layers = [record | scores | {"layer": layer} for layer in (0, 1) for record in GOOD]
    found = evaluate(tmp_path, *layers)
    accuracy = found.classification[found.classification["metric"] == "accuracy"]
    assert accuracy[["method", "value", "n"]].values.tolist() == [["external", 0.5, 2]]
    other = {"classification": "y", "classification_scores": {"x": 0.6, "y": 0.4}}
    with pytest.raises(InputError, match=r"lime.jsonl:2: one: external gives this text two classes"):
        evaluate(tmp_path, GOOD[0] | scores, GOOD[0] | other | {"layer": 1}, GOOD[1], partial=True)
    unknown = {"classification": "z", "classification_scores": {"z": 1.0}}
    with pytest.raises(InputError, match=r"unknown class 'z' \(there are: x, y\)"):
        evaluate(tmp_path, GOOD[0] | unknown, GOOD[1])


def test_missing_texts_are_refused_or_counted(tmp_path):
    with pytest.raises(InputError, match=r"1 of 2 texts have no prediction .*the first is 'two'"):
        evaluate(tmp_path, GOOD[0])
    gone = predicted("gone", ("gone", [0], []))
    with pytest.raises(InputError, match=r"lime.jsonl:2: gone: no text of that id in the split"):
        evaluate(tmp_path, GOOD[0], gone, GOOD[1])
    with pytest.raises(InputError, match=r"lime.jsonl:1: gone: no text of that id in the split"):
        evaluate(tmp_path, gone, partial=True)
    found = evaluate(tmp_path, GOOD[0], gone, partial=True)
    assert found.notes == (
        "lime.jsonl, layer 0: 1 text without a prediction left out.",
        "1 predicted text that the split does not have left out (gone).",
    )
    assert values(found, universe="all")["none", "ap"] == pytest.approx(7 / 12)


def test_signed_scores_are_refused_or_taken_by_size(tmp_path):
    signed = predicted("one", ("one", [0.1, -0.9, 0.8, 0.0], None))
    with pytest.raises(
        InputError, match=r"one: document 'one': a negative score; --signed .*--absolute"
    ):
        evaluate(tmp_path, signed, texts=[ONE])
    found = evaluate(tmp_path, signed, texts=[ONE], absolute=True)
    assert values(found, universe="all")["none", "ap"] == 1
    assert found.notes == ("Scores are the sizes of those in the file.",)


def test_signed_scores_are_ranked_as_they_are(tmp_path):
    scores = [0.1, -0.9, 0.8, -1e-300]
    signed = predicted("one", ("one", scores, [2]))
    found = evaluate(tmp_path, signed, texts=[ONE], signed=True)
    own = values(found, universe="all")
    assert own["none", "eraser_ap"] == average_precision_score([0, 1, 1, 0], scores) == 0.75
    assert own["kept", "token_recall"] == 0.5
    # What depends on sizes is not there: no uniform level, entropy or Gini index of signed scores.
    assert {selection for selection, _ in own} == {"none", "kept"}
    assert not {"complexity", "sparseness"} & set(found.plausibility["metric"])
    assert found.notes == ("Scores are ranked as they are; what needs their sizes is left out.",)
    with pytest.raises(InputError, match=r"--signed and --absolute exclude each other"):
        evaluate(tmp_path, signed, texts=[ONE], signed=True, absolute=True)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (
            predicted("gone", ("one", [0] * 4, [])),
            r"lime.jsonl:1: gone: no text of that id in the split",
        ),
        (predicted("one", ("two", [0] * 4, [])), r"one: the text has no document 'two'"),
        (predicted("two", ("d1", [0] * 3, [])), r"two: no entry for document 'd2'"),
        (predicted("one"), r"one: no entry for document 'one'"),
        (predicted("one", ("one", [0] * 3, [])), r"document 'one': 3 token scores for 4 tokens"),
        (predicted("one", ("one", [0] * 5, [])), r"document 'one': 5 token scores for 4 tokens"),
        (predicted("one", ("one", [0] * 4, [4])), r"the span \[4, 5\] ends after its 4 tokens"),
        (predicted("one", ("one", None, None)), r"neither soft nor hard rationale predictions"),
        (
            predicted("two", ("d1", [0] * 3, None), ("d2", None, [0])),
            r"document 'd2': soft or hard predictions in some entries of the file only",
        ),
    ],
)
def test_what_does_not_fit_is_named(record, message, tmp_path):
    with pytest.raises(InputError, match=message):
        evaluate(tmp_path, record, partial=True)


def test_sentence_scores_are_counted(tmp_path):
    record = predicted("two", ("d1", [0] * 3, None), ("d2", [0] * 2, None))
    record["rationales"][1]["soft_sentence_predictions"] = [0.5]
    with pytest.raises(InputError, match=r"document 'd2': 1 sentence scores for 2 sentences"):
        evaluate(tmp_path, record, partial=True)


def windows(document, cuts, rng, layers=3):
    """Records of our own: special tokens, two sub-tokens a word, several windows."""
    n = len(document.words)
    marks = np.zeros(n + 1, dtype=bool)
    for span in document.rationale:
        marks[span.start : span.end] = True
    edges = [0, *cuts, n]
    for number, (start, end) in enumerate(pairwise(edges)):
        words = np.array([-1, *np.repeat(np.arange(start, end), 2), -1])
        kept = rng.random((layers, len(words))) < 0.7
        scores = np.where(kept, rng.random((layers, len(words))) + 0.01, np.nan).astype(np.float32)
        yield TokenScores(
            "cp", "adapler", document.id, number, ("t",) * len(words), words, scores, kept, marks[words]
        )


def classes(documents):
    return pd.DataFrame(
        [
            {"text_id": d.id, "label": d.label, "predicted": "x", "prob_x": 0.75, "prob_y": 0.25}
            for d in documents
        ]
    )


@pytest.fixture
def documents():
    rng = np.random.default_rng(0)
    starts = rng.integers(0, 8, 12)
    return [
        Document(f"t{n}", tuple("abcdefghij"), "xy"[n % 2], (Span(int(a), int(a) + 2),))
        for n, a in enumerate(starts)
    ]


@pytest.mark.parametrize("cuts", [[], [4, 7]])
@pytest.mark.parametrize("selection", ["uniform", "kept"])
def test_what_we_export_is_judged_as_our_own_scores_are(selection, cuts, documents, tmp_path):
    rng = np.random.default_rng(1)
    records = [record for d in documents for record in windows(d, cuts, rng)]
    path = tmp_path / "cp.jsonl"
    predictions = to_predictions(records, documents, classes(documents), selection=selection)
    assert write_predictions(predictions, path) == 3 * len(documents)
    found = evaluate_predictions(path, documents, "test", bootstrap=0)
    own = plausibility(records, "test", bootstrap=0).frame
    listed = annotated_iou(text_values(records), records, documents, "test", bootstrap=0)
    ours = pd.concat([own[own["unit"] == "word"], listed])
    theirs = found.plausibility[~found.plausibility["metric"].str.startswith("eraser_exact")]
    # Of windows, which the file does not know: a run's `ap` and rates are means over them.
    of_windows = {name for _, name in WINDOW_MEASURES} if cuts else set()
    # Where a text is cut, the windows without evidence are left out of its text.
    universes = ["all"] if cuts else ["with-evidence", "all"]
    ours, theirs = (
        frame[~frame["metric"].isin(of_windows) & frame["universe"].isin(universes)]
        for frame in (ours, theirs)
    )
    keys = ["layer", "universe", "metric"]
    for ours_of, theirs_of in (("none", "none"), ("uniform", "uniform"), (selection, "kept")):
        left, right = (
            frame[frame["selection"] == chosen].set_index(keys)["value"].sort_index()
            for frame, chosen in ((ours, ours_of), (theirs, theirs_of))
        )
        pd.testing.assert_series_equal(left, right, rtol=1e-12)
    assert set(found.plausibility["scorer"]) == {"cp"}
    assert found.classification["value"].iloc[0] == 0.5


def test_windows_are_put_side_by_side(documents):
    rng = np.random.default_rng(2)
    document = documents[0]
    records = list(windows(document, [4, 7], rng))
    (one,) = to_predictions(records, [document], classes([document]), layer=1, selection="kept")
    assert one.layer == 1
    expected, kept = np.zeros(10), np.zeros(10, dtype=bool)
    for record in records:
        for word, score, alive in zip(record.word_index, record.scores[1], record.kept[1], strict=True):
            if word >= 0:
                expected[word] = max(expected[word], np.nan_to_num(np.float64(score)))
                kept[word] |= alive
    assert one.rationales[0].soft.tolist() == expected.tolist()
    hard = [n for span in one.rationales[0].hard for n in range(span.start, span.end)]
    assert hard == np.flatnonzero(kept).tolist()
    assert one.classification_scores == {"x": 0.75, "y": 0.25}


def test_what_cannot_be_exported_is_named(documents):
    rng = np.random.default_rng(3)
    records = [record for d in documents for record in windows(d, [], rng)]
    for texts, options, message in (
        (documents, {"layer": 7}, r"nothing is scored at layer 7; there are: 0, 1, 2"),
        ([ONE], {}, r"text 'one': no scores"),
    ):
        with pytest.raises(InputError, match=message):
            list(to_predictions(records, texts, classes(documents), **options))
    with pytest.raises(InputError, match=r"text 't0': no prediction"):
        list(to_predictions(records, documents, classes(documents[1:])))
    dense = [TokenScores(**{**vars(record), "kept": None}) for record in records]
    with pytest.raises(InputError, match=r"cp on adapler drops nothing: no selection 'kept'"):
        list(to_predictions(dense, documents, classes(documents), selection="kept"))


def test_the_real_annotators_of_movies(movies_folder):
    """The files that come with the archive: 105 test documents, hard predictions only."""
    settings = DataSettings(source="eraser", path=str(movies_folder), rationales="annotated")
    texts = load_corpus(settings).splits["test"]
    rates = {}
    for rule in ("union", "majority"):
        path = movies_folder / f"movies_{rule}_human_perf.jsonl"
        found = evaluate_predictions(path, texts, "test", partial=True, bootstrap=0)
        # A document that is in no split of the archive was annotated all the same.
        assert found.notes[0].endswith("layer 0: 95 texts without a prediction left out.")
        assert found.notes[1].endswith("that the split does not have left out (posR_947.txt).")
        rates[rule] = values(found, universe="all")
        assert by_sets(path, texts) == pytest.approx(
            (rates[rule]["kept", "fpr"], rates[rule]["kept", "tpr"]), abs=1e-12
        )
    assert rates["union"]["kept", "tpr"] > rates["majority"]["kept", "tpr"]


def by_sets(path, texts):
    """FPR and TPR with sets of token numbers, document by document."""
    by_id = {text.id: text for text in texts}
    rates = []
    for row in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(row)
        if record["annotation_id"] not in by_id:
            continue
        text = by_id[record["annotation_id"]]
        gold = {n for span in text.rationale for n in range(span.start, span.end)}
        (one,) = record["rationales"]
        chosen = {
            n
            for span in one["hard_rationale_predictions"]
            for n in range(span["start_token"], span["end_token"])
        }
        unmarked = len(text.words) - len(gold)
        rates.append((len(chosen - gold) / unmarked, len(chosen & gold) / len(gold)))
    return np.mean(rates, axis=0)
