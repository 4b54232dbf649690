"""Methods trained to tag words: their data, and how good a model is."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from workbench.config.tagging import TaggingConfig
from workbench.core.documents import Window
from workbench.core.inference import TokenInference, held_against
from workbench.core.tagging import TaggedSet
from workbench.data.tagged import load_tagged
from workbench.data.windows.tags import TagEncoding, encode_tagged
from workbench.engines.manifest import TagsAgreement
from workbench.metrics.stats.micro_f1 import micro_f1, paired_micro_f1_test
from workbench.metrics.tagging import TagValues, tag_quality, tag_values
from workbench.pipeline.systems.by_layer import Followed
from workbench.pipeline.systems.job import SystemsJob
from workbench.runs.systems import RESAMPLES
from workbench.runs.tags import TagsFolder

SPLITS = "train", "dev", "test"


class TaggingJob(SystemsJob[TaggingConfig, dict[str, list[str]], TagValues]):
    """Methods being trained to tag words; what they say are the tags of a text's words by its id."""

    command, config_file, said_name = "tag", TagsFolder.config_file, TagsFolder.said_name
    head, judged, limit = "tokens", "test", "run.data.max_tokens"

    @cached_property
    def texts(self) -> TaggedSet:
        """Those of train, dev and test."""
        found = load_tagged(self.config.run.data, self.config.tagging.names)
        for note in found.notes:
            self.reporter.note(note)
        return found

    @cached_property
    def encodings(self) -> dict[str, TagEncoding]:
        """The windows of train, dev and test."""
        made = {}
        for split in SPLITS:
            made[split] = encode_tagged(
                self.texts.splits[split], self.texts.tags, self.tokenizer,
                max_tokens=self.longest, learnt=self.config.tagging.learnt,
            )  # fmt: skip
            if self.config.run.data.unknown_only == "refuse":
                made[split].encoding.refuse_unknown()
            for note in made[split].encoding.notes:
                self.reporter.note(f"{split}: {note}")
        return made

    @property
    def labels(self) -> tuple[str, ...]:
        return self.texts.tags

    @property
    def longest(self) -> int:
        return self.config.run.data.max_tokens

    @property
    def facts(self) -> list[Any]:
        texts = {
            split: [
                [text.document.id, text.document.words, text.tags] for text in self.texts.splits[split]
            ]
            for split in ("train", "dev")
        }
        return [texts, self.labels, self.longest, self.config.tagging.learnt]

    def windows(self, split: str) -> list[Window]:
        return self.encodings[split].windows

    def said(self, split: str, logits: Sequence[np.ndarray]) -> dict[str, list[str]]:
        texts = self.texts.splits[split]
        tags = self.encodings[split].tags(texts, logits, self.labels)
        return {text.document.id: own for text, own in zip(texts, tags, strict=True)}

    def values(self, split: str, said: dict[str, list[str]]) -> TagValues:
        texts = self.texts.splits[split]
        own = [said[text.document.id] for text in texts]
        return tag_values([text.tags for text in texts], own, self.labels)

    def metrics(self, values: TagValues) -> Iterator[tuple[str, float, float | None, float | None, int]]:
        return tag_quality(values, RESAMPLES, self.config.run.seed)

    def f1(self, values: TagValues) -> float:
        return float(micro_f1(values.counts.sum(0)))

    def p_value(self, values: TagValues, dense: TagValues) -> float:
        return paired_micro_f1_test(values.counts, dense.counts, RESAMPLES, self.config.run.seed)

    def agreement(self, given: TokenInference, torchs: TokenInference) -> TagsAgreement:
        said = [self.said("dev", part.logits) for part in (given, torchs)]
        ours, theirs = ([tag for tags in one.values() for tag in tags] for one in said)
        return TagsAgreement(
            **held_against(given, torchs),
            words=len(ours),
            f1=self.f1(self.values("dev", said[0])),
            f1_torch=self.f1(self.values("dev", said[1])),
            same_tag=float(np.mean([own == other for own, other in zip(ours, theirs, strict=True)])),
        )

    def followed(self, split: str) -> tuple[list[int], list[Followed]]:
        windows = self.windows(split)
        words = [window.word_index >= 0 for window in windows]
        marked = [np.asarray(window.rationale) for window in windows]
        others = [there & ~marks for there, marks in zip(words, marked, strict=True)]
        return [*range(len(windows))], [Followed("entities", marked), Followed("other words", others)]
