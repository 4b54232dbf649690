"""A benchmark's table and what limits each run, as Markdown: the tables of docs/performance.md.

Usage: python analyses/bench_markdown.py --run runs/demo --split test
"""

import argparse
from pathlib import Path

from workbench.reporting.pages.bench import write_bench
from workbench.reporting.tables.table import markdown


def main() -> None:
    """Print one benchmarked split of a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="a folder that `workbench bench` wrote")
    parser.add_argument("--split", default="test", help="what the benchmark calls its texts")
    options = parser.parse_args()
    table, sentences = write_bench(options.run, options.split)
    print(markdown(table.shown), end="\n\n")
    print("\n".join(f"- {sentence}" for sentence in sentences))


if __name__ == "__main__":
    main()
