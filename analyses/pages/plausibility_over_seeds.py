"""Plausibility over runs that differ in their seed only, as Markdown.

python analyses/pages/plausibility_over_seeds.py runs/seed0 runs/seed1 --metric ap --against saliency
"""

import argparse
from pathlib import Path

import pandas as pd

from analyses.lib.study import run_script
from workbench.core.token_scores import from_frame
from workbench.errors import InputError
from workbench.metrics.plausibility.paired_tests import compare_scorers
from workbench.metrics.plausibility.text_values import TextValues, text_values
from workbench.metrics.stats.seeds import mean_over_seeds, summarise_seeds
from workbench.reporting.tables.table import markdown
from workbench.runs.folder import Run, load_run

OPTIONS = {
    "runs": {"type": Path, "nargs": "+", "help": "run folders of different seeds"},
    "--split": {"default": "test"},
    "--unit": {"default": "token"},
    "--universe": {"default": "with-evidence"},
    "--selection": {"default": "none", "help": "none, uniform or kept"},
    "--metric": {"default": "ap"},
    "--against": {"default": "random", "help": "the scorer the others are compared with"},
}


def main(options: argparse.Namespace) -> None:
    """Print the means over seeds, and each scorer against one other, text by text."""
    shown = {name: getattr(options, name) for name in ("unit", "universe", "selection", "metric")}
    by_seed = values_by_seed(options.runs, options.split)
    table = summarise_seeds(by_seed, options.split)
    print(markdown(rounded(chosen(table, shown))), end="\n\n")
    averaged = mean_over_seeds(by_seed)
    pairs = compare_scorers(
        averaged,
        [part for part in averaged if part.scorer == options.against],
        options.split,
        metric=options.metric,
        selection=options.selection,
        across_methods=True,
    )
    print(markdown(rounded(chosen(pairs, shown))))


def values_by_seed(folders: list[Path], split: str) -> dict[int, list[TextValues]]:
    """Compute the text values of each run by its seed; InputError where two runs have one seed."""
    by_seed: dict[int, list[TextValues]] = {}
    for folder in folders:
        run = load_run(folder)
        seed = run.config.seed
        if seed in by_seed:
            raise InputError(f"{folder}: another run has seed {seed} already")
        by_seed[seed] = run_values(run, split)
    return by_seed


def run_values(run: Run, split: str) -> list[TextValues]:
    """Compute every measure of a run's scores on one split."""
    predictions = run.predictions
    text_ids = set(predictions.loc[predictions["split"] == split, "text_id"])
    frames = [run.scores(scorer) for scorer in run.scorers]
    records = [r for frame in frames for r in from_frame(frame) if r.text_id in text_ids]
    return text_values(records)


def chosen(table: pd.DataFrame, values: dict[str, str]) -> pd.DataFrame:
    """Return the rows with these values, without the columns that say so."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table.drop(columns=[*values, "split"])


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Write numbers with three digits, p-values with four."""
    places = {
        column: 4 if column.startswith("p") else 3 for column in map(str, table.select_dtypes("float"))
    }
    return table.assign(
        **{name: table[name].map(f"{{:.{digits}f}}".format) for name, digits in places.items()}
    )


if __name__ == "__main__":
    run_script(main, __doc__, OPTIONS)
