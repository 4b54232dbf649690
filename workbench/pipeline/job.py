"""What all stages of a run share: its folder, data, models, and who is told about progress."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import torch
from accelerate import PartialState
from transformers import PreTrainedTokenizerBase

from workbench.catalog.methods import METHODS
from workbench.config.run import RunConfig
from workbench.core.documents import Corpus, Window
from workbench.core.task_type import task_type_of
from workbench.data.corpus import load_corpus
from workbench.data.windows.encode import Encoding, encode_corpus, with_evidence
from workbench.errors import InputError
from workbench.models.backbone import load_tokenizer
from workbench.models.classifier import PruningClassifier, load_classifier
from workbench.pipeline.environment import describe_environment
from workbench.runs.folder import Run
from workbench.runs.stages import Stages, fingerprint

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
            total: All units.
            values: Numbers worth showing.
        """

    def note(self, text: str) -> None:
        """Hear what was dropped, repaired or skipped."""


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

    @cached_property
    def stages(self) -> Stages:
        return Stages(
            self.run.folder,
            writes=self.process.is_main_process,
            describe=lambda: describe_environment(self.config.seed),
        )

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
            task_type_of(corpus.labels).require_classes(
                "evaluation.faithfulness measures the drop of a class's probability"
            )
        for note in corpus.notes:
            self.note(note)
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

    def key(self, stage: str) -> str:
        """What a stage's result depends on; see `Stages`."""
        config = self.config
        data = fingerprint(config.data, config.backbone, config.seed, config.kernels)
        if stage == "dense":
            return fingerprint(data, config.section("dense"))
        if stage == "saliency":
            return self.key("dense")
        if stage in METHODS:
            return fingerprint(self.key("dense"), config.section(stage))
        models = [self.key(method) for method in config.methods]
        # What concerns one stage alone leaves the others as they are.
        others = {"controls", "faithfulness"} - {stage}
        evaluation = config.evaluation.model_dump(mode="json", exclude=others)
        if stage == "efficiency":
            return fingerprint(models, evaluation, config.efficiency)
        return fingerprint(stage, models, evaluation)
