"""The campaign: python -m tests.campaigns [KIND ...] [--sample N] [--seed S] [--out counts.json].

Without a kind all are done. The process imports everything once and forks a child per command, each with
one thread. OMP_NUM_THREADS=1 must be set before torch is imported, which this file does itself.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import random
import shutil
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from tests.campaigns.counts import Counts
from tests.campaigns.harness import import_all
from tests.campaigns.kinds import KINDS, QUICK
from tests.campaigns.stage import COMMANDS, Stage


def main() -> int:
    """Attack, count, and say what was not survived; the exit code is 1 where anything was not."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaigns", description=__doc__.split("\n")[0]
    )
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--sample", type=int, help="attacks of each kind; default: all")
    parser.add_argument("--quick", action="store_true", help="the sample of the tests: a minute")
    parser.add_argument("--seed", type=int, default=0, help="seed of all choices")
    parser.add_argument("--only", default="", help="only attacks whose name contains this")
    parser.add_argument("--out", type=Path, help="JSON file of the counts")
    parser.add_argument("--keep", action="store_true", help="leave the folder of the last attack")
    options = parser.parse_args()
    unknown = [kind for kind in options.kinds if kind not in KINDS]
    if unknown:
        parser.error(f"no kind {unknown[0]!r} (there are: {', '.join(KINDS)})")
    import_all()
    counts = Counts(options.seed, f" --sample {options.sample}" if options.sample else "")
    root = Path(tempfile.mkdtemp(prefix="campaign-"))
    try:
        stage = Stage(root / "stage")
        for kind in options.kinds or KINDS:
            attack(stage, kind, options, counts)
            if options.out:
                counts.write(options.out)
    finally:
        if not options.keep:
            shutil.rmtree(root, ignore_errors=True)
    print(counts.summary())
    return 1 if counts.failures else 0


def attack(stage: Stage, kind: str, options: argparse.Namespace, counts: Counts) -> None:
    """Do all attacks of a kind, drawn by the seed and the kind alone."""
    cases, usual = KINDS[kind]
    most, commands = QUICK[kind] if options.quick else (options.sample, ())
    stage.commands = [c for c in COMMANDS if not commands or c.name in commands]
    rng = random.Random(f"{options.seed} {kind}")
    # Kills are spread over the commands chosen; of other kinds the first that concern them are taken.
    total = usual if options.quick and not kind.endswith("kills") else most or usual
    wanted = (
        case
        for case in cases(stage, total, rng)
        if options.only in case.name and (not commands or case.command in commands)
    )
    start = time.monotonic()
    for case in islice(wanted, most if options.quick else None):
        print(f"{time.monotonic() - start:6.0f} s  {case.name}", end="  ", flush=True)
        print(counts.note(kind, case), flush=True)


if __name__ == "__main__":
    sys.exit(main())
