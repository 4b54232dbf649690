"""Scorers over any windows: batches within a memory budget, records with their cost, nothing lost."""

from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter

import numpy as np
from transformers import PreTrainedTokenizerBase

from workbench.attribution.callbacks import Events
from workbench.attribution.engine.blame import blaming, check_rows, check_scored
from workbench.attribution.engine.memory import fitting_batch, out_of_memory
from workbench.attribution.engine.task import Task
from workbench.attribution.ops.pooling import pool
from workbench.attribution.options import Options
from workbench.attribution.registry import (
    caption,
    check_scorers,
    implementation,
    make_observer,
    score_function,
)
from workbench.attribution.types import Scored
from workbench.catalog.scorers import ScorerSpec
from workbench.core.documents import Window
from workbench.core.inference import batches
from workbench.core.token_scores import TokenScores
from workbench.data.windows.token_texts import token_texts
from workbench.errors import WorkbenchError
from workbench.models.classifier import PruningClassifier


def score_windows(
    names: Sequence[str],
    model: PruningClassifier,
    tokenizer: PreTrainedTokenizerBase,
    windows: Sequence[Window],
    options: Options | None = None,
    events: Events | None = None,
) -> Iterator[TokenScores]:
    """Check the scorers with `check_scorers`, then score as `run_scorers`.

    Args:
        names: Scorers of the catalogue, or `name@head`.
        model: The classifier that is explained.
        tokenizer: The model's.
        windows: What is scored.
        options: What is asked of every scorer; None: their defaults.
        events: Is told of progress and of what fails.
    """
    options = options or Options()
    specs = check_scorers(names, model, options)
    return run_scorers(specs, model, tokenizer, windows, options, events or Events())


def run_scorers(
    specs: Mapping[str, ScorerSpec],
    model: PruningClassifier,
    tokenizer: PreTrainedTokenizerBase,
    windows: Sequence[Window],
    options: Options,
    events: Events,
) -> Iterator[TokenScores]:
    """Yield every scorer's records, batch by batch; observers share one forward pass.

    A batch that does not fit into memory is halved. A layer for which a scorer gives NaN or infinity has
    no scores. A record's seconds are its share of the batch's time: its scorer's own work, and an equal
    part of a shared pass; what several scorers compute together is paid for by the first.

    Args:
        specs: Scorers under the names that their records are to have, checked.
        model, tokenizer, windows, options, events: As in `score_windows`.

    Raises:
        WorkbenchError: One window alone does not fit into memory.
    """
    model.eval()
    queue = list(batches(windows, fitting_batch(specs.values(), model, windows, options)))
    done = 0
    while queue:
        batch = queue.pop(0)
        task = Task(model, tokenizer, [windows[index] for index in batch], options)
        try:
            results = _score(specs, task)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            queue[:0] = _halves(batch, task.windows, events)
            continue
        for name, (scored, seconds) in results.items():
            target = caption(specs[name], options, model.task_type)
            for window, scores in zip(task.windows, scored, strict=True):
                failed = _failed_layers(specs[name], window, scores, task.layers)
                if failed:
                    events.failed(name, window, failed)
                    scores.scores[failed] = np.nan
                yield _record(name, task, window, scores, target, seconds)
        done += len(batch)
        events.progress(done)


def _score(specs: Mapping[str, ScorerSpec], task: Task) -> dict[str, tuple[list[Scored], float]]:
    """By scorer, in the order named: shaped scores of a batch, and seconds per window."""
    observers = {name: make_observer(spec) for name, spec in specs.items() if spec.takes == "layers"}
    shared = task.observe(list(observers.values())) if observers else []
    observed = dict(zip(observers, shared, strict=True))
    results = {}
    for name, spec in specs.items():
        start, pass_seconds = perf_counter(), 0.0
        if name in observed:
            rows, pass_seconds = observed[name]
            with blaming(implementation(spec)):
                check_rows(rows, (len(task.windows), task.model.layers, task.alive.shape[-1]))
                scored: Sequence[Scored] = task.to_scored(rows)
        else:
            function = score_function(spec)
            with blaming(implementation(spec)):
                scored = function(task)
                check_scored(scored, task.windows, task.model.layers)
        seconds = perf_counter() - start + pass_seconds
        pairs = zip(task.windows, scored, strict=True)
        results[name] = [_shaped(task, spec, *pair) for pair in pairs], seconds / len(task.windows)
    return results


def _shaped(task: Task, spec: ScorerSpec, window: Window, scored: Scored) -> Scored:
    """Scores of the granularity that is asked for, then of the sign; a copy that may be changed."""
    scores, options = scored.scores.copy(), task.options
    if options.granularity is not None and spec.rows != "input":
        scores = pool(scores, window, task.tokenizer, options.granularity)
    return scored._replace(scores=np.abs(scores) if options.sign == "absolute" else scores)


def _failed_layers(spec: ScorerSpec, window: Window, scored: Scored, layers: Sequence[int]) -> list[int]:
    """Layers with infinity, or with NaN on a word's token that is still there."""
    missing = np.isnan(scored.scores)
    has_scores = ~missing.all(axis=1)
    if spec.rows != "some":
        has_scores[[0] if spec.rows == "input" else list(layers)] = True
    words = window.word_index >= 0
    remaining = words if scored.kept is None else words & scored.kept
    failed = np.isinf(scored.scores).any(axis=1) | (has_scores & (missing & remaining).any(axis=1))
    return np.flatnonzero(failed).tolist()


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
    return TokenScores(
        scorer=name,
        method=task.model.policy.method,
        text_id=window.text_id,
        window=window.window,
        tokens=token_texts(window, task.tokenizer),
        word_index=np.asarray(window.word_index),
        scores=scored.scores,
        kept=scored.kept,
        rationale=window.rationale,
        target=target,
        error=scored.error,
        seconds=seconds,
        shares=window.shares,
    )
