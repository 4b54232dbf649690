"""The way of a question's or a tagged text's tokens is the model's own, and so is what it says."""

import numpy as np
import pytest

import workbench
from workbench.core.questions import Question
from workbench.core.tagging import TaggedText
from workbench.data.windows.questions import encode_by_settings
from workbench.errors import InputError
from workbench.inference import token_flow
from workbench.inference.token_flow import question_flow, tag_flow
from workbench.models.token_classifier import load_token_classifier
from workbench.pipeline.questions.job import QuestionsJob
from workbench.pipeline.tagging.job import TaggingJob


@pytest.mark.parametrize("system", ["dense", "top-0.3"])
def test_a_question_is_followed_as_the_model_does(asked_job: QuestionsJob, system: str) -> None:
    model, tokenizer = workbench.load_answerer(asked_job.folder / "models" / system)
    for question in asked_job.questions.splits["dev"][:3]:
        flow = question_flow(model, tokenizer, question)
        (answer,) = workbench.answer_questions(model, tokenizer, [question])
        assert flow.found.text == answer.text
        assert flow.found.null_score == pytest.approx(answer.null_score, abs=1e-5)
        assert len(flow.windows) == len(flow.facts) == answer.windows == 2
        assert sum(one.flops for one in flow.windows) == answer.flops
        assert sum(one.flops_dense for one in flow.windows) == answer.flops_dense
        encoding = encode_by_settings([question], tokenizer, asked_job.config.questions)
        for window, facts, one in zip(encoding.windows, encoding.facts, flow.windows, strict=True):
            output = model([window], execution="masked")
            alive = np.stack([trace.passed.alive[0].numpy() for trace in output.traces])
            np.testing.assert_array_equal(one.record.kept, alive)
            assert one.record.rationale is not None
            if facts.holds_answer:
                marked = [facts.start, facts.end]
                np.testing.assert_array_equal(np.flatnonzero(one.record.rationale), marked)
        best = encoding.facts[flow.best_window]
        span = flow.found.spans[0]
        assert best.text(question.context, span.start, span.end) == flow.found.best_text


def test_without_answers_nothing_is_marked_and_a_long_question_is_cut(asked_job: QuestionsJob) -> None:
    model, tokenizer = workbench.load_answerer(asked_job.folder / "models" / "dense")
    flow = question_flow(model, tokenizer, Question("x", "a q", "b c d"))
    assert [one.record.rationale for one in flow.windows] == [None]
    assert flow.windows[0].record.tokens == ("[CLS]", "a", "q", "[SEP]", "b", "c", "d", "[SEP]")
    assert flow.notes == ()
    short = asked_job.config.questions.model_copy(update={"max_question": 2})
    flow = question_flow(model, tokenizer, Question("x", "a q z", "b c d"), short)
    assert flow.windows[0].record.tokens[1:4] == ("a", "q", "[SEP]")
    assert flow.notes == ("The question has more than 2 tokens: its end is cut.",)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (Question("x", " ", "b"), "its question is empty"),
        (Question("x", "a", "\n"), "its context is empty"),
        (Question("x", "a", "b \ud800"), "not valid Unicode"),
        (Question("x", "a " * 22, "b c"), "leaves 0 of 24 tokens"),
        (Question("x", "a", "b " * 200), "needs 13 windows, and at most 5 are run: shorten its passage"),
    ],
)
def test_questions_that_cannot_be_followed(
    asked_job: QuestionsJob, monkeypatch: pytest.MonkeyPatch, question: Question, told: str
) -> None:
    monkeypatch.setattr(token_flow, "MOST_WINDOWS", 5)
    model, tokenizer = workbench.load_answerer(asked_job.folder / "models" / "dense")
    with pytest.raises(InputError, match=told):
        question_flow(model, tokenizer, question)


@pytest.mark.parametrize("system", ["dense", "top-0.3"])
def test_tags_are_those_of_the_evaluation(tagged_job: TaggingJob, system: str) -> None:
    model, tokenizer = load_token_classifier(tagged_job.folder / "models" / system, "tokens")
    windows = tagged_job.windows("test")
    said = tagged_job.said("test", model.infer_tokens(windows).logits)
    for text in tagged_job.texts.splits["test"][:4]:
        flow = tag_flow(model, tokenizer, text, max_tokens=10)
        assert list(flow.tags) == said[text.document.id]
        assert flow.names == tagged_job.labels
        own = [window for window in windows if window.text_id == text.document.id]
        for window, one in zip(own, flow.windows, strict=True):
            output = model([window], execution="masked")
            alive = np.stack([trace.passed.alive[0].numpy() for trace in output.traces])
            np.testing.assert_array_equal(one.record.kept, alive)
            np.testing.assert_array_equal(one.record.rationale, window.rationale)
            assert one.flops_dense >= one.flops


def test_texts_that_cannot_be_tagged(tagged_job: TaggingJob, monkeypatch: pytest.MonkeyPatch) -> None:
    model, tokenizer = load_token_classifier(tagged_job.folder / "models" / "dense", "tokens")
    text = tagged_job.texts.splits["test"][0]
    other = TaggedText(text.document, ("B-X", *text.tags[1:]))
    with pytest.raises(InputError, match="has the tag 'B-X', which the model has not"):
        tag_flow(model, tokenizer, other, max_tokens=10)
    monkeypatch.setattr(token_flow, "MOST_WINDOWS", 0)
    with pytest.raises(InputError, match="and at most 0 are run: shorten it"):
        tag_flow(model, tokenizer, text, max_tokens=10)
