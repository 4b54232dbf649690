"""Scorers on models that answer questions: what is explained is the logit of a span."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.helpers.families import FAMILIES, tiny_model
from tests.helpers.toys import METHODS, MOVED, policy_of, texts, toy_tokenizer
from workbench.attribution.engine.explained import AnswerOutputs
from workbench.attribution.engine.task import Task
from workbench.attribution.options import Options
from workbench.attribution.registry import caption, check_scorers, refused_because
from workbench.attribution.run import score_windows
from workbench.catalog.scorers import CONTROLS, SCORERS
from workbench.core.documents import Window
from workbench.core.span_search import SpanSearch
from workbench.core.token_scores import TokenScores
from workbench.errors import InputError
from workbench.models.backbones import backbone_class
from workbench.models.interventions.replay import ReplayPolicy
from workbench.models.policies.base import Policy
from workbench.models.token_classifier import PruningTokenClassifier

TOKENIZER = toy_tokenizer()
GENERAL = [name for name, spec in SCORERS.items() if spec.method is None and name not in CONTROLS]
PRUNERS = [name for name in (*METHODS, *MOVED) if name not in ("dense", "distilbert")]
SPAN_ROWS = [
    "attention-cls",
    "rollout",
    "globenc",
    "globenc-normalised",
    "alti",
    "value-zeroing-rollout",
]
"""Scorers that read rows which do not depend on what is explained."""


def asked(lengths=(9, 13), answers=((5, 6), (8, 10))) -> list[Window]:
    """Questions of two letters, then [SEP] and a passage, whose answers are these tokens."""
    made = []
    for window, place in zip(texts(lengths), answers, strict=True):
        ids, words = window.input_ids.copy(), window.word_index.copy()
        ids[3], words[3] = 3, -1
        made.append(replace(window, input_ids=ids, word_index=words, label=place))
    return made


WINDOWS = asked()


def answerer(method: str = "dense", family: str = "bert") -> PruningTokenClassifier:
    stock = tiny_model(family, head="answers")
    policy = Policy() if method == "dense" else policy_of(method, stock.config)
    return PruningTokenClassifier(stock, policy).eval()


def replaying(cut: str, gone: dict[int, int]) -> PruningTokenClassifier:
    """A model in which tokens leave a window of 9 at given layers: place -> layer."""
    alive = torch.ones(1, 4, 9, dtype=torch.bool)
    for place, layer in gone.items():
        alive[0, layer:, place] = False
    return PruningTokenClassifier(
        tiny_model("bert", head="answers"), ReplayPolicy(alive, cut=cut)
    ).eval()


def scores(model, name: str, windows=WINDOWS, **more) -> list[TokenScores]:
    found = list(score_windows([name], model, TOKENIZER, windows, Options(**more)))
    return sorted(found, key=lambda record: record.text_id)


def few(name: str) -> dict[str, int]:
    return {k: 12 for k in ("steps", "samples") if k in SCORERS[name].supported_options}


def test_what_is_explained_is_the_best_span_of_the_passage_or_the_gold_one() -> None:
    model = answerer()
    with torch.no_grad():
        logits = model(WINDOWS).logits
    for longest in (1, 2, 30):
        task = Task(model, TOKENIZER, WINDOWS, Options(search=SpanSearch(max_answer_length=longest)))
        for row, window in enumerate(WINDOWS):
            n = len(window.input_ids)
            spans = [
                (float(logits[row, a, 0] + logits[row, b, 1]), a, b)
                for a in range(4, n - 1) for b in range(a, min(n - 1, a + longest))
            ]  # fmt: skip
            value, *places = max(spans)
            assert task.answer[row].tolist() == places
            assert task.explained.of(logits)[row].item() == pytest.approx(value, abs=1e-5)
    gold = Task(model, TOKENIZER, WINDOWS, Options(target="gold"))
    assert gold.answer.tolist() == [[5, 6], [8, 10]]
    assert gold.explained.of(logits)[1] == logits[1, 8, 0] + logits[1, 10, 1]
    likely = Task(model, TOKENIZER, WINDOWS, Options(target="gold", output="probability"))
    expected = logits[1, :, 0].softmax(0)[8] * logits[1, :, 1].softmax(0)[10]
    assert likely.explained.of(logits)[1].item() == pytest.approx(expected.item(), rel=1e-5)
    assert isinstance(gold.explained, AnswerOutputs)
    spoken = caption(SCORERS["saliency"], Options(target="gold"), model.task_type)
    assert spoken.endswith("logit of the gold answer's start plus that of its end")
    with pytest.raises(InputError, match="of answers predicted or gold ones are explained"):
        check_scorers(["saliency"], model, Options(target="start"))


@pytest.mark.parametrize("name", GENERAL)
def test_every_scorer_gives_finite_rows_and_the_same_alone(name: str) -> None:
    model = answerer()
    together = scores(model, name, **few(name))
    for record, window in zip(together, WINDOWS, strict=True):
        rows = record.scores[:1] if SCORERS[name].rows == "input" else record.scores
        words = window.word_index >= 0
        assert np.isfinite(rows[:, words]).all()
        (alone,) = scores(model, name, [window], **few(name))
        np.testing.assert_allclose(alone.scores, record.scores, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("method", PRUNERS)
@pytest.mark.parametrize("name", GENERAL)
def test_every_scorer_scores_the_tokens_that_remain(name: str, method: str) -> None:
    model = answerer(method)
    for record in scores(model, name, WINDOWS[1:], **few(name)):
        task = Task(model, TOKENIZER, WINDOWS[1:])
        words = WINDOWS[1].word_index >= 0
        inside, there = task.alive[0].numpy(), ~np.isnan(record.scores)
        np.testing.assert_array_equal(record.kept, task.kept[0].numpy())
        if SCORERS[name].rows == "input":
            np.testing.assert_array_equal(there[0], words)
        else:
            np.testing.assert_array_equal(there, inside)


@pytest.mark.parametrize("method", ["top", "adapler", "ltp", "trbert", "powerbert", "transkimmer"])
def test_a_pruners_own_scores_are_there(method: str) -> None:
    name = {"adapler": "cp"}.get(method, method)
    (record,) = scores(answerer(method), name, WINDOWS[1:])
    assert np.isfinite(record.scores).any()


@pytest.mark.parametrize("method", ["dense", "top", "trbert", "adapler"])
def test_saliency_is_autograds(method: str) -> None:
    """By hooks on the stock layers' inputs in a masked pass."""
    model = answerer(method)
    for record, window in zip(scores(model, "saliency", target="gold"), WINDOWS, strict=True):
        hidden, layout = model.embed([window], "masked")
        entered: list[torch.Tensor] = []
        output = model.classify(
            hidden.detach().requires_grad_(), layout, rejoin="last",
            observe=lambda state, kept=entered: kept.append(state.entered),
        )  # fmt: skip
        start, end = window.label
        span = output.logits[0, start, 0] + output.logits[0, end, 1]
        gradients = torch.autograd.grad(span, entered)
        for layer, (gradient, state) in enumerate(zip(gradients, entered, strict=True)):
            expected = (gradient * state).detach()[0].norm(dim=-1).numpy()
            there = ~np.isnan(record.scores[layer])
            np.testing.assert_allclose(
                record.scores[layer][there], expected[there], atol=1e-5, rtol=1e-3
            )


