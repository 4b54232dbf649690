"""The controls stage: every pruned model with its choice of tokens replaced, at its own budget."""

from collections.abc import Iterator, Sequence

import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.config.evaluation import Control
from workbench.core.documents import Window
from workbench.core.inference import Inference
from workbench.data.windows.encodings import holds_evidence
from workbench.inference.predict import text_frame
from workbench.metrics.efficiency.matched_budget import against_controls, correct_table
from workbench.models.classifier import PruningClassifier
from workbench.models.inference import infer
from workbench.models.interventions.budget_controls import infer_at_budget
from workbench.pipeline.job import Job
from workbench.storage.tables import write_parts


def run_controls(job: Job) -> None:
    """Write metrics/controls and metrics/control_comparisons."""
    pairs = list(_compared(job))
    compared = [comparisons for _, comparisons in pairs]
    if compared:
        compared = [correct_table(pd.concat(compared, ignore_index=True))]
    write_parts([quality for quality, _ in pairs], job.out.table_file("controls"))
    write_parts(compared, job.out.table_file("control_comparisons"))


def _compared(job: Job) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Quality and comparisons of each pruned method on each split."""
    methods = [method for method in job.config.methods if METHODS[method].drops_tokens]
    chosen = {split: chosen_controls(job, split) for split in job.config.evaluation.splits}
    done = 0
    for method in methods:
        model = job.model(method)
        for split, kinds in chosen.items():
            if kinds:
                yield _of_method(job, model, split, kinds)
            done += 1
            job.reporter.progress(done, len(methods) * len(chosen), {})


def chosen_controls(job: Job, split: str) -> list[Control]:
    """Return the configured controls, each once; an oracle without rationales is left out and noted."""
    kinds = list(dict.fromkeys(job.config.evaluation.controls))
    if "oracle" in kinds and not _with_rationale(job.encodings[split].windows):
        job.note(f"{split}: no oracle at the methods' budgets, no text has a rationale token")
        kinds.remove("oracle")
    return kinds


def _with_rationale(windows: Sequence[Window]) -> list[int]:
    """Numbers of the windows of texts that have a rationale token, in whichever window."""
    texts = {window.text_id for window in windows if holds_evidence(window)}
    return [number for number, window in enumerate(windows) if window.text_id in texts]


def _of_method(
    job: Job, model: PruningClassifier, split: str, kinds: Sequence[Control]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    evaluation, seed = job.config.evaluation, job.config.seed
    windows = job.encodings[split].windows
    result = infer(model, windows, evaluation.batch_size)
    controls: dict[str, list[pd.DataFrame]] = {}
    for kind in kinds:
        chosen = _with_rationale(windows) if kind == "oracle" else list(range(len(windows)))
        some = [windows[number] for number in chosen]
        budget = Inference(*(part[chosen] for part in (result.logits, result.tokens, result.tokens_ffn)))
        draws = evaluation.random_draws if kind == "random" else 1
        controls[kind] = [
            text_frame(
                model,
                some,
                infer_at_budget(
                    model, some, budget, kind, seed=seed, draw=draw, batch_size=evaluation.batch_size
                ),
                split,
            )
            for draw in range(draws)
        ]
    pruned = text_frame(model, windows, result, split)
    return against_controls(pruned, controls, bootstrap=evaluation.bootstrap, seed=seed)
