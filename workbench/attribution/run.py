"""Scorers over any windows: batches within a memory budget, records with their cost, nothing lost."""

from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter

import numpy as np
from transformers import PreTrainedTokenizerBase

from workbench.attribution.callbacks import Events
from workbench.attribution.engine.memory import fitting_batch, out_of_memory
from workbench.attribution.engine.task import Task
from workbench.attribution.ops.pooling import pool
from workbench.attribution.options import Options
from workbench.attribution.registry import caption, check_scorers, make_observer, score_function
from workbench.attribution.types import Scored
from workbench.catalog.scorers import ScorerSpec
from workbench.core.documents import Window
from workbench.core.token_scores import TokenScores
from workbench.errors import WorkbenchError
from workbench.models.classifier import PruningClassifier, batches


def score_windows(
    names: Sequence[str],
    model: PruningClassifier,
    tokenizer: PreTrainedTokenizerBase,
    windows: Sequence[Window],
    options: Options | None = None,
    events: Events | None = None,
) -> Iterator[TokenScores]:
    """Records of every scorer named, as `run_scorers`; raises InputError as `check_scorers` does."""
    options = options or Options()
    rows = check_scorers(names, model, options)
    return run_scorers(rows, model, tokenizer, windows, options, events or Events())


def run_scorers(
    rows: Mapping[str, ScorerSpec],
    model: PruningClassifier,
    tokenizer: PreTrainedTokenizerBase,
    windows: Sequence[Window],
    options: Options,
    events: Events,
) -> Iterator[TokenScores]:
    """Records of every scorer, batch by batch; scorers that watch share one forward pass.

    A batch that does not fit into memory is halved. A row for which a scorer gives NaN or infinity is
    left silent. `events` is told of both. A record's seconds are its share of the batch's time: its own
    work, and an equal part of a pass that several scorers watch; what several compute together is
    paid for by the first. Raises WorkbenchError when one window alone does not fit.
    """
    model.eval()
    queue = list(batches(windows, fitting_batch(rows.values(), model, windows, options)))
    done = 0
    while queue:
        batch = queue.pop(0)
        task = Task(model, tokenizer, [windows[index] for index in batch], options)
        try:
            found = _score(rows, task)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            queue[:0] = _halves(batch, task.windows, events)
            continue
        for name, (scored, seconds) in found.items():
            for window, item in zip(task.windows, scored, strict=True):
                target = caption(rows[name], options, model.task_type)
                sound = _without_failed_rows(name, rows[name], window, item, task, events)
                yield _record(name, task, window, sound, target, seconds)
        done += len(batch)
        events.progress(done)


def _score(rows: Mapping[str, ScorerSpec], task: Task) -> dict[str, tuple[list[Scored], float]]:
    """By scorer, in the order named: shaped scores of a batch, and seconds per window."""
    observers = {name: make_observer(spec) for name, spec in rows.items() if spec.takes == "layers"}
    passed = task.watched(list(observers.values())) if observers else []
    observed = dict(zip(observers, passed, strict=True))
    found = {}
    for name, spec in rows.items():
        start = perf_counter()
        if name in observed:
            scored, shared = task.scored(observed[name].rows), observed[name].seconds
        else:
            scored, shared = list(score_function(spec)(task)), 0.0
        seconds = perf_counter() - start + shared
        shaped = [_shaped(task, spec, *pair) for pair in zip(task.windows, scored, strict=True)]
        found[name] = shaped, seconds / len(task.windows)
    return found


def _shaped(task: Task, row: ScorerSpec, window: Window, scored: Scored) -> Scored:
    """Granularity, then sign, as asked."""
    scores, options = scored.scores, task.options
    if options.granularity is not None and row.rows != "input":
        scores = pool(scores, window, task.tokenizer, options.granularity)
    if options.sign == "absolute":
        scores = np.abs(scores)
    return scored._replace(scores=scores)


def _without_failed_rows(
    name: str, row: ScorerSpec, window: Window, scored: Scored, task: Task, events: Events
) -> Scored:
    """Rows with infinity, or with NaN on a word's living token, become NaN throughout: silent."""
    scores = scored.scores
    absent = np.isnan(scores)
    speaks = ~absent.all(axis=1)
    if row.rows != "some":
        speaks[[0] if row.rows == "input" else list(task.layers)] = True
    there = window.word_index >= 0
    if scored.kept is not None:
        there = there & scored.kept
    failed = np.isinf(scores).any(axis=1) | (speaks & (absent & there).any(axis=1))
    if not failed.any():
        return scored
    events.failed(name, window, np.flatnonzero(failed).tolist())
    return scored._replace(scores=np.where(failed[:, None], np.float32(np.nan), scores))


def _halves(batch: list[int], windows: Sequence[Window], events: Events) -> list[list[int]]:
    """The batch in two; WorkbenchError where it is a single window."""
    if len(batch) == 1:
        raise WorkbenchError(
            f"text {windows[0].text_id!r}: out of memory with this window alone "
            f"({len(windows[0].input_ids)} tokens); cut shorter windows with max_tokens"
        )
    middle = (len(batch) + 1) // 2
    events.note(f"out of memory: batch halved from {len(batch)} to {middle} windows")
    return [batch[:middle], batch[middle:]]


def _record(
    name: str, task: Task, window: Window, scored: Scored, target: str, seconds: float
) -> TokenScores:
    """The one result type, from one window's scores."""
    return TokenScores(
        scorer=name,
        method=task.model.policy.method,
        text_id=window.text_id,
        window=window.window,
        tokens=tuple(task.tokenizer.convert_ids_to_tokens(window.input_ids.tolist())),
        word_index=np.asarray(window.word_index),
        scores=scored.scores,
        kept=scored.kept,
        rationale=window.rationale,
        target=target,
        error=scored.error,
        seconds=seconds,
    )
