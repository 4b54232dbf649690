"""What trained systems say, as files and frames: quality against FLOPs, controls, tests, layers."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.metrics.schemas import ANSWERS_PLAUSIBILITY, SYSTEMS, SYSTEMS_BY_LAYER
from workbench.metrics.stats.resampling import holm
from workbench.models.inference import infer_ragged
from workbench.models.interventions.budget_controls import at_budget
from workbench.models.token_classifier import PruningTokenClassifier
from workbench.pipeline.job import this_process
from workbench.pipeline.systems.by_layer import kept_by_layer
from workbench.pipeline.systems.job import SystemsJob
from workbench.runs.systems import System
from workbench.storage.atomic import write_json
from workbench.storage.locks import is_empty, one_writer
from workbench.storage.tables import write_table

Rows = list[tuple[object, ...]]
J = TypeVar("J", bound=SystemsJob[Any, Any, Any])
Explain = Callable[[J], pd.DataFrame]


class Judged(NamedTuple):
    """The frames of metrics/."""

    quality: pd.DataFrame
    """Columns of `schemas.SYSTEMS`."""
    by_layer: pd.DataFrame
    """Columns of `schemas.SYSTEMS_BY_LAYER`."""
    plausibility: pd.DataFrame
    """Columns of `schemas.ANSWERS_PLAUSIBILITY`; without rows where no scorer is asked for."""


def make_systems(job: J, explain: Explain[J] | None = None) -> Judged:
    """Train what is not trained and judge all; nobody else writes the folder meanwhile.

    Args:
        job, explain: As of `evaluate_systems`, whose result is returned.

    Raises:
        InputError: Wrong data or settings, several processes, and a folder of something else.
        WorkbenchError: The folder has a writer, the disk is full, or training diverged.
    """
    if this_process().num_processes > 1:
        raise InputError(f"workbench {job.command} trains in one process; start it without a launcher")
    folder = job.folder
    if folder.is_dir() and not is_empty(folder) and not (folder / job.config_file).is_file():
        raise InputError(f"{folder}: holds something else; choose another --out")
    with one_writer(folder, job.command), job.reporter:
        job.train()
        return evaluate_systems(job, explain)


def evaluate_systems(job: J, explain: Explain[J] | None = None) -> Judged:
    """Judge every trained system, and write what it says and the frames.

    The folder gets SAID/NAME.json (what each says), and metrics/SAID, metrics/SAID_by_layer and, where
    scorers are asked for, metrics/SAID_plausibility as Parquet and CSV; SAID is `job.said_name`.

    Args:
        job: Its systems are trained.
        explain: Compares scorers with rationales.
    """
    rows: Rows = []
    layers: Rows = []
    values: dict[System, Any] = {}
    systems = list(job.systems)
    job.reporter.stage(job.said_name, False)
    for number, system in enumerate(systems):
        values[system] = _judge(job, system, rows, layers)
        job.reporter.progress(number + 1, len(systems), {})
    rows += _tests(job, values, rows[0][-1])
    scored = ANSWERS_PLAUSIBILITY.frame([]) if explain is None else explain(job)
    judged = Judged(SYSTEMS.frame(rows), SYSTEMS_BY_LAYER.frame(layers), scored)
    for ending, frame in zip(("", "_by_layer", "_plausibility"), judged, strict=True):
        path = job.folder / "metrics" / f"{job.said_name}{ending}.parquet"
        if len(frame) or ending != "_plausibility":
            write_table(frame, path, csv=True)
        else:  # What an earlier command wrote was of other models.
            path.unlink(missing_ok=True)
            path.with_suffix(".csv").unlink(missing_ok=True)
    return judged


def _judge(job: SystemsJob[Any, Any, Any], system: System, rows: Rows, layers: Rows) -> Any:
    split, windows = job.judged, job.windows(job.judged)
    model, key = job.model(system), (system.title, system.method)
    logits, tokens, tokens_ffn = infer_ragged(model, windows)
    said = job.said(split, logits)
    write_json(job.folder / job.said_name / f"{system.name}.json", said)
    values = job.values(split, said)
    rows += [(*key, *row) for row in job.metrics(values)]
    own, dense = model.costs.of_windows(windows, tokens, tokens_ffn)
    speedup = float(dense.sum() / own.sum())
    rows.append((*key, "flops_speedup_unpadded", speedup, None, None, len(windows)))
    lengths = np.array([[len(window.input_ids)] for window in windows])
    if (tokens_ffn < lengths).any():
        budgets = tokens_ffn if model.policy.cuts_after_attention else tokens
        control = job.values(split, job.said(split, _at_random(job, model, budgets)))
        rows += [(*key, f"random_{name}", *rest) for name, *rest in job.metrics(control)]
        chosen, followed = job.followed(split)
        layers += [
            (*key, *row) for row in kept_by_layer(model, [windows[at] for at in chosen], followed)
        ]
    return values


def _at_random(
    job: SystemsJob[Any, Any, Any], model: PruningTokenClassifier, budgets: np.ndarray
) -> list[np.ndarray]:
    """Logits of the same weights with as many random tokens in every layer."""
    windows = job.windows(job.judged)
    controlled = at_budget(model, windows, budgets, "random", job.config.run.seed)
    return infer_ragged(model, windows, under=controlled)[0]


def _tests(job: SystemsJob[Any, Any, Any], values: dict[System, Any], n: object) -> Rows:
    """Paired randomisation tests of each system's F1 against the dense model's, Holm-corrected; `n` is
    that of the F1s."""
    dense, *others = values
    raw = np.array([job.p_value(values[one], values[dense]) for one in others])
    return [
        (one.title, one.method, "f1_p_holm_against_dense", float(p), None, None, n)
        for one, p in zip(others, holm(raw), strict=True)
    ]
