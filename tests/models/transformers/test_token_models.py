"""Exported models with heads on all tokens: the packed run's logits by place, whatever the padding."""

import pytest
import torch
from transformers import (
    AutoModelForQuestionAnswering,
    AutoModelForTokenClassification,
    BertForQuestionAnswering,
)

from tests.helpers.families import tiny_model
from tests.helpers.toys import RAGGED, policy_of, texts, toy_tokenizer
from tests.models.transformers.test_models import padded
from workbench.config.questions import QuestionSettings
from workbench.models.policies.base import Policy
from workbench.models.token_classifier import PruningTokenClassifier, load_token_classifier
from workbench.models.transformers.model import model_class
from workbench.pipeline.export import for_transformers

WINDOWS = texts(RAGGED)


def model_of(method: str, head: str = "answers", family: str = "bert") -> PruningTokenClassifier:
    stock = tiny_model(family, head=head)
    policy = Policy() if method == "dense" else policy_of(method, stock.config)
    return PruningTokenClassifier(stock, policy).eval()


def by_place(model: PruningTokenClassifier) -> torch.Tensor:
    """(T, outputs): the logits of all tokens, window after window."""
    return torch.cat([torch.from_numpy(row) for row in model.window_logits(WINDOWS)])


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("method", ["dense", "top", "trbert"])
@torch.no_grad()
def test_a_loaded_answerer_has_the_packed_runs_logits(tmp_path, method: str, side: str) -> None:
    model = model_of(method)
    model.asked = QuestionSettings(max_tokens=24, stride=4)
    model.stock.config.workbench = model.described()
    for_transformers(model).save_pretrained(tmp_path)
    toy_tokenizer().save_pretrained(tmp_path)
    loaded = AutoModelForQuestionAnswering.from_pretrained(tmp_path, trust_remote_code=False)
    assert type(loaded) is (
        BertForQuestionAnswering if method == "dense" else model_class("bert", "answers")
    )
    batch = padded(WINDOWS, "right" if method == "dense" else side)
    output = loaded(**batch)
    found = torch.stack([output.start_logits, output.end_logits], -1)[batch["attention_mask"].bool()]
    torch.testing.assert_close(found, by_place(model), atol=1e-5, rtol=0)
    again, _ = load_token_classifier(tmp_path, "answers")
    assert again.asked == model.asked
    torch.testing.assert_close(by_place(again), by_place(model), atol=1e-5, rtol=0)


@torch.no_grad()
def test_a_tagger_goes_the_same_way(tmp_path) -> None:
    model = model_of("adapler", "tokens", "distilbert")
    for_transformers(model).save_pretrained(tmp_path)
    loaded = AutoModelForTokenClassification.from_pretrained(tmp_path, trust_remote_code=False)
    assert type(loaded) is model_class("distilbert", "tokens")
    batch = padded(WINDOWS)
    del batch["token_type_ids"]
    found = loaded(**batch).logits[batch["attention_mask"].bool()]
    torch.testing.assert_close(found, by_place(model), atol=1e-5, rtol=0)


def test_losses_and_tuples_are_those_of_transformers() -> None:
    batch, cross = padded(texts([9, 4, 13])), torch.nn.functional.cross_entropy
    answerer = for_transformers(model_of("ltp")).eval()
    first, last = torch.tensor([1, 0, 3]), torch.tensor([2, 0, 7])
    output = answerer(**batch, start_positions=first, end_positions=last)
    expected = (cross(output.start_logits, first) + cross(output.end_logits, last)) / 2
    torch.testing.assert_close(output.loss, expected)
    output.loss.backward()
    assert answerer.qa_outputs.weight.grad is not None
    loss, *logits = answerer(**batch, start_positions=first, end_positions=last, return_dict=False)
    assert loss.equal(output.loss)
    assert [part.shape for part in logits] == [(3, 13)] * 2
    tagger = for_transformers(model_of("ltp", "tokens")).eval()
    labels = torch.where(batch["attention_mask"].bool(), batch["input_ids"] % 2, -100)
    output = tagger(**batch, labels=labels)
    expected = cross(output.logits.flatten(0, 1), labels.flatten(), ignore_index=-100)
    torch.testing.assert_close(output.loss, expected)
