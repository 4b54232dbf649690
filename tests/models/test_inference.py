"""Running many windows: batches of similar length, results in the order given."""

import numpy as np
import pytest
import torch

from tests.helpers.toys import RAGGED, texts
from workbench.core.inference import batches
from workbench.models.inference import infer


def test_batches_hold_every_window_once_longest_first() -> None:
    windows = texts(RAGGED)
    chosen = list(batches(windows, 3))
    assert sorted(index for batch in chosen for index in batch) == list(range(len(RAGGED)))
    assert [len(batch) for batch in chosen] == [3, 3, 2]
    lengths = [RAGGED[index] for batch in chosen for index in batch]
    assert lengths == sorted(RAGGED, reverse=True)


@pytest.mark.parametrize("execution", ["packed", "masked"])
@pytest.mark.parametrize("batch_size", [1, 3, 32])
def test_results_come_in_the_order_given(make_model, execution: str, batch_size: int) -> None:
    model, windows = make_model("adapler"), texts(RAGGED)
    result = infer(model, windows, batch_size, execution)
    for row, window in enumerate(windows):
        with torch.no_grad():
            alone = model([window])
        np.testing.assert_allclose(result.logits[row], alone.logits[0], atol=1e-5)
        assert result.tokens[row].tolist() == alone.tokens[0].tolist()


@pytest.mark.parametrize("training", [True, False])
def test_the_training_mode_is_given_back_and_dropout_is_off(make_model, training: bool) -> None:
    model, windows = make_model().train(training), texts(RAGGED)
    first, second = infer(model, windows), infer(model, windows)
    assert model.training is training
    assert np.array_equal(first.logits, second.logits)
