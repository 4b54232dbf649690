"""A tiny objective of every method, and the texts it trains on."""

import numpy as np
import torch

from tests.helpers.toys import RAGGED, adapler, policy_of, texts, toy_tokenizer
from workbench.catalog.methods import method_spec
from workbench.catalog.methods.adapler import AdaplerSettings
from workbench.catalog.methods.dense import DenseSettings
from workbench.catalog.methods.distilbert import DistilbertSettings
from workbench.catalog.methods.ltp import LtpSettings
from workbench.catalog.methods.powerbert import PowerbertSettings
from workbench.catalog.methods.top import TopSettings
from workbench.catalog.methods.transkimmer import TranskimmerSettings
from workbench.catalog.methods.trbert import TrbertSettings
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy
from workbench.models.policies.distilbert import DistilBert
from workbench.models.policies.ltp import LTP
from workbench.models.policies.powerbert import PowerBert
from workbench.models.policies.top import ToP
from workbench.models.student import half_depth
from workbench.training.inputs import TrainingInputs
from workbench.training.objectives import prepare_objective
from workbench.training.objectives.adapler import AdaplerObjective
from workbench.training.objectives.base import Objective
from workbench.training.objectives.dense import DenseObjective
from workbench.training.objectives.distilbert import DistilbertObjective
from workbench.training.objectives.ltp import LtpObjective
from workbench.training.objectives.powerbert import PowerbertObjective
from workbench.training.objectives.top import TopObjective, compute_teacher_targets
from workbench.training.objectives.transkimmer import TranskimmerObjective
from workbench.training.objectives.trbert import TrbertObjective

TRAIN, DEV = texts((9, 4, 7, 7, 12, 3, 8, 5, 10, 6), seed=1), texts(RAGGED, seed=2)
SETTINGS = {"epochs": 2, "batch_size": 3, "checkpoint_steps": 3, "learning_rate": 1e-3}
STEPS = 4
"""Of each epoch: ten texts in batches of three."""


def inputs_of(dense: PruningClassifier) -> TrainingInputs:
    """What a training on `TRAIN` starts from; saliencies are equal shares, the dense quality is 0."""
    return TrainingInputs(
        dense=dense, windows=TRAIN, seed=0, tokenizer=toy_tokenizer(), max_tokens=20, backbone="tiny",
        load_saliency=lambda: {(w.text_id, 0): np.full(len(w.input_ids), 1.0) for w in TRAIN},
        measure_dense=lambda: 0.0, note=lambda text: None,
    )  # fmt: skip


def objective(make_model, method: str, **settings) -> Objective:
    """A tiny objective of a method; one that is not listed here is made as a run makes it."""
    torch.manual_seed(5)
    dense, chosen = make_model(), SETTINGS | settings
    config = dense.stock.config
    if method == "dense":
        return DenseObjective(PruningClassifier(dense.stock, Policy()), DenseSettings(**chosen))
    if method == "distilbert":
        student = half_depth(dense.stock)
        model = PruningClassifier(student, DistilBert.beside(student.config, dense.costs.shape))
        return DistilbertObjective(model, DistilbertSettings(**chosen), dense)
    if method == "top":
        teacher_targets = compute_teacher_targets(dense, TRAIN, 4)
        policy = ToP(config, bins=4, first_layer=1, fine_start=0.0, coarse_start=2.0)
        model = PruningClassifier(dense.stock, policy)
        chosen = {"gates": "lagrangian", "rank_top_k": 4} | chosen
        return TopObjective(model, TopSettings(**chosen), teacher_targets)
    if method == "ltp":
        model = PruningClassifier(dense.stock, LTP(config, last_threshold=0.12, temperature=0.05))
        return LtpObjective(model, LtpSettings(**chosen))
    if method == "transkimmer":
        model = PruningClassifier(dense.stock, policy_of(method, config))
        return TranskimmerObjective(model, TranskimmerSettings(**chosen))
    if method == "powerbert":
        search = {"retention_weight": 1.0, "retention_learning_rate": 0.15, "search_share": 0.6}
        model = PruningClassifier(dense.stock, PowerBert(config, length=12))
        return PowerbertObjective(model, PowerbertSettings(**search | chosen))
    if method not in ("trbert", "adapler"):
        return prepare_objective(method, inputs_of(dense), method_spec(method).settings(**chosen))
    targets = {(w.text_id, 0): torch.rand(len(w.input_ids)).numpy() for w in TRAIN}
    if method == "trbert":
        teacher = {(w.text_id, 0): torch.randn(2).numpy() for w in TRAIN}
        model = PruningClassifier(dense.stock, policy_of(method, config))
        return TrbertObjective(model, TrbertSettings(**chosen), targets, teacher)
    model = PruningClassifier(dense.stock, adapler(config))
    return AdaplerObjective(model, AdaplerSettings(lambda_start=5.0, **chosen), targets, 0.0)
