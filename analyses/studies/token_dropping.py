"""Texts whose tokens drop layer by layer, as vector graphics, a figure per text.

AdapLeR's qualitative figure of tokens dropped in each layer (arXiv 2203.08991) and ToP's examples.
What differs: texts are not hand-picked but the first ones of the score table, four that the first
dropping model gets right and two it gets wrong; all dropping models of a run stand below each other;
human rationale is outlined; shading is the score relative to the layer's largest.

    python analyses/studies/token_dropping.py --runs runs/demo --out out
"""

import pandas as pd

from analyses.lib.study import Analysis, by_run, over_runs, run_analysis
from workbench.reporting.figures.examples import Example, choose_examples, example_frame, examples_map
from workbench.reporting.figures.printing import draw
from workbench.reporting.tables.table import Table
from workbench.reporting.text.wording import method_name
from workbench.runs.many import Runs
from workbench.runs.tables import read_run_data

NEEDED = "scores of a model that drops tokens"
CAPTION = "The texts of the figures: what was predicted, and the tokens left in each layer."


def build(runs: Runs) -> Analysis:
    """Draw a figure per run and example, and put all into a table."""
    chosen = {run.name: choose_examples(read_run_data(run.folder)) for run in runs.runs}
    frame, notes = over_runs(runs, lambda run: example_frame(chosen[run.name]), NEEDED)
    figures = {}
    for suffix, rows in by_run(frame).items():
        for number, example in enumerate(chosen[str(rows["run"].iloc[0])], start=1):
            name = "_".join(filter(None, (suffix, str(number))))
            figures[name] = draw(examples_map([example]))
    rows = pd.DataFrame([row for name in chosen for row in example_rows(name, chosen[name])])
    shown = rows if rows["run"].nunique() > 1 else rows.drop(columns="run")
    words = tuple(name for name in shown if name != "number")
    table = Table("token_dropping", CAPTION, rows, shown, words)
    return Analysis("token_dropping", frame, (table,), figures, notes)


def example_rows(run: str, examples: list[Example]) -> list[dict[str, str]]:
    """Return a row per example and model."""
    return [
        {
            "run": run, "number": str(number), "text": example.text_id, "label": example.label,
            "method": method_name(record.method), "predicted": example.predicted.get(record.method, "–"),
            "tokens left": " ".join(str(count) for count in record.kept.sum(axis=1)),
        }
        for number, example in enumerate(examples, start=1)
        for record in example.records
    ]  # fmt: skip


if __name__ == "__main__":
    run_analysis(build, __doc__)
