"""All analyses of some runs, one after the other, with the time that each took.

    python analyses/all.py --runs runs/demo --out runs/demo/analyses

An analysis for which the runs lack something is told and skipped.
"""

import argparse
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from analyses.lib.study import check_writable
from workbench.errors import InputError
from workbench.runs.many import load_runs

NAMES = (
    "main_results", "glue_table", "speed_quality", "seed_variance", "padding_share", "tokens_per_layer",
    "rationale_agreement", "token_dropping", "ranking_quality", "predictor_fit", "special_tokens",
    "error_analysis", "flipped_texts",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Run them; code 2 where none could be made or --out cannot be written to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    begun, made = perf_counter(), 0
    try:
        check_writable(options.out)
        load_runs(options.runs)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    for name in NAMES:
        start = perf_counter()
        try:
            script = runpy.run_path(str(Path(__file__).with_name(f"{name}.py")))
            script["build"](load_runs(options.runs)).write(options.out)
        except InputError as error:
            print(f"{name}: skipped: {error}")
            continue
        made += 1
        print(f"{name}: {perf_counter() - start:.1f} s", flush=True)
    print(f"{made} of {len(NAMES)} analyses in {perf_counter() - begun:.0f} s, in {options.out}")
    if not made:
        sys.exit(2)


if __name__ == "__main__":
    main()
