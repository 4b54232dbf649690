"""Agreement with rationales over runs that differ in their seed only, as Markdown.

python analyses/plausibility_over_seeds.py runs/seed0 runs/seed1 --metric ap --against saliency
"""

import argparse
from pathlib import Path

import pandas as pd

from workbench.core.token_scores import from_frame
from workbench.errors import InputError
from workbench.metrics.plausibility.paired_tests import compare_scorers
from workbench.metrics.plausibility.text_values import TextValues, text_values
from workbench.metrics.stats.seeds import mean_over_seeds, summarise_seeds
from workbench.reporting.tables.table import markdown
from workbench.runs.folder import Run, load_run


def main() -> None:
    """Print the means over seeds, and each scorer against one other, text by text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="run folders of different seeds")
    parser.add_argument("--split", default="test")
    parser.add_argument("--unit", default="token")
    parser.add_argument("--universe", default="with-evidence")
    parser.add_argument("--selection", default="none", help="none, uniform or kept")
    parser.add_argument("--metric", default="ap")
    parser.add_argument("--against", default="random", help="the scorer the others are compared with")
    options = parser.parse_args()
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
    """Text values of each run by its seed; InputError where two runs have one seed."""
    found: dict[int, list[TextValues]] = {}
    for folder in folders:
        run = load_run(folder)
        seed = run.config.seed
        if seed in found:
            raise InputError(f"{folder}: another run has seed {seed} already")
        found[seed] = run_values(run, split)
    return found


def run_values(run: Run, split: str) -> list[TextValues]:
    """Every measure of a run's scores on one split."""
    predictions = run.predictions
    text_ids = set(predictions.loc[predictions["split"] == split, "text_id"])
    frames = [run.scores(scorer) for scorer in run.scorers]
    records = [r for frame in frames for r in from_frame(frame) if r.text_id in text_ids]
    return text_values(records)


def chosen(table: pd.DataFrame, wanted: dict[str, str]) -> pd.DataFrame:
    """The rows with these values, without the columns that say so."""
    for column, value in wanted.items():
        table = table[table[column] == value]
    return table.drop(columns=[*wanted, "split"])


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers as text of three digits, p-values of four."""
    places = {column: 4 if column.startswith("p") else 3 for column in table.select_dtypes("float")}
    return table.assign(
        **{name: table[name].map(f"{{:.{digits}f}}".format) for name, digits in places.items()}
    )


if __name__ == "__main__":
    main()
