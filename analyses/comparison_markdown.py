"""A comparison at matched cost beside its controls, as Markdown: the table of the README.

Mean ± standard deviation over seeds, in percent; what each method's own weights reach with other tokens
kept, as many in every text and layer. Usage: python analyses/comparison_markdown.py runs/compared
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from workbench.reporting.tables.main import QUALITY_NAMES
from workbench.reporting.tables.table import markdown
from workbench.reporting.text.wording import method_name, percent, spread, times
from workbench.runs.comparison import ComparisonData, Group, read_comparison
from workbench.runs.folder import load_run


def table(data: ComparisonData) -> pd.DataFrame:
    """One row per method: quality, its controls', counted speed-up."""
    return pd.DataFrame(
        {
            "method": method_name(group.method),
            QUALITY_NAMES[data.quality]: over_seeds(data.rows(group)[data.quality], percent),
            "as many random tokens": over_seeds(control(data, group, "random"), percent),
            "first tokens": over_seeds(control(data, group, "first"), percent),
            "FLOPs, unpadded": over_seeds(data.rows(group)["flops_speedup_unpadded"], times),
        }
        for group in data.compared
    )


def control(data: ComparisonData, group: Group, kind: str) -> pd.Series:
    """Quality of the control `kind` in each cell of the group that has it."""
    found = []
    for name in group.cells:
        run = load_run(data.folder / name)
        if run.metrics_file("controls").is_file():
            rows = run.metrics("controls")
            found.append(rows[(rows["control"] == kind) & (rows["metric"] == data.quality)]["value"])
    return pd.concat(found) if found else pd.Series(dtype=float)


def over_seeds(values: pd.Series, write: Callable[[float], str]) -> str:
    """Mean ± standard deviation, of one seed the mean alone, a dash for nothing."""
    return spread(values.mean(), values.std(), write)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("comparison", type=Path, help="a folder that `workbench compare` wrote")
    print(markdown(table(read_comparison(parser.parse_args().comparison))))


if __name__ == "__main__":
    main()
