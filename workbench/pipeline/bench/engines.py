"""Time what a user would pick instead: the stock model, our dense one and the pruned ones, by engine.

All contestants take turns in every round, in one process, over the same windows. Realised share is
against our dense model in the same engine and precision.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from transformers import PreTrainedModel

from workbench.core.documents import Window
from workbench.core.inference import batches
from workbench.errors import InputError
from workbench.metrics.efficiency.table import median_ratio
from workbench.metrics.schemas import ENGINE_TIMES
from workbench.models.classifier import PruningClassifier
from workbench.models.stopwatch import stopwatch
from workbench.pipeline.bench.contestants import (
    BY_LENGTH,
    COMPILED,
    DTYPES,
    GIVEN,
    RIVALS,
    STOCK,
    Call,
    Contestant,
    Key,
    contestants,
)
from workbench.pipeline.bench.timing import FlopsCount, counted_flops, given_batches


def time_engines(
    stock: PreTrainedModel,
    models: Mapping[str, PruningClassifier],
    tokenizer: Any,
    windows: Sequence[Window],
    split: str,
    *,
    engines: Sequence[str],
    batch_sizes: Sequence[int],
    rounds: int,
    note: Callable[[str], None],
    dtypes: Collection[str] = DTYPES,
    graphs: Path | None = None,
    report: Callable[[int], None] = lambda done: None,
) -> pd.DataFrame:
    """Time every contestant; rows with the columns of `schemas.ENGINE_TIMES`.

    Args:
        stock: The ordinary Hugging Face model with the dense model's weights.
        models: Ours by method, `dense` among them.
        tokenizer: Theirs.
        windows: What all classify.
        split: What the texts are called.
        engines: Of `RIVALS`; InputError for others.
        batch_sizes: Sizes to time.
        rounds: Recorded rounds after one warm-up.
        note: Hears of what cannot be timed, and why.
        dtypes: What engines multiply in; others are left out.
        graphs: Where exported graphs stay, for the next call with these models; None: nowhere.
        report: Is told how many sizes are done.
    """
    for engine in engines:
        if engine not in RIVALS:
            raise InputError(f"--engines {engine!r}: of {', '.join(RIVALS)}")
    with TemporaryDirectory() as scratch:
        first, rivals = [], []
        for rival in contestants(
            stock, models, tokenizer, graphs or Path(scratch), windows, engines=engines, dtypes=dtypes,
            note=note,
        ):  # fmt: skip
            try:
                seconds = _first_call(rival, windows[:1])
            except Exception as error:  # Such as a missing C++ compiler, which several layers report.
                if rival.engine != COMPILED:
                    raise
                reason = next(iter(str(error).splitlines()), type(error).__name__)
                note(f"{COMPILED}: not timed: {reason}")
            else:
                first.append((*rival.key, split, "milliseconds_first", 1, 1000 * seconds))
                rivals.append(rival)
        tables = [ENGINE_TIMES.frame(first)]
        flops = {name: counted_flops(model, windows) for name, model in models.items()}
        tokenising = _tokenising(tokenizer, windows, rounds)
        for number, size in enumerate(batch_sizes):
            tables.append(_timed(rivals, windows, split, size, rounds, flops, tokenising))
            report(number + 1)
    return pd.concat(tables, ignore_index=True)


def _first_call(rival: Contestant, windows: Sequence[Window]) -> float:
    """Return the seconds of a contestant's first call, in which much is made once."""
    call = rival.lay_out(windows)
    start = perf_counter()
    call()
    return perf_counter() - start


def _tokenising(tokenizer: Any, windows: Sequence[Window], rounds: int) -> np.ndarray:
    """Return (W,) milliseconds, medians over rounds: making the tokens of one window at a time."""
    texts = tokenizer.batch_decode([window.input_ids for window in windows], skip_special_tokens=True)
    single: list[float] = []
    stopwatch({"": _timing_each([partial(tokenizer, text) for text in texts], single)}, rounds)
    return np.median(_milliseconds(single, rounds), axis=0)


def _timing_each(calls: Sequence[Call], single: list[float]) -> Callable[[], None]:
    """Make a run of all calls that adds the seconds of each to `single`."""

    def run() -> None:
        for call in calls:
            start = perf_counter()
            call()
            single.append(perf_counter() - start)

    return run


def _milliseconds(single: Sequence[float], rounds: int) -> np.ndarray:
    """Return (rounds, calls) of the seconds of a warm-up and so many rounds, the warm-up left out."""
    return 1000 * np.array(single).reshape(rounds + 1, -1)[1:]


def _timed(
    rivals: Sequence[Contestant],
    windows: Sequence[Window],
    split: str,
    size: int,
    rounds: int,
    flops: Mapping[str, FlopsCount],
    tokenising: np.ndarray,
) -> pd.DataFrame:
    """Seconds of every contestant at one batch size, and what follows from them.

    Args:
        rivals, windows, split, rounds: As of `time_engines`.
        size: Windows in a batch.
        flops: Of our models.
        tokenising: (W,) milliseconds, of one text at a time.
    """
    orders = {GIVEN: given_batches(len(windows), size), BY_LENGTH: list(batches(windows, size))}
    calls = {
        rival.key: [rival.lay_out([windows[i] for i in batch]) for batch in orders[rival.order]]
        for rival in rivals
    }
    single: dict[Key, list[float]] = {key: [] for key in calls}
    seconds = stopwatch({key: _timing_each(calls[key], single[key]) for key in calls}, rounds)
    stock = seconds["torch", "fp32", STOCK, GIVEN]
    rows = []
    for rival in rivals:
        key, own = rival.key, seconds[rival.key]
        low, median, high = np.quantile(own, [0.25, 0.5, 0.75]).tolist()
        found = {
            "seconds_median": median,
            "seconds_q25": low,
            "seconds_q75": high,
            "texts_per_second": len({window.text_id for window in windows}) / median,
            "speedup_vs_stock": median_ratio(stock, own),
        }
        if size == 1:
            recorded = _milliseconds(single[key], rounds)
            whole = recorded + tokenising[np.concatenate(orders[rival.order])]
            for q in (50, 95):
                found[f"milliseconds_p{q}"] = float(np.percentile(recorded, q))
                found[f"milliseconds_p{q}_tokenised"] = float(np.percentile(whole, q))
        if rival.method in flops:
            count = flops[rival.method]
            dense = seconds[rival.engine, rival.dtype, "dense", rival.order]
            found["flops_speedup_timed"] = count.saved
            found["flops_speedup_timed_computed"] = count.saved_computed
            found["realised_share"] = median_ratio(dense, own) / count.saved
        rows += [(*key, split, quantity, size, value) for quantity, value in found.items()]
    return ENGINE_TIMES.frame(rows)
