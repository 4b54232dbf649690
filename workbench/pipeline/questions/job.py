"""Train methods to answer questions; what is trained already, with the same settings, is not again."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from workbench.attribution.engine.gradients import saliency_targets
from workbench.catalog.methods import METHODS
from workbench.config.loading import dump_config
from workbench.config.questions import QuestionsConfig
from workbench.core.questions import QuestionSet
from workbench.core.task_type import AnswerSpans
from workbench.data.questions import load_questions
from workbench.data.windows.questions import QuestionEncoding, encode_questions
from workbench.errors import InputError
from workbench.models.kernels.onednn import linear_kernels
from workbench.models.policies.base import Policy
from workbench.models.pretrained import content_of_backbone, load_backbone, load_tokenizer
from workbench.models.token_classifier import PruningTokenClassifier, load_answerer
from workbench.pipeline.job import Reporter
from workbench.pipeline.questions.answers import quality
from workbench.storage.atomic import read_json, write_json, write_text
from workbench.storage.fingerprints import fingerprint
from workbench.storage.locks import one_writer
from workbench.storage.scratch import discard
from workbench.training.inputs import TrainingInputs
from workbench.training.loop import Training
from workbench.training.objectives import prepare_objective
from workbench.training.objectives.base import Objective, TrainingProgress
from workbench.training.objectives.dense import DenseObjective
from workbench.training.teacher_targets import Targets

CONFIG, DONE, CHECKPOINTS = "questions.yaml", "trained.json", "checkpoints"
"""In the folder: the configuration, by model what it was trained with, unfinished trainings."""


@dataclass(frozen=True)
class System:
    """A method at a strength."""

    method: str
    strength: float | None = None

    @property
    def name(self) -> str:
        """Return what its files are called."""
        return self.method if self.strength is None else f"{self.method}-{self.strength:g}"


@dataclass
class QuestionsJob:
    """Methods being trained to answer questions; data are read when first asked for."""

    folder: Path
    config: QuestionsConfig
    reporter: Reporter = field(default_factory=Reporter)

    @property
    def systems(self) -> Iterator[System]:
        """Every method at each of its strengths, the dense model first."""
        for method in self.config.run.methods:
            for strength in self.config.strengths.get(method, [None]):
                yield System(method, strength)

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
        """Train every system that is not yet trained with these settings.

        Raises:
            InputError: Wrong data or settings, and a folder of something else.
            WorkbenchError: The folder has a writer, the disk is full, or training diverged.
        """
        self._refuse_other_folder()
        with one_writer(self.folder, "answer"), self.reporter, linear_kernels(self.config.run.kernels):
            write_text(self.folder / CONFIG, dump_config(self.config))
            for system in self.systems:
                done = self._is_done(system)
                self.reporter.stage(system.name, done)
                if not done:
                    self._train(system)
            discard(self.folder / CHECKPOINTS)

    def model(self, system: System) -> PruningTokenClassifier:
        """Load a trained model."""
        return load_answerer(self.folder / "models" / system.name)[0]

    def _refuse_other_folder(self) -> None:
        if self.folder.is_dir() and any(self.folder.iterdir()) and not (self.folder / CONFIG).is_file():
            raise InputError(f"{self.folder}: holds something else; choose another --out")

    @cached_property
    def _data_key(self) -> str:
        questions = [(one.id, one.text, one.context) for one in self.questions.splits["train"]]
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
        return done.get(system.name) == self._key(system)

    def _done(self) -> dict[str, Any]:
        path = self.folder / DONE
        return read_json(path) if path.is_file() else {}

    def _train(self, system: System) -> None:
        objective = self._objective(system)
        windows, dev = self.encodings["train"].windows, self.encodings["dev"]

        def report(moment: TrainingProgress, values: dict[str, float]) -> None:
            self.reporter.progress(moment.step + 1, moment.total_steps, values)

        def validate() -> dict[str, Any]:
            assert isinstance(objective.model, PruningTokenClassifier)
            return quality(objective.model, self.questions.splits["dev"], dev, self.config.questions)

        Training(
            objective=objective, windows=windows, validate=validate, seed=self.config.run.seed,
            folder=self.folder / CHECKPOINTS / f"{system.name}-{self._key(system)}", report=report,
        ).run()  # fmt: skip
        objective.model.save(self.folder / "models" / system.name, self.tokenizer)
        write_json(self.folder / DONE, self._done() | {system.name: self._key(system)})

    def _objective(self, system: System) -> Objective:
        run, settings = self.config.run, self.config.section(system.method, system.strength)
        if system.method == "dense":
            torch.manual_seed(run.seed)
            stock = load_backbone(run.backbone, AnswerSpans().labels, head="answers")
            model = PruningTokenClassifier(stock, Policy())
            if self.config.questions.max_tokens > model.backbone.positions:
                raise InputError(
                    f"questions.max_tokens is {self.config.questions.max_tokens}, the backbone's limit "
                    f"is {model.backbone.positions}"
                )
            return DenseObjective(model, settings)
        dense, dev = self.model(System("dense")), self.encodings["dev"]
        inputs = TrainingInputs(
            dense=dense, windows=self.encodings["train"].windows, seed=run.seed,
            tokenizer=self.tokenizer, max_tokens=self.config.questions.max_tokens,
            backbone=run.backbone, note=self.reporter.note, load_saliency=self._saliency,
            measure_dense=lambda: quality(
                dense, self.questions.splits["dev"], dev, self.config.questions
            )["quality"],
        )  # fmt: skip
        return prepare_objective(system.method, inputs, settings)

    def _saliency(self) -> Targets:
        """The dense model's saliency of each training window, normalised to sum 1."""
        windows = self.encodings["train"].windows
        scores = saliency_targets(self.model(System("dense")), windows)
        shares = (row / row.sum() if row.sum() else np.full_like(row, 1 / len(row)) for row in scores)
        return {(w.text_id, w.window): row for w, row in zip(windows, shares, strict=True)}


def title(system: System) -> str:
    """Return how a system is called in tables."""
    own = METHODS[system.method].title
    return own if system.strength is None else f"{own} {system.strength:g}"
