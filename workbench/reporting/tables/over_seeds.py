"""Numbers over runs that differ in their seed: means, deviations, and how both are written."""

import pandas as pd

from workbench.errors import InputError
from workbench.reporting.tables.main import MEASURED_SPEED, QUALITY_NAMES, SPEEDS, primary_column
from workbench.reporting.tables.table import Writer
from workbench.reporting.text.wording import percent, spread, times

_MEASURED = ("run", "seed", "value", "ci_low", "ci_high", "n")


def over_seeds(frame: pd.DataFrame) -> pd.DataFrame:
    """Average `value` over runs, in a metric table of `Runs` with one data set.

    In the place of run and seed come `sd` (n - 1 in the denominator; NaN for one seed) and `seeds`; `n`
    is the largest. One seed keeps its intervals over texts, several have none. The dense model that a
    seed's cells share counts once. Raises InputError where runs of one seed say something different.
    """
    keys = [name for name in frame.columns if name not in _MEASURED]
    _refuse_two_of_a_seed(frame)
    once = frame.drop_duplicates([*keys, "seed"])
    groups = once.groupby(keys, sort=False, dropna=False, observed=True)
    columns = {"value": ("value", "mean"), "sd": ("value", "std"), "seeds": ("value", "size")}
    columns |= {name: (name, "first") for name in ("ci_low", "ci_high") if name in frame}
    columns |= {"n": ("n", "max")} if "n" in frame else {}
    averaged = groups.agg(**columns).reset_index()
    if "ci_low" in averaged:
        averaged.loc[averaged["seeds"] > 1, ["ci_low", "ci_high"]] = float("nan")
    return averaged


def _refuse_two_of_a_seed(frame: pd.DataFrame) -> None:
    """A method at two strengths is two methods; the mean over both would be of neither."""
    if "method" not in frame:
        return
    runs = frame[["run", "data", "seed", "method"]].drop_duplicates()
    pruned = runs[~runs["method"].astype(str).str.startswith(("dense", "hf"))]
    twice = pruned[pruned.duplicated(["data", "seed", "method"], keep=False)]
    if len(twice):
        one, other, *_ = twice["run"]
        method, seed = twice[["method", "seed"]].iloc[0]
        raise InputError(
            f"{one} and {other} both have {method} with seed {seed}; give runs that differ in their seed"
        )


def quantities(cells: pd.DataFrame) -> dict[str, tuple[str, Writer]]:
    """Map columns of `cells` to heading and writer; only those that some cell has a value in."""
    judged = primary_column(cells) or "accuracy"
    named: dict[str, tuple[str, Writer]] = {
        **{name: (heading, percent) for name, heading in QUALITY_NAMES.items()},
        "random_quality": (f"random tokens, {QUALITY_NAMES[judged]}", percent),
        **{name: SPEEDS[name] for name in ("flops_speedup_unpadded", "flops_speedup_padded")},
        **{
            f"{MEASURED_SPEED}{batch}": (f"vs stock, batch {batch}", times)
            for batch in timed_batches(cells)
        },
    }
    return {name: how for name, how in named.items() if name in cells and cells[name].notna().any()}


def timed_batches(cells: pd.DataFrame) -> list[int]:
    """Return the batch sizes at which any cell was timed."""
    names = [name for name in cells.columns if name.startswith(MEASURED_SPEED)]
    return sorted(int(name.removeprefix(MEASURED_SPEED)) for name in names)


def seeds_line(
    rows: pd.DataFrame, named: dict[str, tuple[str, Writer]]
) -> tuple[dict[str, object], dict[str, object]]:
    """Return numbers (mean, and sd in a column ending in _sd) and text of a group of cells, a row per
    seed."""
    line: dict[str, object] = {}
    text: dict[str, object] = {}
    for name, (heading, write) in named.items():
        mean, sd = float(rows[name].mean()), float(rows[name].std(ddof=1))
        line |= {name: mean, f"{name}_sd": sd}
        text[heading] = spread(mean, sd, write)
    return line, text


def seeds_words(seeds: list[int]) -> str:
    """Say how numbers over these seeds are to be read."""
    listed = ", ".join(map(str, seeds)) or "not recorded"
    if len(seeds) > 1:
        return f"Mean ± standard deviation over n = {len(seeds)} seeds ({listed})."
    return f"One seed ({listed}), so no ±: how far another seed would differ is not known."
