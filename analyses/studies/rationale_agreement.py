"""Agreement of every scorer with human rationales, layer by layer.

AdapLeR's figure of AP and FPR per layer on ERASER Movies (arXiv 2203.08991, section on rationales).
What differs: all scorers stand on one page with random, uniform and oracle controls; recall and the
share selected are shown beside FPR, since selecting little lowers FPR; saliency explains the
predicted class by its logit; the rationales may be a proxy, which the notes say. Unit: token (a
sub-word inherits its word's mark), windows with evidence, FPR by uniform selection: AdapLeR's
protocol.

    python analyses/studies/rationale_agreement.py --runs runs/demo --out out
"""

from analyses.lib.drawing import draw_by_layer
from analyses.lib.study import Analysis, by_run, run_analysis
from workbench.metrics.registry import METRICS
from workbench.reporting.figures.plausibility import in_order, one_control
from workbench.reporting.tables.by_layer import layer_table
from workbench.reporting.text.wording import method_name, rationale_sentence, scorer_name
from workbench.runs.many import Runs, reported

PANELS = (
    ("ap", "Average precision (higher is better)"),
    ("fpr", "False positive rate (lower is better)"),
    ("tpr", "True positive rate of the same selection"),
    ("selected", "Share of tokens selected"),
)
HEADINGS = {"run": "run", "metric": "metric", "scorer": "scorer", "method": "model"}


def build(runs: Runs) -> Analysis:
    """Draw four panels by layer per run, and put the same numbers into a table."""
    runs.need("plausibility")
    frame = reported(runs.plausibility)
    here = (frame["unit"] == "token") & (frame["universe"] == "with-evidence")
    uniform = (frame["selection"] == "uniform") & frame["metric"].isin(["fpr", "tpr", "selected"])
    frame = frame[here & ((frame["metric"] == "ap") | uniform)]
    parts = {suffix: one_control(in_order(rows)) for suffix, rows in by_run(frame).items()}
    tables, figures = [], {}
    for suffix, rows in parts.items():
        models = rows.groupby("scorer")["method"].transform("nunique")
        rows["series"] = rows["scorer"]
        rows["label"] = rows["scorer"].map(scorer_name)
        rows.loc[models > 1, "label"] += " (" + rows["method"].map(method_name) + ")"
        figures[suffix] = draw_by_layer(rows, PANELS)
        shown = rows.assign(
            metric=rows["metric"].map(lambda name: METRICS[name].label),
            scorer=rows["scorer"].map(scorer_name),
            method=rows["method"].map(method_name),
        )
        tables.append(layer_table("rationale_agreement", CAPTION, shown, HEADINGS))
    notes = [f"{run.name} ({run.data}): {rationale_sentence(run.config)}" for run in runs.runs]
    return Analysis("rationale_agreement", frame, tables, figures, notes)


CAPTION = (
    "Agreement with rationales by layer: unit token, windows with evidence, selection uniform (score at "
    "least 1/n). n: texts. A dash: the scorer says nothing about the layer."
)

if __name__ == "__main__":
    run_analysis(build, __doc__)
