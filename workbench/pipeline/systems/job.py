"""Train methods on one task; what is trained already, with the same settings, is not again."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from workbench.attribution.engine.gradients import saliency_targets
from workbench.config.loading import dump_config
from workbench.config.questions import QuestionSettings
from workbench.config.systems import SystemsConfig
from workbench.core.documents import Window
from workbench.core.inference import TokenInference
from workbench.engines.manifest import AnswersAgreement, TagsAgreement
from workbench.errors import InputError
from workbench.models.backbones.base import Head
from workbench.models.classifier import PruningClassifier
from workbench.models.inference import infer_ragged
from workbench.models.kernels.onednn import linear_kernels
from workbench.models.policies.base import Policy
from workbench.models.pretrained import content_of_backbone, load_backbone, load_tokenizer
from workbench.models.token_classifier import PruningTokenClassifier, load_token_classifier
from workbench.pipeline.checks import warn_of_bfloat16
from workbench.pipeline.job import Reporter, this_process
from workbench.pipeline.systems.by_layer import Followed
from workbench.runs.systems import DONE, System, systems_of
from workbench.storage.atomic import read_json, write_json, write_text
from workbench.storage.fingerprints import fingerprint
from workbench.storage.scratch import discard
from workbench.training.inputs import TrainingInputs, trial_inputs
from workbench.training.loop import Training
from workbench.training.objectives import prepare_objective
from workbench.training.objectives.base import Objective, TrainingProgress
from workbench.training.objectives.dense import DenseObjective
from workbench.training.teacher_targets import Targets

CHECKPOINTS = "checkpoints"
"""In the folder: unfinished trainings."""
C = TypeVar("C", bound=SystemsConfig)
S = TypeVar("S")
V = TypeVar("V")


@dataclass
class SystemsJob(ABC, Generic[C, S, V]):
    """Methods being trained on one task; data are read when first asked for.

    A task gives its configuration (C), what a model says of texts (S, as it is written to JSON), and
    what that is worth by text (V).
    """

    folder: Path
    config: C
    reporter: Reporter = field(default_factory=Reporter)

    command: ClassVar[str]
    """Of the command line."""
    config_file: ClassVar[str]
    """What the configuration is called in the folder."""
    said_name: ClassVar[str]
    """What folders and frames of what models say are called."""
    head: ClassVar[Head]
    judged: ClassVar[str]
    """The split whose texts the frames are about; epochs are kept by `dev`."""
    limit: ClassVar[str]
    """The key that `longest` stands under."""

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """What the outputs are called."""

    @property
    @abstractmethod
    def longest(self) -> int:
        """Tokens of the longest window that the settings allow."""

    @property
    @abstractmethod
    def facts(self) -> list[Any]:
        """Whatever else decides what a training gives: the texts and how they are cut, for JSON."""

    @property
    def asked(self) -> QuestionSettings | None:
        """How questions are cut and answered, which a model of them is saved with."""
        return None

    @abstractmethod
    def windows(self, split: str) -> list[Window]:
        """Return the windows of a split."""

    @abstractmethod
    def said(self, split: str, logits: Sequence[np.ndarray]) -> S:
        """Return what the logits (n, outputs) of a split's windows say of its texts."""

    @abstractmethod
    def values(self, split: str, said: S) -> V:
        """Return what that is worth."""

    @abstractmethod
    def metrics(self, values: V) -> Iterator[tuple[str, float, float | None, float | None, int]]:
        """Yield (metric, value, ci_low, ci_high, n)."""

    @abstractmethod
    def f1(self, values: V) -> float:
        """Return F1 alone, which epochs are kept by."""

    @abstractmethod
    def p_value(self, values: V, dense: V) -> float:
        """Return that of a paired test of two systems' F1."""

    @abstractmethod
    def agreement(
        self, given: TokenInference, torchs: TokenInference
    ) -> AnswersAgreement | TagsAgreement:
        """Return how exported graphs say what torch says of the dev split's windows.

        Args:
            given, torchs: What the graphs and the torch model gave for them.
        """

    @abstractmethod
    def followed(self, split: str) -> tuple[list[int], list[Followed]]:
        """Return numbers of a split's windows, and which tokens of these are followed by layer."""

    @property
    def systems(self) -> Iterator[System]:
        """Every method at each of its strengths, the dense model first."""
        return systems_of(self.config)

    @cached_property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        return load_tokenizer(self.config.run.backbone)

    def train(self) -> None:
        """Train every system that is not yet trained with these settings; nobody else writes meanwhile.

        Raises:
            InputError: Wrong data or settings.
            WorkbenchError: The disk is full, or training diverged.
        """
        self._check()
        write_text(self.folder / self.config_file, dump_config(self.config))
        with linear_kernels(self.config.run.kernels):
            for system in self.systems:
                done = self._is_done(system)
                self.reporter.stage(system.name, done)
                if not done:
                    self._train(system)
        discard(self.folder / CHECKPOINTS)

    def model(self, system: System) -> PruningTokenClassifier:
        """Load a trained model."""
        model, _ = load_token_classifier(self.folder / "models" / system.name, self.head)
        return model.to(this_process().device)

    def _check(self) -> None:
        """Raise InputError for what would stop the training of any system later.

        Each that is not trained yet is prepared once, with the backbone as it comes and a single window.
        """
        systems = [system for system in self.systems if not self._is_done(system)]
        if not systems:
            return
        run, dense = self.config.run, self._untrained()
        warn_of_bfloat16(run, [system.method for system in systems], self.reporter)
        with torch.random.fork_rng(devices=[]):
            for system in systems:
                if system.method != "dense":
                    inputs = trial_inputs(
                        dense, self.windows("train"), run.seed, self.tokenizer,
                        self.longest, run.backbone,
                    )  # fmt: skip
                    prepare_objective(
                        system.method, inputs, self.config.section(system.method, system.strength)
                    )

    @cached_property
    def _data_key(self) -> str:
        run = self.config.run
        return fingerprint([*self.facts, run.seed, run.kernels, content_of_backbone(run.backbone)])

    def _key(self, system: System) -> str:
        dense = self.config.run.section("dense").model_dump(mode="json")
        own = self.config.section(system.method, system.strength).model_dump(mode="json")
        rejoin = [] if system.method == "dense" or not self.config.rejoin else [self.config.rejoin]
        return fingerprint([self._data_key, dense, system.method, own, *rejoin])

    def _is_done(self, system: System) -> bool:
        done: dict[str, Any] = self._done()
        trained = (self.folder / "models" / system.name).is_dir()
        return trained and done.get(system.name) == self._key(system)

    def _done(self) -> dict[str, Any]:
        path = self.folder / DONE
        return read_json(path) if path.is_file() else {}

    def _train(self, system: System) -> None:
        objective = self._objective(system)

        def report(moment: TrainingProgress, values: dict[str, float]) -> None:
            self.reporter.progress(moment.step + 1, moment.total_steps, values)

        Training(
            objective=objective, windows=self.windows("train"), seed=self.config.run.seed,
            validate=lambda: self._quality(objective.model),
            folder=self.folder / CHECKPOINTS / f"{system.name}-{self._key(system)}", report=report,
        ).run()  # fmt: skip
        assert isinstance(objective.model, PruningTokenClassifier)
        objective.model.asked = self.asked
        objective.model.save(self.folder / "models" / system.name, self.tokenizer)
        write_json(self.folder / DONE, self._done() | {system.name: self._key(system)})

    def _objective(self, system: System) -> Objective:
        settings = self.config.section(system.method, system.strength)
        if system.method == "dense":
            return DenseObjective(self._untrained(), settings)
        dense = self.model(System("dense"))
        inputs = TrainingInputs(
            dense=dense, windows=self.windows("train"), seed=self.config.run.seed,
            tokenizer=self.tokenizer, max_tokens=self.longest,
            backbone=self.config.run.backbone, note=self.reporter.note, load_saliency=self._saliency,
            measure_dense=lambda: self._quality(dense)["quality"],
        )  # fmt: skip
        objective = prepare_objective(system.method, inputs, settings)
        if self.config.rejoin is not None:
            objective.model.policy.rejoin = self.config.rejoin
        return objective

    def _untrained(self) -> PruningTokenClassifier:
        """Return the backbone with a new head; InputError where windows are longer than it takes."""
        run = self.config.run
        torch.manual_seed(run.seed)
        stock = load_backbone(run.backbone, self.labels, head=self.head)
        model = PruningTokenClassifier(stock, Policy())
        if self.longest > model.backbone.positions:
            raise InputError(
                f"{self.limit} is {self.longest}, the backbone's limit is {model.backbone.positions}"
            )
        return model.to(this_process().device)

    def _quality(self, model: PruningClassifier) -> dict[str, Any]:
        """Return dev metrics of training: F1, unpadded FLOPs speed-up, mean tokens per layer."""
        windows = self.windows("dev")
        logits, tokens, tokens_ffn = infer_ragged(model, windows)
        own, dense = model.costs.of_windows(windows, tokens, tokens_ffn)
        return {
            "quality": self.f1(self.values("dev", self.said("dev", logits))),
            "speedup": float(dense.sum() / own.sum()),
            "tokens": tokens.mean(axis=0).round(2).tolist(),
        }

    def _saliency(self) -> Targets:
        """The dense model's saliency of each training window, normalised to sum 1."""
        scores = saliency_targets(self.model(System("dense")), self.windows("train"))
        shares = (row / row.sum() if row.sum() else np.full_like(row, 1 / len(row)) for row in scores)
        return {(w.text_id, w.window): row for w, row in zip(self.windows("train"), shares, strict=True)}
