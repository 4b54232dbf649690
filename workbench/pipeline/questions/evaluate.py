"""The answers of trained systems as files and frames: F1 against FLOPs, controls, tests, layers."""

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.metrics.question_answering import AnswerValues, answer_quality, answer_values
from workbench.metrics.schemas import ANSWERS, ANSWERS_BY_LAYER
from workbench.metrics.stats.resampling import holm, paired_randomisation_test
from workbench.pipeline.job import this_process
from workbench.pipeline.questions.answers import answer_at_random, answer_questions, kept_by_layer
from workbench.pipeline.questions.job import QuestionsJob
from workbench.runs.answers import CONFIG, System, title
from workbench.storage.atomic import write_json
from workbench.storage.locks import is_empty, one_writer
from workbench.storage.tables import write_table

RESAMPLES = 5000


def make_answers(job: QuestionsJob) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train what is not trained and judge all; nobody else writes the folder meanwhile.

    Returns what `evaluate_answers` does.

    Raises:
        InputError: Wrong data or settings, several processes, and a folder of something else.
        WorkbenchError: The folder has a writer, the disk is full, or training diverged.
    """
    if this_process().num_processes > 1:
        raise InputError("workbench answer trains in one process; start it without a launcher")
    folder = job.folder
    if folder.is_dir() and not is_empty(folder) and not (folder / CONFIG).is_file():
        raise InputError(f"{folder}: holds something else; choose another --out")
    with one_writer(folder, "answer"), job.reporter:
        job.train()
        return evaluate_answers(job)


def evaluate_answers(job: QuestionsJob) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge every trained system on the dev questions, and write answers and frames.

    The folder gets answers/NAME.json (id -> answer, the form of SQuAD's scripts), and metrics/answers
    and metrics/answers_by_layer as Parquet and CSV.

    Args:
        job: Its systems are trained.

    Returns:
        Columns of `schemas.ANSWERS` and of `schemas.ANSWERS_BY_LAYER`.
    """
    rows: list[tuple[object, ...]] = []
    layers: list[tuple[object, ...]] = []
    values: dict[System, AnswerValues] = {}
    systems = list(job.systems)
    job.reporter.stage("answers", False)
    for number, system in enumerate(systems):
        values[system] = _judge(job, system, rows, layers)
        job.reporter.progress(number + 1, len(systems), {})
    rows += _tests(job, values)
    frames = ANSWERS.frame(rows), ANSWERS_BY_LAYER.frame(layers)
    for name, frame in zip(("answers", "answers_by_layer"), frames, strict=True):
        write_table(frame, job.folder / "metrics" / f"{name}.parquet", csv=True)
    return frames


def _judge(
    job: QuestionsJob,
    system: System,
    rows: list[tuple[object, ...]],
    layers: list[tuple[object, ...]],
) -> AnswerValues:
    settings, seed = job.config.questions, job.config.run.seed
    questions, encoding = job.questions.splits["dev"], job.encodings["dev"]
    model, key = job.model(system), (title(system), system.method)
    answers, tokens, tokens_ffn = answer_questions(model, questions, encoding, settings)
    said = {answer.question_id: answer.text for answer in answers}
    write_json(job.folder / "answers" / f"{system.name}.json", said)
    values = answer_values(questions, said, settings.rules)
    rows += [(*key, *row) for row in answer_quality(values, RESAMPLES, seed)]
    own, dense = model.costs.of_windows(encoding.windows, tokens, tokens_ffn)
    speedup = float(dense.sum() / own.sum())
    rows.append((*key, "flops_speedup_unpadded", speedup, None, None, len(encoding.windows)))
    lengths = np.array([[len(window.input_ids)] for window in encoding.windows])
    if (tokens_ffn < lengths).any():
        budgets = tokens_ffn if model.policy.cuts_after_attention else tokens
        drawn = answer_at_random(model, questions, encoding, settings, budgets, seed)
        control = answer_values(questions, {one.question_id: one.text for one in drawn}, settings.rules)
        for metric, value, *rest in answer_quality(control, RESAMPLES, seed):
            rows.append((*key, f"random_{metric}", value, *rest))
        layers += [(*key, *row) for row in kept_by_layer(model, encoding)]
    return values


def _tests(job: QuestionsJob, values: dict[System, AnswerValues]) -> list[tuple[object, ...]]:
    """Paired randomisation tests of each system's F1 against the dense model's, Holm-corrected."""
    dense, *others = values
    seed = job.config.run.seed
    raw = [
        paired_randomisation_test(values[one].f1, values[dense].f1, RESAMPLES, seed) for one in others
    ]
    n = len(values[dense].f1)
    return [
        (title(one), one.method, "f1_p_holm_against_dense", float(p), None, None, n)
        for one, p in zip(others, holm(np.array(raw)), strict=True)
    ]
