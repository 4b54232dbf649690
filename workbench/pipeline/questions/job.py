"""Methods trained to answer questions: their data, and how good a model is."""

import dataclasses
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from workbench.config.questions import QuestionsConfig, QuestionSettings
from workbench.core.documents import Window
from workbench.core.inference import TokenInference, held_against
from workbench.core.questions import QuestionSet
from workbench.core.token_tasks import AnswerSpans
from workbench.data.questions import configured_questions
from workbench.data.windows.questions import QuestionEncoding, encode_by_settings
from workbench.engines.manifest import AnswersAgreement
from workbench.metrics.answer_spans import answers_by_settings
from workbench.metrics.question_answering import AnswerValues, answer_quality, answer_values
from workbench.metrics.stats.resampling import paired_randomisation_test
from workbench.pipeline.questions.answers import followed_tokens
from workbench.pipeline.systems.by_layer import Followed
from workbench.pipeline.systems.job import SystemsJob
from workbench.runs.answers import AnswersFolder
from workbench.runs.systems import RESAMPLES


class QuestionsJob(SystemsJob[QuestionsConfig, dict[str, str], AnswerValues]):
    """Methods being trained to answer questions; what they say are answers by the question's id."""

    command = "answer"
    config_file, said_name = AnswersFolder.config_file, AnswersFolder.said_name
    head, judged, limit = "answers", "dev", "questions.max_tokens"
    labels = AnswerSpans().labels

    @cached_property
    def questions(self) -> QuestionSet:
        """Those of training and of dev."""
        found = configured_questions(self.config)
        for note in found.notes:
            self.reporter.note(note)
        return found

    @cached_property
    def encodings(self) -> dict[str, QuestionEncoding]:
        """The windows of train and dev."""
        made = {}
        for split in ("train", "dev"):
            made[split] = encode_by_settings(
                self.questions.splits[split], self.tokenizer, self.config.questions
            )
            for note in made[split].notes:
                self.reporter.note(f"{split}: {note}")
        return made

    @property
    def longest(self) -> int:
        return self.config.questions.max_tokens

    @property
    def facts(self) -> list[Any]:
        questions = {
            split: [dataclasses.astuple(one) for one in self.questions.splits[split]]
            for split in ("train", "dev")
        }
        return [questions, self.config.questions.model_dump(mode="json", exclude={"scorers"})]

    @property
    def asked(self) -> QuestionSettings:
        return self.config.questions.model_copy(update={"scorers": []})

    def windows(self, split: str) -> list[Window]:
        return self.encodings[split].windows

    def said(self, split: str, logits: Sequence[np.ndarray]) -> dict[str, str]:
        asked, facts = self.questions.splits[split], self.encodings[split].facts
        found = answers_by_settings(asked, facts, logits, self.config.questions)
        return {answer.question_id: answer.text for answer in found}

    def values(self, split: str, said: dict[str, str]) -> AnswerValues:
        return answer_values(self.questions.splits[split], said, self.config.questions.rules)

    def metrics(
        self, values: AnswerValues
    ) -> Iterator[tuple[str, float, float | None, float | None, int]]:
        return answer_quality(values, RESAMPLES, self.config.run.seed)

    def f1(self, values: AnswerValues) -> float:
        return float(values.f1.mean())

    def p_value(self, values: AnswerValues, dense: AnswerValues) -> float:
        return paired_randomisation_test(values.f1, dense.f1, RESAMPLES, self.config.run.seed)

    def agreement(self, given: TokenInference, torchs: TokenInference) -> AnswersAgreement:
        questions = self.questions.splits["dev"]
        said = [self.said("dev", part.logits) for part in (given, torchs)]
        ours, theirs = (self.values("dev", answers) for answers in said)
        return AnswersAgreement(
            **held_against(given, torchs),
            questions=len(questions),
            f1=self.f1(ours),
            f1_torch=self.f1(theirs),
            exact_match=float(ours.exact.mean()),
            exact_match_torch=float(theirs.exact.mean()),
            same_answer=float(np.mean([said[0][one.id] == said[1][one.id] for one in questions])),
        )

    def followed(self, split: str) -> tuple[list[int], list[Followed]]:
        return followed_tokens(self.encodings[split])
