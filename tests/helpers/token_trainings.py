"""Trainings of models that say something of every token: a few steps, and one that is stopped."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from tests.helpers.tiny_objectives import inputs_of
from workbench.attribution.engine.gradients import saliency_targets
from workbench.catalog.methods import method_spec
from workbench.core.documents import Window
from workbench.models.inference import infer_ragged
from workbench.models.token_classifier import PruningTokenClassifier
from workbench.pipeline.systems.job import SystemsJob
from workbench.runs.systems import System
from workbench.training.objectives import prepare_objective
from workbench.training.objectives.base import Objective, TrainingProgress


def train_tokens(method: str, teacher: PruningTokenClassifier, windows: Sequence[Window]) -> Objective:
    """Train a method that says something of every token for eight steps, and check what it then says.

    Every loss is finite, and packed and masked execution agree.
    """
    torch.manual_seed(0)
    targets = saliency_targets(teacher, windows)
    inputs = replace(
        inputs_of(teacher), windows=windows,
        load_saliency=lambda: {(w.text_id, 0): s for w, s in zip(windows, targets, strict=True)},
    )  # fmt: skip
    made = prepare_objective(method, inputs, method_spec(method).settings(epochs=1, batch_size=4))
    assert type(made.model) is PruningTokenClassifier
    made.start_epoch(0)
    made.model.train()
    optimizers = made.optimizers()
    for step in range(8):
        values = made.backward(
            windows[:4] if step % 2 else windows[4:], 1.0, TrainingProgress(0, step, 8),
            lambda loss, **more: loss.backward(**more),
        )  # fmt: skip
        assert all(np.isfinite(value) for value in values.values())
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        made.after_step()
    with torch.no_grad():
        made.model.eval()
        packed, masked = made.model(windows), made.model(windows, execution="masked")
    torch.testing.assert_close(packed.logits, masked.logits, atol=1e-5, rtol=0)
    return made


def check_resumes(job_in: Callable[[str], SystemsJob[Any, Any, Any]], split: str) -> None:
    """Check that a dense training which is stopped and gone on with gives the logits of an unbroken one.

    Args:
        job_in: Makes a job that writes a checkpoint after every step, in a folder of a name.
        split: Whose windows are compared.
    """

    class Stop(Exception):
        pass

    def stop(done: int, total: int, values: dict[str, float]) -> None:
        if done == 3:
            raise Stop

    whole, killed = job_in("whole"), job_in("killed")
    whole.train()
    killed.reporter.progress = stop  # type: ignore[method-assign]
    with pytest.raises(Stop):
        killed.train()
    after = job_in("killed")
    after.train()
    one, other = (
        infer_ragged(each.model(System("dense")), each.windows(split)).logits for each in (whole, after)
    )
    for own, others in zip(one, other, strict=True):
        np.testing.assert_array_equal(own, others)


def check_saliency(
    model: PruningTokenClassifier,
    windows: Sequence[Window],
    gold: Callable[[torch.Tensor, Window], torch.Tensor],
) -> None:
    """Check that saliency is the norm of gradient x embedding, of what `gold` makes of logits."""
    for window, scores in zip(windows, saliency_targets(model, windows, batch_size=3), strict=True):
        hidden, layout = model.embed([window], "packed")
        hidden = hidden.detach().requires_grad_()
        logits = model.classify(hidden, layout).logits[0]
        (gradient,) = torch.autograd.grad(gold(logits, window), hidden)
        expected = (gradient * hidden).detach()[0].norm(dim=-1)
        np.testing.assert_allclose(scores, expected, atol=1e-5, rtol=1e-3)
