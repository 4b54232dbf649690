"""What trained systems say, as files and frames: quality against FLOPs, controls, tests, layers."""

from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.metrics.schemas import SYSTEMS, SYSTEMS_BY_LAYER
from workbench.metrics.stats.resampling import holm
from workbench.models.inference import infer_ragged
from workbench.models.interventions.budget_controls import at_budget
from workbench.models.token_classifier import PruningTokenClassifier
from workbench.pipeline.job import this_process
from workbench.pipeline.systems.by_layer import kept_by_layer
from workbench.pipeline.systems.job import System, SystemsJob
from workbench.storage.atomic import write_json
from workbench.storage.locks import is_empty, one_writer
from workbench.storage.tables import write_table

Rows = list[tuple[object, ...]]


def make_systems(job: SystemsJob[Any, Any, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train what is not trained and judge all; nobody else writes the folder meanwhile.

    Returns what `evaluate_systems` does.

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
        return evaluate_systems(job)


def evaluate_systems(job: SystemsJob[Any, Any, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge every trained system, and write what it says and the frames.

    The folder gets SAID/NAME.json (what each says), and metrics/SAID and metrics/SAID_by_layer as
    Parquet and CSV, where SAID is `job.said_name`.

    Args:
        job: Its systems are trained.

    Returns:
        Columns of `schemas.SYSTEMS` and of `schemas.SYSTEMS_BY_LAYER`.
    """
    rows: Rows = []
    layers: Rows = []
    values: dict[System, Any] = {}
    systems = list(job.systems)
    job.reporter.stage(job.said_name, False)
    for number, system in enumerate(systems):
        values[system] = _judge(job, system, rows, layers)
        job.reporter.progress(number + 1, len(systems), {})
    rows += _tests(job, values)
    frames = SYSTEMS.frame(rows), SYSTEMS_BY_LAYER.frame(layers)
    for name, frame in zip((job.said_name, f"{job.said_name}_by_layer"), frames, strict=True):
        write_table(frame, job.folder / "metrics" / f"{name}.parquet", csv=True)
    return frames


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


def _tests(job: SystemsJob[Any, Any, Any], values: dict[System, Any]) -> Rows:
    """Paired randomisation tests of each system's F1 against the dense model's, Holm-corrected."""
    dense, *others = values
    raw = np.array([job.p_value(values[one], values[dense]) for one in others])
    *_, n = next(job.metrics(values[dense]))
    return [
        (one.title, one.method, "f1_p_holm_against_dense", float(p), None, None, n)
        for one, p in zip(others, holm(raw), strict=True)
    ]
