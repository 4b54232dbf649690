"""Every scorer by its name, and what is refused."""

import numpy as np
import pytest
import torch
from transformers import BertForSequenceClassification

from tests.helpers.toys import LABELS, RAGGED, texts, toy_tokenizer
from workbench.attribution.options import Options
from workbench.attribution.registry import caption, check_scorers
from workbench.attribution.run import score_windows
from workbench.catalog.scorers import SCORERS, scorer_spec
from workbench.config.loading import parse_config
from workbench.core.task_type import task_type_of
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy

WINDOWS = texts(RAGGED)


def test_an_unknown_scorer_lists_the_known_ones() -> None:
    message = r"unknown scorer 'salience' \(did you mean saliency\? known: cp, top, .*saliency"
    with pytest.raises(InputError, match=message):
        scorer_spec("salience")


def test_a_configuration_knows_the_same_scorers() -> None:
    chosen = parse_config({"evaluation": {"scorers": ["alti", "lime"]}}, "x.yaml").evaluation.scorers
    assert chosen == ["alti", "lime"]
    with pytest.raises(InputError, match=r"x\.yaml.*scorers.*unknown scorer 'alto'.*alti"):
        parse_config({"evaluation": {"scorers": ["alto"]}}, "x.yaml")


@pytest.mark.parametrize("name", SCORERS)
def test_a_caption_begins_with_the_description(name: str) -> None:
    spec = SCORERS[name]
    assert caption(spec, Options(), task_type_of(LABELS)).startswith(spec.description)


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (["attention"], {"target": "gold"}, "attention: does not support 'target'"),
        (
            ["saliency", "rollout"],
            {"output": "probability"},
            "rollout: does not support 'output'",
        ),
        (["alti"], {"steps": 3}, "alti: does not support 'steps'"),
        (["random"], {"granularity": "word"}, "random: does not support 'granularity'"),
        (["decompx"], {"output": "probability"}, "decompx: does not support 'output'"),
        (["saliency"], {"sign": "signed"}, "have no sign"),
        (["lime"], {"layers": (1,)}, "layer 0 only"),
        (["lime"], {"baseline": "zero"}, "no word is zero"),
        (["saliency"], {"target": "happy"}, "classes are neg, pos"),
        (["saliency"], {"layers": (4,)}, "layers 0 to 3"),
        (["saliency"], {"layers": (1, 1)}, "each layer once"),
        (["cp"], {}, "trained with adapler; this one is dense"),
        (["attention@2"], {}, "heads 0 to 1"),
        (["saliency", "saliency"], {}, "each once"),
        ([], {}, "at least one"),
    ],
)
def test_what_cannot_be_done_is_refused(make_model, names, options, message) -> None:
    with pytest.raises(InputError, match=message):
        check_scorers(names, make_model(), Options(**options))


def test_a_model_loaded_with_any_attention_shows_its_probabilities(tiny_folder, make_model) -> None:
    bert = BertForSequenceClassification.from_pretrained(tiny_folder, attn_implementation="eager")
    model = PruningClassifier(bert.eval(), Policy())
    found, expected = (
        next(iter(score_windows(["attention"], one, toy_tokenizer(), WINDOWS))).scores
        for one in (model, make_model())
    )
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_heads_by_themselves_average_to_the_mean(make_model) -> None:
    names = ["attention", "attention@0", "attention@1"]
    found = {r.scorer: r.scores for r in score_windows(names, make_model(), toy_tokenizer(), texts([9]))}
    np.testing.assert_allclose(
        (found["attention@0"] + found["attention@1"]) / 2, found["attention"], atol=1e-6
    )


@pytest.mark.parametrize("name", ["saliency-sum", "attention-gradient", "integrated-gradients", "lime"])
def test_target_and_output_change_what_is_explained(make_model, name: str) -> None:
    def scores(**options) -> np.ndarray:
        few = {key: 5 for key in ("steps", "samples") if key in SCORERS[name].supported_options}
        (record,) = score_windows(
            [name], make_model(), toy_tokenizer(), texts([9]), Options(**few, **options)
        )
        return record.scores[0, 1:-1]

    neg, pos = scores(target="neg"), scores(target="pos")
    predicted = scores(target="predicted")
    assert not np.allclose(neg, pos)
    assert np.allclose(predicted, neg) or np.allclose(predicted, pos)
    # The first text's label is 0.
    assert np.allclose(scores(target="gold"), neg)
    assert not np.allclose(scores(target="neg", output="probability"), neg)


def test_absolute_takes_sizes(make_model) -> None:
    signed, sizes = (
        next(
            iter(
                score_windows(
                    ["saliency-sum"], make_model(), toy_tokenizer(), texts([9]), Options(sign=sign)
                )
            )
        )
        for sign in (None, "absolute")
    )
    assert (signed.scores < 0).any()
    np.testing.assert_allclose(sizes.scores, np.abs(signed.scores))
    assert sizes.target.endswith("absolute")


def test_the_seed_reaches_the_random_control(make_model) -> None:
    first, second = (
        next(
            iter(
                score_windows(["random"], make_model(), toy_tokenizer(), texts([9]), Options(seed=seed))
            )
        )
        for seed in (0, 1)
    )
    assert not np.array_equal(first.scores, second.scores)


def test_scoring_leaves_the_model_as_it_was(make_model) -> None:
    model = make_model()
    model.backbone.embeddings.requires_grad_(False)
    before = [value.requires_grad for value in model.parameters()]
    names = ["saliency", "attention-gradient", "alti", "smoothgrad", "decompx"]
    list(score_windows(names, model, toy_tokenizer(), texts([5])))
    assert [value.requires_grad for value in model.parameters()] == before
    assert all(value.grad is None for value in model.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    assert torch.is_grad_enabled()


def test_no_windows_give_no_records(make_model) -> None:
    assert list(score_windows(["saliency"], make_model(), toy_tokenizer(), [])) == []
