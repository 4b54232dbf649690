"""All studies of some runs, one after the other, with the time that each took.

    python analyses/all.py --runs runs/demo --out runs/demo/analyses

A study for which the runs lack something is named and skipped.
"""

import argparse
import pkgutil
import sys
from collections.abc import Callable
from importlib import import_module
from time import perf_counter

from analyses import studies
from analyses.lib.study import OVER_RUNS, Analysis, check_writable, run_script
from workbench.errors import InputError
from workbench.runs.many import Runs, load_runs


def builders() -> dict[str, Callable[[Runs], Analysis]]:
    """Return the `build` of every module of `analyses.studies`, by the module's name."""
    names = sorted(module.name for module in pkgutil.iter_modules(studies.__path__))
    return {name: import_module(f"analyses.studies.{name}").build for name in names}


def main(options: argparse.Namespace) -> None:
    """Write every study; exit with code 2 where the runs allow none."""
    check_writable(options.out)
    load_runs(options.runs)
    begun, made, known = perf_counter(), 0, builders()
    for name, build in known.items():
        start = perf_counter()
        try:
            build(load_runs(options.runs)).write(options.out)
        except InputError as error:
            print(f"{name}: skipped: {error}")
            continue
        made += 1
        print(f"{name}: {perf_counter() - start:.1f} s", flush=True)
    print(f"{made} of {len(known)} analyses in {perf_counter() - begun:.0f} s, in {options.out}")
    if not made:
        sys.exit(2)


if __name__ == "__main__":
    run_script(main, __doc__, OVER_RUNS)
