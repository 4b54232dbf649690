"""How much of each scorer's mass lies on [CLS], [SEP] and punctuation, and when these are dropped.

No paper has this figure; AdapLeR (arXiv 2203.08991) learns a factor on [CLS]'s share of the target
and may drop [SEP], ToP (arXiv 2306.14393) leaves [CLS] out of its ranking: this shows what comes of
it. Shares of mass stand beside shares of tokens, which equal scores would have.

    python analyses/special_tokens.py --runs runs/demo --out out
"""

import pandas as pd

from workbench.evaluation.token_kinds import kind_shares
from workbench.reporting.analysis import Analysis, run_analysis
from workbench.reporting.frames import Runs
from workbench.reporting.layer_table import layer_table
from workbench.reporting.print_figures import draw_by_layer
from workbench.reporting.run_scores import RunScores, by_run, over_runs
from workbench.reporting.wording import method_name, scorer_name

NAMES = {"cls": "[CLS]", "separator": "[SEP]", "punctuation": "punctuation", "word": "words"}
MEASURES = {
    "mass": "share of score mass",
    "tokens": "share of living tokens",
    "kept": "share that goes on into the layer",
}
HEADINGS = {"run": "run", "what": "quantity", "tokens": "tokens", "label": "scorer"}
CAPTION = (
    "Special tokens and punctuation by layer: share of the layer's score mass, share of the "
    "living tokens (the mass that equal scores would give), and of the text's tokens of the kind "
    "the share that the model passes on into the layer. n: texts."
)


def build(runs: Runs) -> Analysis:
    """Two figures per run: mass by scorer, tokens kept by model; one table of all."""
    frame, notes = over_runs(runs, compute, "scores of any scorer")
    figures = {}
    for suffix, own in by_run(frame).items():
        mass, kept = (own[own["measure"] == name] for name in ("mass", "kept"))
        panels = [(kind, f"{NAMES[kind]}: share of score mass") for kind in own["kind"].unique()]
        figures["_".join(filter(None, (suffix, "mass")))] = draw_by_layer(
            mass, panels, by="kind", limits=None, from_zero=True
        )
        if len(kept):
            models = kept.drop_duplicates("method").set_index("method")["scorer"]
            kept = kept[kept["scorer"] == kept["method"].map(models)]
            kept = kept.assign(series=kept["method"], label=kept["method"].map(method_name))
            panels = [(kind, f"{NAMES[kind]}: share kept") for kind in own["kind"].unique()]
            figures["_".join(filter(None, (suffix, "kept")))] = draw_by_layer(kept, panels, by="kind")
    shown = frame.assign(what=frame["measure"].map(MEASURES), tokens=frame["kind"].map(NAMES))
    table = layer_table("special_tokens", CAPTION, shown, HEADINGS)
    return Analysis("special_tokens", frame, (table,), figures, notes)


def compute(own: RunScores) -> pd.DataFrame:
    """Every scorer that is no control."""
    parts = [kind_shares(grid, own.split) for grid in own.all_grids()]
    if not parts:
        return pd.DataFrame()
    frame = pd.concat(parts, ignore_index=True)
    label = frame["scorer"].map(scorer_name) + " (" + frame["method"].map(method_name) + ")"
    return frame.assign(series=frame["scorer"], label=label)


if __name__ == "__main__":
    run_analysis(build, __doc__)
