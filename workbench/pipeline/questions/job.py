"""Train methods to answer questions; what is trained already, with the same settings, is not again."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from workbench.attribution.engine.gradients import saliency_targets
from workbench.config.loading import dump_config
from workbench.config.questions import QuestionsConfig
from workbench.core.questions import QuestionSet
from workbench.core.task_type import AnswerSpans
from workbench.data.questions import load_questions
from workbench.data.windows.questions import QuestionEncoding, encode_questions
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier
from workbench.models.kernels.onednn import linear_kernels
from workbench.models.policies.base import Policy
from workbench.models.pretrained import content_of_backbone, load_backbone, load_tokenizer
from workbench.models.token_classifier import PruningTokenClassifier, load_answerer
from workbench.pipeline.job import Reporter, this_process
from workbench.pipeline.questions.answers import quality
from workbench.runs.answers import CONFIG, DONE, System, systems_of
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


@dataclass
class QuestionsJob:
    """Methods being trained to answer questions; data are read when first asked for."""

    folder: Path
    config: QuestionsConfig
    reporter: Reporter = field(default_factory=Reporter)

    @property
    def systems(self) -> Iterator[System]:
        """Every method at each of its strengths, the dense model first."""
        return systems_of(self.config)

    @cached_property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        return load_tokenizer(self.config.run.backbone)

    @cached_property
    def questions(self) -> QuestionSet:
        """Those of training and of dev."""
        settings = self.config.questions
        found = load_questions(
            self.config.run.data, answers=settings.misplaced, dev_share=settings.dev_share,
            seed=self.config.run.seed,
        )  # fmt: skip
        for note in found.notes:
            self.reporter.note(note)
        splits = found.splits | {"train": found.splits["train"][: settings.max_train]}
        for split in ("train", "dev"):
            if not splits[split]:
                raise InputError(f"{found.name}: the {split} split has no questions")
        return QuestionSet(found.name, splits, found.notes, found.counts)

    @cached_property
    def encodings(self) -> dict[str, QuestionEncoding]:
        """The windows of train and dev."""
        settings = self.config.questions
        made = {}
        for split in ("train", "dev"):
            made[split] = encode_questions(
                self.questions.splits[split], self.tokenizer, max_tokens=settings.max_tokens,
                stride=settings.stride, max_question=settings.max_question,
                long_questions=settings.long_questions,
            )  # fmt: skip
            for note in made[split].notes:
                self.reporter.note(f"{split}: {note}")
        return made

    def train(self) -> None:
        """Train every system that is not yet trained with these settings; nobody else writes meanwhile.

        Raises:
            InputError: Wrong data or settings.
            WorkbenchError: The disk is full, or training diverged.
        """
        self._check()
        write_text(self.folder / CONFIG, dump_config(self.config))
        with linear_kernels(self.config.run.kernels):
            for system in self.systems:
                done = self._is_done(system)
                self.reporter.stage(system.name, done)
                if not done:
                    self._train(system)
        discard(self.folder / CHECKPOINTS)

    def model(self, system: System) -> PruningTokenClassifier:
        """Load a trained model."""
        model, _ = load_answerer(self.folder / "models" / system.name)
        return model.to(this_process().device)

    def _check(self) -> None:
        """Raise InputError for what would stop the training of any system later.

        Each that is not trained yet is prepared once, with the backbone as it comes and a single window.
        """
        systems = [system for system in self.systems if not self._is_done(system)]
        if not systems:
            return
        run, dense = self.config.run, self._untrained()
        with torch.random.fork_rng(devices=[]):
            for system in systems:
                if system.method != "dense":
                    inputs = trial_inputs(
                        dense, self.encodings["train"].windows, run.seed, self.tokenizer,
                        self.config.questions.max_tokens, run.backbone,
                    )  # fmt: skip
                    prepare_objective(
                        system.method, inputs, self.config.section(system.method, system.strength)
                    )

    @cached_property
    def _data_key(self) -> str:
        questions = {
            split: [dataclasses.astuple(one) for one in self.questions.splits[split]]
            for split in ("train", "dev")
        }
        run = self.config.run
        return fingerprint(
            [questions, self.config.questions.model_dump(mode="json"), run.seed, run.kernels,
             content_of_backbone(run.backbone)]
        )  # fmt: skip

    def _key(self, system: System) -> str:
        dense = self.config.run.section("dense").model_dump(mode="json")
        own = self.config.section(system.method, system.strength).model_dump(mode="json")
        return fingerprint([self._data_key, dense, system.method, own])

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
            objective=objective, windows=self.encodings["train"].windows, seed=self.config.run.seed,
            validate=lambda: self._quality(objective.model),
            folder=self.folder / CHECKPOINTS / f"{system.name}-{self._key(system)}", report=report,
        ).run()  # fmt: skip
        assert isinstance(objective.model, PruningTokenClassifier)
        objective.model.asked = self.config.questions
        objective.model.save(self.folder / "models" / system.name, self.tokenizer)
        write_json(self.folder / DONE, self._done() | {system.name: self._key(system)})

    def _objective(self, system: System) -> Objective:
        settings = self.config.section(system.method, system.strength)
        if system.method == "dense":
            return DenseObjective(self._untrained(), settings)
        dense = self.model(System("dense"))
        inputs = TrainingInputs(
            dense=dense, windows=self.encodings["train"].windows, seed=self.config.run.seed,
            tokenizer=self.tokenizer, max_tokens=self.config.questions.max_tokens,
            backbone=self.config.run.backbone, note=self.reporter.note, load_saliency=self._saliency,
            measure_dense=lambda: self._quality(dense)["quality"],
        )  # fmt: skip
        return prepare_objective(system.method, inputs, settings)

    def _untrained(self) -> PruningTokenClassifier:
        """Return the backbone with a new head; InputError where windows are longer than it takes."""
        run, longest = self.config.run, self.config.questions.max_tokens
        torch.manual_seed(run.seed)
        stock = load_backbone(run.backbone, AnswerSpans().labels, head="answers")
        model = PruningTokenClassifier(stock, Policy())
        if longest > model.backbone.positions:
            raise InputError(
                f"questions.max_tokens is {longest}, the backbone's limit is {model.backbone.positions}"
            )
        return model.to(this_process().device)

    def _quality(self, model: PruningClassifier) -> dict[str, Any]:
        """Return the dev metrics of a model as it is."""
        assert isinstance(model, PruningTokenClassifier)
        dev = self.questions.splits["dev"], self.encodings["dev"]
        return quality(model, *dev, self.config.questions)

    def _saliency(self) -> Targets:
        """The dense model's saliency of each training window, normalised to sum 1."""
        windows = self.encodings["train"].windows
        scores = saliency_targets(self.model(System("dense")), windows)
        shares = (row / row.sum() if row.sum() else np.full_like(row, 1 / len(row)) for row in scores)
        return {(w.text_id, w.window): row for w, row in zip(windows, shares, strict=True)}