@pytest.mark.parametrize("method", ["dense", "top", "powerbert", "trbert"])
def test_integrated_gradients_add_up_to_the_spans_logit(method: str) -> None:
    model = answerer(method)
    (record,) = scores(model, "integrated-gradients", WINDOWS[1:], steps=400, target="gold")
    task = Task(model, TOKENIZER, WINDOWS[1:], Options(target="gold"))
    whole = task.explained.of(task.plain_pass.logits).item()
    masked = replace(
        WINDOWS[1],
        input_ids=np.where(WINDOWS[1].word_index >= 0, TOKENIZER.mask_token_id, WINDOWS[1].input_ids),
    )
    # The baseline keeps the text's decisions.
    replayed = model.under(ReplayPolicy(task.kept, cut=model.policy.cut)).eval()
    with torch.no_grad():
        empty = task.explained.of(replayed([masked], execution="masked").logits).item()
    if method == "dense" or task.alive[0, 0].all():
        assert np.nansum(record.scores[0]) == pytest.approx(whole - empty, abs=0.02)
    assert (record.error < 0.05).all()
    assert abs(whole - empty) > 0.1


@pytest.mark.parametrize("cut", ["entry", "middle"])
def test_an_answer_that_has_left_is_no_longer_changed(cut: str) -> None:
    """Its first and last token leave at layer 2: what comes later is nothing to its logit."""
    model, window = replaying(cut, {5: 2, 6: 2}), WINDOWS[:1]
    last = 1 if cut == "entry" else 2  # The last layer with them in self-attention.
    for name in ("saliency", "integrated-gradients", "smoothgrad"):
        (record,) = scores(model, name, window, target="gold", **few(name))
        for layer, row in enumerate(record.scores):
            present = row[~np.isnan(row)]
            # Where the cut is late, layer 2 no longer reaches what they leave with: their own state.
            assert (np.abs(present).max() > 1e-4) == (layer <= last), (name, layer)
        if cut == "middle" and name == "saliency":
            others = np.delete(record.scores[2], [5, 6])
            assert np.abs(others).max() == 0
    (record,) = scores(model, "attention-cls", window, target="gold")
    assert (np.nan_to_num(record.scores[2:]) == 0).all()
    np.testing.assert_allclose(record.scores[:2].sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("cut", ["entry", "middle"])
def test_rolled_out_rows_stay_as_they_were_when_a_token_left(cut: str) -> None:
    model, window = replaying(cut, {5: 2, 6: 2}), WINDOWS[:1]
    (record,) = scores(model, "rollout", window, target="gold")
    whole = scores(answerer(), "rollout", window, target="gold")[0].scores
    np.testing.assert_allclose(record.scores[:2], whole[:2], atol=1e-5)
    there = ~np.isnan(record.scores[3])
    assert there.sum() == 7
    np.testing.assert_allclose(record.scores[3][there], whole[1][there], atol=1e-5)


@pytest.mark.parametrize("name", SPAN_ROWS)
def test_rows_are_the_mean_of_the_rows_of_start_and_end(name: str) -> None:
    """Explaining a span equals the mean of explaining the spans of its first and of its last token."""
    model = answerer()
    window = WINDOWS[1]
    whole, first, last = (
        scores(model, name, [replace(window, label=place)], target="gold")[0].scores
        for place in ((8, 10), (8, 8), (10, 10))
    )
    np.testing.assert_allclose(whole, (first + last) / 2, atol=1e-5)
    assert np.abs(first - last).max() > 1e-3
    if name == "attention-cls":
        output = model([window], execution="masked", show="probabilities")
        maps = torch.stack([trace.probabilities[0].mean(0) for trace in output.traces])
        np.testing.assert_allclose(whole, maps[:, [8, 10]].mean(1).detach(), atol=1e-5)


def test_hidden_words_are_those_taken_away_by_hand() -> None:
    model, window = answerer(), WINDOWS[1]
    (record,) = scores(model, "feature-ablation", [window], target="gold")
    (spans,) = scores(model, "occlusion", [window], target="gold")

    def logit(hidden: list[int]) -> float:
        ids = window.input_ids.copy()
        ids[hidden] = TOKENIZER.mask_token_id
        with torch.no_grad():
            logits = model([replace(window, input_ids=ids)]).logits[0]
        return float(logits[8, 0] + logits[10, 1])

    words = np.flatnonzero(window.word_index >= 0)
    for place in words:
        assert record.scores[0, place] == pytest.approx(logit([]) - logit([place]), abs=1e-4)
    lost = [logit([]) - logit(list(words[k : k + 3])) for k in range(len(words) - 2)]
    for k, place in enumerate(words):
        over = lost[max(0, k - 2) : k + 1]
        assert spans.scores[0, place] == pytest.approx(np.mean(over), abs=1e-4)


@pytest.mark.parametrize("name", ["decompx", "decompx-paper"])
@pytest.mark.parametrize("family", [one for one in FAMILIES if one != "modernbert"])
def test_decompositions_add_up_to_the_spans_logit(family: str, name: str) -> None:
    model = answerer(family=family)
    task = Task(model, TOKENIZER, WINDOWS, Options(target="gold"))
    expected = task.explained.of(task.plain_pass.logits)
    for record, value in zip(scores(model, name, target="gold"), expected.tolist(), strict=True):
        np.testing.assert_allclose(record.scores.sum(1), [value] * 4, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("cut", ["entry", "middle"])
def test_a_decomposition_stops_where_a_token_leaves(cut: str) -> None:
    """Start and end leave at layer 2: from layer 0 on, all tokens together give their last logits."""
    model, window = replaying(cut, {5: 2, 6: 2}), WINDOWS[:1]
    (record,) = scores(model, "decompx", window, target="gold")
    task = Task(model, TOKENIZER, window, Options(target="gold"))
    value = task.explained.of(task.plain_pass.logits).item()
    np.testing.assert_allclose(record.scores[:2].sum(1), [value] * 2, rtol=1e-3, atol=1e-3)
    assert (np.nan_to_num(np.delete(record.scores[3], [5, 6])) == 0).all()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", ["dense", "adapler"])
def test_every_scorer_scores_every_family_or_says_why_not(family: str, method: str) -> None:
    model = answerer(method, family)
    for name in GENERAL:
        if refused_because(SCORERS[name], backbone_class(family)):
            with pytest.raises(InputError, match="normalise first"):
                check_scorers([name], model, Options())
            continue
        small = {key: min(value, 4) for key, value in few(name).items()}
        (record,) = scores(model, name, WINDOWS[:1], **small)
        present = record.scores[0][~np.isnan(record.scores[0])]
        assert len(present) > 1, name
        assert np.isfinite(present).all(), name
