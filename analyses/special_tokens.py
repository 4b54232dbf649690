"""How much of each scorer's mass lies on [CLS], [SEP] and punctuation, and when these are dropped.

No paper has this figure; AdapLeR (arXiv 2203.08991) learns a factor on [CLS]'s share of the target
and may drop [SEP], ToP (arXiv 2306.14393) leaves [CLS] out of its ranking: this shows what comes of
it. Shares of mass stand beside shares of tokens, which equal scores would have.

    python analyses/special_tokens.py --runs runs/demo --out out
"""

import pandas as pd
from matplotlib.figure import Figure

from analyses.lib.by_layer import draw_by_layer
from analyses.lib.study import Analysis, run_analysis
from analyses.lib.token_kinds import kind_shares
from workbench.reporting.tables.by_layer import layer_table
from workbench.reporting.text.wording import method_name, scorer_name
from workbench.runs.many import Runs
from workbench.runs.scores import RunScores, by_run, over_runs

NAMES = {"cls": "[CLS]", "separator": "[SEP]", "punctuation": "punctuation", "word": "words"}
MEASURES = {"tokens": "share of living tokens", "kept": "goes on into the layer"}
MASS = {"run": "run", "tokens": "tokens", "label": "scorer"}
MODEL = {"run": "run", "what": "quantity", "tokens": "tokens", "model": "model"}
MASS_CAPTION = "Share of each layer's score mass on special tokens, punctuation and words. n: texts."
MODEL_CAPTION = (
    "Share of the living tokens (the mass that equal scores would have), and of the text's tokens "
    "of a kind the share that the model passes on into the layer. n: texts that have the kind."
)


def build(runs: Runs) -> Analysis:
    """Two figures per run, mass by scorer and tokens kept by model, and the same as tables."""
    frame, notes = over_runs(runs, compute, "scores of any scorer")
    shown = frame.assign(tokens=frame["kind"].map(NAMES), what=frame["measure"].map(MEASURES))
    mass, rest = shown[shown["measure"] == "mass"], shown[shown["measure"] != "mass"]
    # Tokens and kept are the model's: its first scorer that speaks stands for it.
    keys = ["run", "method", "measure", "kind", "layer"]
    rest = rest.drop_duplicates(keys)
    rest = rest.assign(model=rest["method"].map(method_name), series=rest["method"])
    rest["label"] = rest["model"]
    figures = {}
    for name, part in (("mass", mass), ("kept", rest[rest["measure"] == "kept"])):
        for suffix, own in by_run(part).items() if len(part) else ():
            figures["_".join(filter(None, (suffix, name)))] = draw(own, name)
    tables = (
        layer_table("special_tokens_mass", MASS_CAPTION, mass, MASS),
        layer_table("special_tokens_kept", MODEL_CAPTION, rest.sort_values("measure"), MODEL),
    )
    return Analysis("special_tokens", frame, tables, figures, notes)


def draw(own: pd.DataFrame, name: str) -> Figure:
    """A panel per kind of token."""
    title = {"mass": "share of score mass", "kept": "share kept"}[name]
    panels = [(kind, f"{NAMES[kind]}: {title}") for kind in own["kind"].unique()]
    limits = None if name == "mass" else (0.0, 1.0)
    return draw_by_layer(own, panels, by="kind", limits=limits, from_zero=True)


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
