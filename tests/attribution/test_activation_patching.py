"""Patched states: a word that alone decides comes first, and the embeddings are the text itself."""

import numpy as np
import torch
from transformers import BertConfig, BertForSequenceClassification

from tests.helpers.toys import MASK, texts, toy_tokenizer, window
from workbench.attribution.options import Options
from workbench.attribution.run import score_windows
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy

PLANTED = 9


def deciding() -> PruningClassifier:
    """Tokens take the mean of all to their own state; one word points where the class is read."""
    config = BertConfig(
        vocab_size=31, hidden_size=4, num_hidden_layers=3, num_attention_heads=1, intermediate_size=4,
        max_position_embeddings=8,
    )  # fmt: skip
    stock = BertForSequenceClassification(config).eval()
    with torch.no_grad():
        embeddings = stock.bert.embeddings
        embeddings.word_embeddings.weight[:] = torch.tensor([1.0, -1, 0, 0])
        embeddings.word_embeddings.weight[PLANTED] = torch.tensor([0.0, 0, 1, -1])
        embeddings.position_embeddings.weight.zero_()
        embeddings.token_type_embeddings.weight.zero_()
        for layer in stock.bert.encoder.layer:
            layer.attention.self.query.weight.zero_()
            layer.attention.self.value.weight.copy_(torch.eye(4))
            layer.attention.output.dense.weight.copy_(torch.eye(4))
            layer.output.dense.weight.zero_()
        stock.bert.pooler.dense.weight.copy_(torch.eye(4))
        stock.classifier.weight[:] = torch.tensor([[0.0, 0, 0, 0], [0, 0, 1, -1]])
    return PruningClassifier(stock, Policy())


def test_the_word_that_decides_comes_first_in_every_layer() -> None:
    model, text = deciding(), window([2, 6, 7, PLANTED, 8, 3])
    options = Options(target="LABEL_1", memory_mb=1)
    (record,) = score_windows(["activation-patching"], model, toy_tokenizer(), [text], options)
    assert record.scores[:, 1:-1].argmax(1).tolist() == [2, 2, 2]
    # At the embeddings all others are what a masked word is.
    whole, without = (
        model([window([2, 6, 7, word, 8, 3])]).logits[0, 1].item() for word in (PLANTED, MASK)
    )
    np.testing.assert_allclose(record.scores[0], [0, 0, 0, whole - without, 0, 0], atol=1e-6)
    assert whole - without > 0.1


def test_at_the_embeddings_it_hides_the_token_itself(make_model) -> None:
    model, (text,) = make_model(), texts([9])
    found = {
        name: next(iter(score_windows([name], model, toy_tokenizer(), [text], options))).scores[0]
        for name, options in {
            "activation-patching": Options(), "feature-ablation": Options(granularity="token"),
        }.items()
    }  # fmt: skip
    np.testing.assert_allclose(
        found["activation-patching"][1:-1], found["feature-ablation"][1:-1], atol=1e-5
    )
    np.testing.assert_allclose(found["activation-patching"][[0, -1]], 0, atol=1e-6)
