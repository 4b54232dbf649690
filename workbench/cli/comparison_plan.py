"""What `workbench compare --dry-run` prints: the plan of a comparison, and where strengths start."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli.terminal import OUT, say
from workbench.config.comparison import CompareConfig
from workbench.core.counts import counted
from workbench.pipeline.work.workers import Workers

if TYPE_CHECKING:
    from workbench.pipeline.compare.plan import Plan


def print_plan(folder: Path, config: CompareConfig, only: Sequence[str], workers: Workers) -> None:
    """Print each part with what it waits for, whether it is done, and its estimated minutes.

    Args:
        folder: The comparison's, which is only read.
        config: Its configuration.
        only: As `--only` has them.
        workers: Who makes the parts, and how many at a time.
    """
    import pandas as pd

    from workbench.cli.console import frame_table
    from workbench.pipeline.compare.plan import plan
    from workbench.pipeline.compare.strengths import MEANING, known_strengths

    made = plan(folder, config, only)
    rows = [
        {
            "part": step.part.name,
            "waits for": ", ".join(step.part.after) or "–",
            "state": step.state,
            "trainings left": f"up to {step.trainings}" if step.trainings > 1 else str(step.trainings),
            "minutes": f"{step.minutes:.1f}" if step.trainings else "–",
        }
        for step in made.steps
    ]
    OUT.print(frame_table(pd.DataFrame(rows)))
    left = counted(sum(step.trainings for step in made.steps), "training")
    say(
        f"{left} left, at most; about {made.minutes:.1f} minutes one after another.",
        made.basis,
    )
    if workers.engine is not None:
        say(_at_once(made, workers))
    known = known_strengths(config)
    if len(known):
        say("", "Strengths in comparisons that were made:")
        OUT.print(frame_table(known))
        say(f"{MEANING}.")


def _at_once(made: "Plan", workers: Workers) -> str:
    """How many parts an engine makes at a time, and the least that this can take."""
    from workbench.pipeline.work.engine import parts_at_once

    count = parts_at_once(workers)
    shown = "as many at a time as can begin" if count is None else f"at most {count} at a time"
    least = max(made.longest_chain, made.minutes / count if count else 0.0)
    return f"Engine {workers.engine}: {shown}; then at least {least:.1f} minutes, stopwatch included."
