"""Every objective takes a step on a GPU, with the loss it has on the CPU; skipped without one."""

import pytest
import torch

from tests.helpers.toys import RAGGED, saliencies, texts, without_dropout
from workbench.catalog.methods.adapler import AdaplerSettings
from workbench.catalog.methods.distilbert import DistilbertSettings
from workbench.catalog.methods.ltp import LtpSettings
from workbench.catalog.methods.powerbert import PowerbertSettings
from workbench.catalog.methods.top import TopSettings
from workbench.catalog.methods.transkimmer import TranskimmerSettings
from workbench.catalog.methods.trbert import TrbertSettings
from workbench.models.classifier import PruningClassifier
from workbench.training.objectives.adapler import AdaplerObjective
from workbench.training.objectives.base import Objective, TrainingProgress
from workbench.training.objectives.distilbert import DistilbertObjective
from workbench.training.objectives.ltp import LtpObjective
from workbench.training.objectives.powerbert import PowerbertObjective
from workbench.training.objectives.top import TopObjective, compute_teacher_targets
from workbench.training.objectives.transkimmer import TranskimmerObjective
from workbench.training.objectives.trbert import TrbertObjective

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

WINDOWS = texts(RAGGED)
SAMPLED = ("top", "transkimmer", "trbert")
"""Methods that draw random numbers in a step, which differ between devices."""


def objective(method: str, model: PruningClassifier, dense: PruningClassifier) -> Objective:
    logits = {
        (window.text_id, window.window): dense([window]).logits[0].detach().cpu().numpy()
        for window in WINDOWS
    }
    makers = {
        "adapler": lambda: AdaplerObjective(model, AdaplerSettings(), saliencies(WINDOWS), 0.5),
        "top": lambda: TopObjective(
            model, TopSettings(rank_top_k=5), compute_teacher_targets(dense, WINDOWS, 5)
        ),
        "ltp": lambda: LtpObjective(model, LtpSettings()),
        "transkimmer": lambda: TranskimmerObjective(model, TranskimmerSettings()),
        "powerbert": lambda: PowerbertObjective(model, PowerbertSettings()),
        "trbert": lambda: TrbertObjective(model, TrbertSettings(), saliencies(WINDOWS), logits),
        "distilbert": lambda: DistilbertObjective(model, DistilbertSettings(), dense),
    }
    return makers[method]()


@pytest.mark.parametrize("step", [0, 50, 99])
@pytest.mark.parametrize(
    "method", ["adapler", "top", "ltp", "transkimmer", "powerbert", "trbert", "distilbert"]
)
def test_a_step(make_model, method: str, step: int) -> None:
    losses = {}
    for device in ("cpu", "cuda"):
        model = without_dropout(make_model(method)).to(device)
        dense = without_dropout(make_model()).to(device)
        stage = objective(method, model, dense)
        stage.start_epoch(0)
        optimizers = stage.optimizers()
        torch.manual_seed(0)
        values = stage.backward(
            WINDOWS, 1.0, TrainingProgress(0, step, 100), lambda loss, **more: loss.backward(**more)
        )
        for optimizer in optimizers:
            optimizer.step()
        stage.after_step()
        assert all(value.isfinite().all() for value in model.parameters())
        losses[device] = values["loss"]
    if method not in SAMPLED:
        assert losses["cuda"] == pytest.approx(losses["cpu"], abs=1e-4)
