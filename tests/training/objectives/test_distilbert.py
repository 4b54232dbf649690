"""DistilBERT's loss: its three parts by hand, the teacher fixed and without dropout."""

import pytest
import torch
from torch.nn.functional import cross_entropy, log_softmax

from tests.helpers.tiny_objectives import TRAIN, objective
from tests.helpers.toys import LABELS, save_folder, tiny_config, without_dropout
from workbench.catalog.methods.distilbert import DistilbertSettings
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy
from workbench.models.policies.distilbert import DistilBert
from workbench.models.pretrained import load_backbone
from workbench.training.objectives.base import TrainingProgress
from workbench.training.objectives.distilbert import DistilbertObjective

BATCH = TRAIN[:4]


def losses(made: DistilbertObjective) -> tuple[float, dict[str, float]]:
    found: list[float] = []
    values = made.backward(BATCH, 0.5, TrainingProgress(0, 0, 1), lambda loss: found.append(loss.item()))
    return found[0], values


def states(model: PruningClassifier, window) -> torch.Tensor:
    """(n, H): hidden states after the last layer, from the stock model."""
    ids = torch.from_numpy(window.input_ids)[None]
    types = torch.from_numpy(window.token_type_ids)[None]
    return model.stock.bert(input_ids=ids, token_type_ids=types).last_hidden_state[0]


def test_the_parts_by_hand(make_model) -> None:
    weights = {"label_weight": 0.7, "distil_weight": 3.0, "cosine_weight": 1.5, "temperature": 4.0}
    made = objective(make_model, "distilbert", **weights)
    without_dropout(made.model)
    with torch.no_grad():
        loss, values = losses(made)
        student, teacher = made.model(BATCH).logits, made.dense(BATCH).logits
        labels = torch.tensor([window.label for window in BATCH])
        soft = log_softmax(teacher / 4, -1)
        kl = 16 * (soft.exp() * (soft - log_softmax(student / 4, -1))).sum(1).mean()
        distances = []
        for window in BATCH:
            a, b = states(made.model, window), states(made.dense, window)
            distances.append(1 - ((a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))).mean())
    cosine = torch.stack(distances).mean()
    expected = {"loss": cross_entropy(student, labels), "kl": kl, "cosine": cosine}
    for name, value in expected.items():
        assert values[name] == pytest.approx(value.item(), abs=1e-5), name
    whole = 0.7 * expected["loss"] + 3 * expected["kl"] + 1.5 * expected["cosine"]
    assert loss == pytest.approx(0.5 * whole.item(), abs=1e-5)


def test_a_student_equal_to_its_teacher_learns_from_labels_only(make_model) -> None:
    dense, twin = make_model(), make_model()
    model = PruningClassifier(twin.stock, DistilBert.beside(twin.stock.config, dense.costs.shape))
    _, values = losses(DistilbertObjective(without_dropout(model), DistilbertSettings(), dense))
    assert values["kl"] == pytest.approx(0, abs=1e-5)
    assert values["cosine"] == pytest.approx(0, abs=1e-5)
    assert values["loss"] > 0.01


def test_the_teacher_has_no_dropout_and_gets_no_gradient(make_model) -> None:
    made = objective(make_model, "distilbert")
    made.model.train()
    assert not made.dense.training
    made.backward(BATCH, 1.0, TrainingProgress(0, 0, 1), lambda loss: loss.backward())
    assert all(value.grad is None for value in made.dense.parameters())
    assert made.model.stock.classifier.weight.grad is not None
    with torch.no_grad():
        assert made.dense(BATCH).logits.equal(make_model()(BATCH).logits)


def test_states_of_two_widths_have_no_cosine(make_model, tmp_path) -> None:
    narrow = load_backbone(str(save_folder(tmp_path / "narrow", tiny_config(2, hidden_size=12))), LABELS)
    dense = make_model()
    model = PruningClassifier(narrow, DistilBert.beside(narrow.config, dense.costs.shape))
    with pytest.raises(InputError, match=r"12 wide.* 16.*distilbert\.cosine_weight to 0"):
        DistilbertObjective(model, DistilbertSettings(), dense)
    _, values = losses(DistilbertObjective(model, DistilbertSettings(cosine_weight=0), dense))
    assert values.keys() == {"loss", "kl"}


def test_another_policy_is_a_mistake(make_model) -> None:
    with pytest.raises(TypeError, match="DistilBert"):
        DistilbertObjective(
            PruningClassifier(make_model().stock, Policy()), DistilbertSettings(), make_model()
        )
