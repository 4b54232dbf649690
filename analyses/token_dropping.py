"""Texts whose tokens drop layer by layer, as vector graphics.

AdapLeR's qualitative figure of tokens dropped in each layer (arXiv 2203.08991) and ToP's examples.
What differs: texts are not hand-picked but the first ones of the score table, four that the first
dropping model gets right and two it gets wrong; human rationale is outlined; shading is the score
relative to the layer's largest.

    python analyses/token_dropping.py --runs runs/demo --out out
"""

from workbench.reporting.analysis import Analysis, run_analysis
from workbench.reporting.examples import choose_examples, draw_examples, example_frame
from workbench.reporting.frames import Runs
from workbench.reporting.run_data import read_run_data
from workbench.reporting.run_scores import by_run, over_runs

NEEDED = "scores of a model that drops tokens"


def build(runs: Runs) -> Analysis:
    """A figure per run with an example in each panel."""
    chosen = {run.name: choose_examples(read_run_data(run.folder)) for run in runs.runs}
    frame, notes = over_runs(runs, lambda own: example_frame(chosen[own.run.name]), NEEDED)
    figures = {
        suffix: draw_examples(chosen[str(own["run"].iloc[0])]) for suffix, own in by_run(frame).items()
    }
    return Analysis("token_dropping", frame, figures=figures, notes=notes)


if __name__ == "__main__":
    run_analysis(build, __doc__)
