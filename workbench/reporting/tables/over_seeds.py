"""Every method of every run as one table, and means over runs that differ in their seed."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from workbench.catalog.methods import METHODS, settings_as_run, where_cut
from workbench.catalog.ordering import ordered
from workbench.errors import InputError
from workbench.metrics import schemas
from workbench.metrics.method_rows import quality_row, speed_row
from workbench.metrics.stats.seeds import quality_over_seeds
from workbench.reporting.tables.main import MEASURED_SPEED, QUALITY_NAMES, SPEEDS, primary_column
from workbench.reporting.tables.table import Writer, sorted_by
from workbench.reporting.text.wording import percent, spread, times
from workbench.runs.many import RunFolder, Runs, reported

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
    """Return numbers (mean, and sd in a column ending in _sd) and text of cells, a row per seed."""
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


_SHARED = ("backbone", "kernels")
"""Keys outside a method's own section and the dense model's that change what a method gives."""


def results(runs: Runs) -> pd.DataFrame:
    """Return a row per run and method on the reported split: run, data, seed, variant, then what
    `quality_row` and `speed_row` say, NaN for what a run has not measured, and where the method cuts.

    A method that a run's configuration names has a row, measured or not. A method, its settings and
    its seed count once: in a comparison every cell repeats the dense model of its seed. Raises
    InputError where no run has classification metrics.
    """
    runs.need("classification")
    quality = reported(runs.classification)
    speed = reported(runs.efficiency) if len(runs.efficiency) else runs.efficiency
    metrics = [name for name in QUALITY_NAMES if (quality["metric"] == name).any()]
    rows, pairs = [], []
    for run in runs.runs:
        judged, timed = quality[quality["run"] == run.name], speed[speed["run"] == run.name]
        for method in ordered([*judged["method"], *run.config.get("methods", [])], METHODS):
            keys: dict[str, object] = {"run": run.name, "data": run.data, "seed": run.seed}
            numbers = quality_row(judged, method, metrics) | speed_row(method, timed)
            rows.append(keys | numbers | {"cut": where_cut(method, run.config)})
            pairs.append((run.name, method))
    frame = pd.DataFrame(rows).astype({"seed": "Int64"})
    names = variants(runs, pairs)
    frame.insert(3, "variant", [names[pair] for pair in pairs])
    measured_first = frame.sort_values("n", key=lambda n: n == 0, kind="stable")
    measured = sorted_by(measured_first, {"method": ordered(frame["method"], METHODS)})
    return measured.drop_duplicates(["data", "variant", "seed"]).reset_index(drop=True)


def primary_metric(frame: pd.DataFrame, data: str) -> str:
    """Return the column of `results` that judges a data set's methods: accuracy, or Pearson's r."""
    return primary_column(frame[frame["data"] == data]) or "accuracy"


def variants(runs: Runs, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Name every (run's name, method) of `pairs`: the method, and after it the settings in which
    runs of the same data differ, seeds and names aside: `adapler phi=0.003`. A strength that a
    comparison searched seed by seed is not named."""
    by_name = {run.name: run for run in runs.runs}
    settings = {(run, method): _settings(by_name[run], method) for run, method in dict.fromkeys(pairs)}
    alike: dict[tuple[str, str, bool], list[dict[str, Any]]] = {}
    for (run, method), mine in settings.items():
        alike.setdefault((by_name[run].data, method, by_name[run].matched), []).append(mine)
    names = {}
    for (run, method), mine in settings.items():
        folder = by_name[run]
        others = alike[folder.data, method, folder.matched]
        strength = METHODS[method].strength if folder.matched and method in METHODS else None
        compared = [key for key in mine if strength is None or key != strength.key]
        differing = [key for key in compared if any(other.get(key) != mine[key] for other in others)]
        names[run, method] = method + "".join(f" {key}={_spelled(mine[key])}" for key in differing)
    return names


def in_method_order(names: Iterable[str]) -> list[str]:
    """Sort the distinct variants by their method."""
    distinct = list(dict.fromkeys(names))
    rank = ordered((name.partition(" ")[0] for name in distinct), METHODS)
    return sorted(distinct, key=lambda name: rank.index(name.partition(" ")[0]))


def _settings(run: RunFolder, method: str) -> dict[str, Any]:
    sections: dict[str, Any] = {key: run.config.get(key) for key in _SHARED}
    for name in dict.fromkeys(("dense", method)):
        section = run.config.get(name)
        prefix = "" if name == method else f"{name}."
        settings = settings_as_run(name, section) if isinstance(section, dict) else {}
        sections |= {prefix + key: value for key, value in settings.items()}
    return sections


def _spelled(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def seeds_note(frame: pd.DataFrame, quantities: Iterable[str]) -> str:
    """Say what stands behind ± in the means of `quantities`, columns of `results`."""
    known = [name for name in quantities if name in frame]
    counts = frame.groupby(["data", "variant"])[known].count().to_numpy()
    seeds = sorted(set(counts[counts > 0].tolist()))
    if seeds == [1]:
        return "One seed per method: there is no ±, and a difference may be luck of the seed."
    single = " A number without ± is of one seed." if 1 in seeds else ""
    span = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    return f"± is the standard deviation over seeds (n - 1); n = {span}.{single}"


def qualities(runs: Runs, frame: pd.DataFrame) -> pd.DataFrame:
    """Compute `quality_over_seeds` of every data set and variant of `frame`, rows of `results.results`.

    Returns:
        Columns data, variant and those of `quality_over_seeds`; what was not predicted has no row.
    """
    predictions = reported(runs.predictions)
    parts = [pd.DataFrame(columns=["data", "variant", *schemas.QUALITY_OVER_SEEDS.columns])]
    for key, trained in frame.groupby(["data", "variant"], sort=False):
        data, variant = map(str, key)
        # The predictions of classes and of values may stand in one frame.
        kinds = {"accuracy": str, "pearson": float}
        kind = kinds.get(primary_metric(frame, data), object)
        method = trained["method"].iloc[0]
        columns, label = {}, None
        for row in trained.itertuples():
            rows = predictions[(predictions["run"] == row.run) & (predictions["method"] == method)]
            rows = rows.astype({"label": kind, "predicted": kind}).set_index("text_id")
            if len(rows):
                columns[row.seed], label = rows["predicted"], rows["label"]
        if label is not None:
            part = quality_over_seeds({method: pd.DataFrame(columns)}, label)
            parts.append(part.assign(data=data, variant=variant))
    return pd.concat(parts[1:] or parts, ignore_index=True)
