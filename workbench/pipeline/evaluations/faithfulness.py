"""The faithfulness stage: every chosen scorer's own model on texts altered by its scores."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from workbench.catalog.scorers import SCORERS
from workbench.config.run import RunConfig
from workbench.core.documents import Window
from workbench.core.token_scores import from_frame
from workbench.data.windows.encodings import holds_evidence
from workbench.errors import InputError
from workbench.inference.faithfulness_probe import probe
from workbench.metrics.faithfulness.table import Selections, summarise, text_measures
from workbench.models.classifier import PruningClassifier
from workbench.pipeline.job import Job
from workbench.storage.tables import write_parts

CONTROLS = ("random", "oracle")
"""They come along on every model; scores are drawn or read from the rationale here, not from a file."""


def run_faithfulness(job: Job) -> None:
    """Write metrics/faithfulness.

    Its metrics are of a class's probability: `Job.corpus` refuses them for a regression.
    """
    write_parts(list(_tables(job)), job.out.table_file("faithfulness"))


def _tables(job: Job) -> Iterator[pd.DataFrame]:
    methods = _by_method(job)
    splits: list[str] = list(job.config.evaluation.splits)
    done = 0
    for method, scorers in methods.items():
        model = job.model(method)
        layers = chosen_layers(job.config, model)
        for split in splits:
            yield from _of_model(job, model, split, scorers, layers)
            done += 1
            job.reporter.progress(done, len(methods) * len(splits), {})


def _by_method(job: Job) -> dict[str, list[str]]:
    """The scorers asked for by the model they explain; those without their model are left out."""
    methods: dict[str, list[str]] = {}
    for scorer in job.config.evaluation.faithfulness.scorers:
        method = SCORERS[scorer].method or "dense"
        if method in job.config.methods:
            methods.setdefault(method, []).extend({scorer} - {*CONTROLS})
    return methods


def chosen_layers(config: RunConfig, model: PruningClassifier) -> list[int]:
    """Return the layers whose scores are tested; InputError for one that the model does not have."""
    chosen = config.evaluation.faithfulness.layers
    layers = list(range(model.layers)) if chosen is None else sorted(chosen)
    if layers[-1] >= model.layers:
        raise InputError(
            f"evaluation.faithfulness.layers: {layers[-1]}, but {model.policy.method} has the layers"
            f" 0 to {model.layers - 1}"
        )
    return layers


def _of_model(
    job: Job, model: PruningClassifier, split: str, scorers: Sequence[str], layers: list[int]
) -> Iterator[pd.DataFrame]:
    """Rows of the scorers of one model on one split, and of the controls on that model."""
    config = job.config
    settings, seed = config.evaluation.faithfulness, config.seed
    windows = chosen_windows(job, split)
    draws = config.evaluation.random_draws
    scores = {scorer: _read(job, scorer, windows, layers) for scorer in scorers}
    scores["random"] = [
        window.generator(seed).random((draws, len(window.input_ids))) for window in windows
    ]
    scores["oracle"] = oracle_scores(windows)
    probed = probe(
        model,
        windows,
        scores,
        settings,
        mask_id=job.tokenizer.mask_token_id,
        batch_size=config.evaluation.batch_size,
        seed=seed,
    )
    facts = {"method": model.policy.method, "split": split}
    facts |= {"unit": settings.unit, "removal": settings.removal}
    selections = Selections.of(settings.bins, settings.curve_steps)
    for scorer, answers in probed.items():
        columns = text_measures(answers, selections)
        if scorer in CONTROLS:
            # They know no layer: draws are averaged, and every layer has the same value.
            columns = {
                name: np.repeat(values.mean(axis=1, keepdims=True), len(layers), axis=1)
                for name, values in columns.items()
            }
        yield summarise(
            columns, layers, {"scorer": scorer} | facts, bootstrap=config.evaluation.bootstrap, seed=seed
        )


def chosen_windows(job: Job, split: str) -> list[Window]:
    """Return as many of the split's first texts as the settings allow, at most those scored."""
    evaluation = job.config.evaluation
    limits = (evaluation.faithfulness.max_texts, evaluation.max_scored)
    return job.first_windows(split, limits, "faithfulness of")


def oracle_scores(windows: Sequence[Window]) -> list[np.ndarray]:
    """Return (1, n) per window: 1 on the human rationale, else 0; NaN throughout a text without any."""
    marked = {window.text_id for window in windows if holds_evidence(window)}
    return [
        np.full((1, len(window.input_ids)), np.nan)
        if window.rationale is None or window.text_id not in marked
        else window.rationale[None].astype(np.float64)
        for window in windows
    ]


def _read(job: Job, scorer: str, windows: Sequence[Window], layers: list[int]) -> list[np.ndarray]:
    """The scorer's scores of these windows as the run has them: (layers, n) each."""
    frame = job.run.scores(scorer)
    texts = {window.text_id for window in windows}
    records = from_frame(frame[frame["text_id"].isin(texts)])
    by_window = {(record.text_id, record.window): record.scores[layers] for record in records}
    return [by_window[window.text_id, window.window] for window in windows]
