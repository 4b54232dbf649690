"""What `workbench compare --dry-run` prints: the plan of a comparison, and where strengths start."""

from collections.abc import Sequence
from pathlib import Path

from workbench.cli.terminal import OUT, say
from workbench.config.comparison import CompareConfig
from workbench.core.counts import counted


def print_plan(folder: Path, config: CompareConfig, only: Sequence[str]) -> None:
    """Print each part with what it waits for, whether it is done, and its estimated minutes.

    Args:
        folder: The comparison's, which is only read.
        config: Its configuration.
        only: As `--only` has them.
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
    known = known_strengths(config)
    if len(known):
        say("", "Strengths in comparisons that were made:")
        OUT.print(frame_table(known))
        say(f"{MEANING}.")
