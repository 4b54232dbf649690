"""Scorers, and the tokens that go on, against the answer and its sentence, layer by layer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.attribution.callbacks import Events
from workbench.attribution.options import Options
from workbench.attribution.run import score_windows
from workbench.attribution.scorers.learned.pruner_scores import pruner_scores
from workbench.catalog.scorers import CONTROLS, SCORERS
from workbench.config.comparison import spelled
from workbench.core.documents import Window
from workbench.core.inference import batches
from workbench.core.merge_windows import picked
from workbench.core.questions import QuestionWindow
from workbench.core.token_scores import TokenScores
from workbench.metrics.answer_spans import span_search
from workbench.metrics.plausibility.chance import random_control
from workbench.metrics.plausibility.table import summarise
from workbench.metrics.plausibility.text_values import text_values
from workbench.metrics.schemas import ANSWERS_PLAUSIBILITY
from workbench.models.policies.base import Policy
from workbench.models.token_classifier import PruningTokenClassifier
from workbench.pipeline.questions.job import QuestionsJob
from workbench.runs.systems import System

KEPT = "kept"
"""Stands for a scorer: the tokens that go on past a layer's cut, 1 for each of them."""
RATIONALES = ("answer", "sentence")
MEASURES = (("none", "ap"), ("uniform", "fpr"), ("uniform", "tpr"), ("uniform", "selected"))
"""(selection, metric) of the rows of scorers."""
MEASURES_OF_KEPT = (("none", "ap"), ("kept", "fpr"), ("kept", "tpr"), ("kept", "selected"))
"""Those of `KEPT`, which is a selection itself."""


@dataclass(frozen=True)
class _Told(Events):
    """Passes on what is worth a note."""

    job: QuestionsJob

    def note(self, text: str) -> None:
        self.job.reporter.note(text)

    def failed(self, scorer: str, window: Window, layers: Sequence[int]) -> None:
        self.note(f"{scorer}: NaN for question {window.text_id!r}, layers {list(layers)}: left out")


def answers_plausibility(job: QuestionsJob) -> pd.DataFrame:
    """Explain what every trained system answers, over the dev windows that hold a whole answer.

    Judged are the passage's tokens: the question, in which no answer lies, and special tokens are left
    out. Controls know no model: they come once, as the first system's.

    Returns:
        Columns of `schemas.ANSWERS_PLAUSIBILITY`; no rows where no scorer is asked for.
    """
    asked = job.config.questions.scorers
    encoding, limit = job.encodings["dev"], job.config.run.evaluation.max_scored
    chosen = [row for row, facts in enumerate(encoding.facts) if facts.holds_answer][:limit]
    windows = [encoding.windows[row] for row in chosen]
    facts = {(windows[at].text_id, windows[at].window): encoding.facts[row]
             for at, row in enumerate(chosen)}  # fmt: skip
    rows: list[tuple[object, ...]] = []
    systems = list(job.systems) if asked and windows else []
    for number, system in enumerate(systems):
        job.reporter.stage(f"scorers: {system.name}", False)
        model = job.model(system)
        names = _scorers(asked, system, controls=not number)
        records = [*_scored(job, model, windows, names), *_kept(job, model, windows)]
        named = system.method
        if system.strength is not None:
            named += f" {spelled(system.strength)}"
        records = [replace(record, method=named) for record in records]
        for rationale in RATIONALES:
            marked = [_marked(one, facts[one.text_id, one.window], rationale) for one in records]
            rows += _rows(job, marked, rationale, draws=not number)
    return ANSWERS_PLAUSIBILITY.frame(rows)


def _scorers(asked: Sequence[str], system: System, *, controls: bool) -> list[str]:
    """What scores a system: those asked for that know its method; the random control is drawn later."""
    names = [name for name in asked if SCORERS[name].method in (None, system.method)]
    if controls:
        names = list(dict.fromkeys([*names, "position"]))
    return [name for name in names if name != "random" and (controls or name not in CONTROLS)]


def _scored(
    job: QuestionsJob, model: PruningTokenClassifier, windows: Sequence[Window], names: Sequence[str]
) -> Iterator[TokenScores]:
    """Every scorer's records; scores with a sign are compared by their size, as in a run."""
    evaluation = job.config.run.evaluation
    for signed in (False, True):
        group = [name for name in names if SCORERS[name].signed == signed]
        if group:
            options = Options(
                sign="absolute" if signed else None, seed=job.config.run.seed,
                batch_size=evaluation.batch_size, search=span_search(job.config.questions),
            )  # fmt: skip
            yield from score_windows(group, model, job.tokenizer, windows, options, _Told(job))


def _kept(
    job: QuestionsJob, model: PruningTokenClassifier, windows: Sequence[Window]
) -> Iterator[TokenScores]:
    """What passes each layer's cut, as scores of 0 and 1; nothing where no token is ever dropped."""
    if type(model.policy).keep is Policy.keep:
        return
    for batch in batches(windows, job.config.run.evaluation.batch_size):
        part = [windows[index] for index in batch]
        for window, scored in zip(part, pruner_scores(model, part), strict=True):
            assert scored.kept is not None
            yield TokenScores(
                KEPT, model.method, window.text_id, window.window, ("",) * len(window.input_ids),
                window.word_index, scored.kept.astype(np.float32), scored.kept,
            )  # fmt: skip


def _marked(record: TokenScores, facts: QuestionWindow, rationale: str) -> TokenScores:
    """The record of the passage's tokens alone, to be judged by the answer or by its sentence."""
    places = np.arange(len(record.tokens))
    answer = (places >= facts.start) & (places <= facts.end)
    marks = answer if rationale == "answer" else facts.sentence
    return picked(replace(record, rationale=marks, shares=None), np.flatnonzero(facts.in_context))


def _rows(
    job: QuestionsJob, records: Sequence[TokenScores], rationale: str, *, draws: bool
) -> Iterator[tuple[object, ...]]:
    """Rows of `ANSWERS_PLAUSIBILITY`; with `draws` those of the random control too."""
    evaluation, seed = job.config.run.evaluation, job.config.run.seed
    frames = [summarise(text_values(records), "dev", evaluation.bootstrap, seed)]
    if draws:
        control = random_control(
            records, "dev", draws=evaluation.random_draws, seed=seed, bootstrap=evaluation.bootstrap
        )
        frames.append(control.result.frame)
    frame = pd.concat(frames, ignore_index=True)
    frame = frame[(frame["unit"] == "token") & (frame["universe"] == "with-evidence")]
    columns = ["scorer", "method", "layer", "selection", "metric", "value", "ci_low", "ci_high", "n"]
    for scorer, method, layer, selection, metric, *values in frame[columns].itertuples(index=False):
        if (selection, metric) in (MEASURES_OF_KEPT if scorer == KEPT else MEASURES):
            yield scorer, method, rationale, layer, selection, metric, *values
