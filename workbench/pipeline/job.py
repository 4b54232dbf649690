"""What all stages of a run share: its folder, data, models, and who is told about progress."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import torch
from accelerate import PartialState
from transformers import PreTrainedTokenizerBase

from workbench.config.loading import dump_config
from workbench.config.run import RunConfig
from workbench.core.documents import Corpus, Window
from workbench.data.corpus import load_corpus
from workbench.data.windows.encode import Encoding, encode_corpus, with_evidence
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier, load_classifier
from workbench.models.pretrained import load_tokenizer
from workbench.pipeline.content import Content, Texts, read_content
from workbench.pipeline.environment import describe_environment
from workbench.pipeline.recipes import Recipes
from workbench.runs.folder import Run
from workbench.runs.stages import Recipe, Stages

LOG = logging.getLogger(__name__)


def this_process() -> PartialState:
    """This process's place among those of the run; joins them when first called."""
    return PartialState(cpu=not torch.cuda.is_available())


class Reporter:
    """Is told what goes on, inside a `with` block; this one says nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Hear that the work is over, well or not."""

    def stage(self, name: str, skipped: bool) -> None:
        """Hear that a stage begins, or is skipped because its inputs have not changed."""

    def progress(self, done: int, total: int, values: dict[str, float]) -> None:
        """Hear how far a stage is.

        Args:
            done: Units that are finished.
            total: All units; 0 while nobody knows how many there will be.
            values: Numbers worth showing.
        """

    def note(self, text: str) -> None:
        """Hear what was dropped, repaired or skipped."""

    def warning(self, text: str) -> None:
        """Hear what of the data is probably not what was meant."""
        self.note(f"warning: {text}")

    def missed(self, text: str) -> None:
        """Hear what was asked for and is not reached, or cannot be."""


@dataclass
class Job:
    """One run being made; data and models are loaded when first asked for."""

    run: Run
    config: RunConfig
    reporter: Reporter = field(default_factory=Reporter)
    notes: list[str] = field(default_factory=list)
    """Everything that was dropped, repaired or skipped, for the report."""
    base: "Job | None" = None
    """The job of the dense model that this one shares: its texts and the model's predictions serve here
    as well. Data, backbone, seed and dense settings must be equal."""
    out: Run = field(init=False)
    """Where the present stage writes, as if it were the run; its files move there when it ends."""

    @cached_property
    def stages(self) -> Stages:
        return Stages(
            self.run.folder,
            writes=self.process.is_main_process,
            config=dump_config(self.config),
            describe=lambda: describe_environment(self.config.seed),
            recipe=lambda stage: self.recipes.of(stage),
        )

    @cached_property
    def recipes(self) -> Recipes:
        if self.base is not None:
            self.stages.content = self.base.stages.content
            content = self.base.recipes.content
        else:
            self.stages.content = read_content(self.config, self.stages.content, self._texts)
            content = Content(**self.stages.content["digests"])
        return Recipes(self.config, content)

    def _texts(self) -> Texts:
        return self.corpus, self.encodings, self.training_windows

    @cached_property
    def process(self) -> PartialState:
        return this_process()

    @cached_property
    def corpus(self) -> Corpus:
        if self.base is not None:
            return self.base.corpus
        corpus = load_corpus(self.config.data)
        for split in ("train", "dev", *self.config.evaluation.splits):
            if not corpus.splits.get(split):
                raise InputError(f"{corpus.name}: the {split} split has no texts")
        if self.config.evaluation.faithfulness.scorers:
            corpus.task_type.require_classes(
                "evaluation.faithfulness measures the drop of a class's probability"
            )
        for note in corpus.notes:
            self.note(note)
        for warning in corpus.warnings:
            self.reporter.warning(warning)
        return corpus

    @cached_property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        if self.base is not None:
            return self.base.tokenizer
        return load_tokenizer(self.config.backbone)

    @cached_property
    def encodings(self) -> dict[str, Encoding]:
        if self.base is not None:
            return self.base.encodings
        encodings = encode_corpus(self.corpus, self.tokenizer, self.config.data.max_tokens)
        for split, encoding in encodings.items():
            if self.config.data.unknown_only == "refuse":
                encoding.refuse_unknown()
            for note in encoding.notes:
                self.note(f"{split}: {note}")
        return encodings

    @cached_property
    def training_windows(self) -> list[Window]:
        if self.base is not None:
            return self.base.training_windows
        windows = self.encodings["train"].windows
        if not self.config.data.soft_labels:
            windows = [
                replace(w, label_shares=None) if w.label_shares is not None else w for w in windows
            ]
        elif all(window.label_shares is None for window in windows):
            raise InputError("data.soft_labels: no text has labels of several annotators")
        if self.config.data.training_windows == "all":
            return windows
        chosen = with_evidence(windows)
        self.note(f"training on {len(chosen)} of {len(windows)} windows: those with evidence")
        if not chosen:
            raise InputError(
                "training_windows is with-evidence, but no training window holds a rationale"
            )
        return chosen

    def first_windows(self, split: str, limits: Iterable[int | None], doing: str) -> list[Window]:
        """Return the windows of a split's first texts; fewer than all is noted.

        Args:
            split: Name of the split.
            limits: The least of them is how many texts; None sets no limit.
            doing: What is done to the texts, for the note.
        """
        windows = self.encodings[split].windows
        texts = list(dict.fromkeys(window.text_id for window in windows))
        most = min(limit for limit in (*limits, len(texts)) if limit is not None)
        if most == len(texts):
            return windows
        self.note(f"{split}: {doing} the first {most} of {len(texts)} texts")
        chosen = set(texts[:most])
        return [window for window in windows if window.text_id in chosen]

    def note(self, text: str) -> None:
        """Tell the user now and the report later."""
        self.notes.append(text)
        self.reporter.note(text)

    def model(self, method: str) -> PruningClassifier:
        """The trained model of a method, in evaluation mode, freshly loaded."""
        model, _ = load_classifier(self.run.model_folder(method))
        return model.to(self.process.device)

    def is_done(self, stage: str) -> bool:
        """Return whether a stage was done with these settings and this content, and is whole."""
        return self.stages.is_done(stage, self.recipe(stage))

    def recipe(self, stage: str) -> Recipe:
        """Return what a stage depends on."""
        recipe = self.recipes.of(stage)
        assert recipe is not None, stage
        return recipe

    def stage(
        self, name: str, work: Callable[["Job"], None], *, again: bool = False, shared: bool = False
    ) -> None:
        """Carry out a stage unless it is done.

        Args:
            name: The stage.
            work: Does it, and writes into `out`.
            again: Repeat it even if it is done.
            shared: What it writes was made by another run.
        """
        recipe = self.recipe(name)
        done = self.stages.is_done(name, recipe) and not again
        self.reporter.stage(name, done)
        if done:
            return
        if (reason := self.stages.why(name, recipe)) and not again:
            self.reporter.note(f"{name} is made again: {reason}")
        with self.stages.record(name, recipe, shared=shared) as folder:
            self.out = Run(folder)
            work(self)
