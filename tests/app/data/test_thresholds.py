"""The thresholds of recorded flows are those of the models."""

import numpy as np
import pytest

from app.data.texts import recorded_thresholds
from tests.helpers.three_tokens import three_tokens
from tests.helpers.toys import texts, toy_tokenizer
from workbench.attribution.scorers.learned.pruner_scores import pruner_scores
from workbench.core.token_scores import TokenScores
from workbench.errors import InputError
from workbench.inference.what_if import what_if


@pytest.mark.parametrize("method", ["adapler", "ltp", "transkimmer", "trbert", "top", "powerbert"])
def test_recorded_thresholds_are_the_models_own(make_model, method: str, tmp_path) -> None:
    model = make_model(method)
    model.save(tmp_path / method, toy_tokenizer())
    windows = texts([20])
    before, _ = what_if(model, toy_tokenizer(), windows, repeats=1)
    (scored,) = pruner_scores(model, windows)
    record = TokenScores(
        before.record.scorer, method, "t0", 0, before.record.tokens, before.record.word_index,
        before.record.scores, scored.kept,
    )  # fmt: skip
    found = recorded_thresholds(tmp_path / method, [record])
    if method in ("top", "powerbert"):
        assert found is None
    else:
        np.testing.assert_allclose(found, before.thresholds, rtol=1e-6)


def test_thresholds_without_a_model_or_with_a_broken_one(tmp_path) -> None:
    record = three_tokens()
    assert recorded_thresholds(tmp_path, [record]) is None
    (tmp_path / "policy.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError, match="not readable"):
        recorded_thresholds(tmp_path, [record])
