"""How much of each scorer's mass lies on [CLS], [SEP] and punctuation, and when these are dropped.

No paper has this figure; AdapLeR (arXiv 2203.08991) learns a factor on [CLS]'s share of the target
and may drop [SEP], ToP (arXiv 2306.14393) leaves [CLS] out of its ranking: this shows what comes of
it. Shares of mass stand beside shares of tokens, which equal scores would have.

    python analyses/studies/special_tokens.py --runs runs/demo --out out
"""

import pandas as pd
from matplotlib.figure import Figure

from analyses.lib.drawing import draw_by_layer
from analyses.lib.study import Analysis, by_run, over_runs, run_analysis, stacked
from analyses.lib.token_kinds import kind_shares
from workbench.reporting.tables.by_layer import layer_table
from workbench.reporting.text.wording import method_name, scorers_with_models
from workbench.runs.many import RunFolder, Runs

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
    """Draw mass by scorer and tokens kept by model per run, and put the same into tables."""
    frame, notes = over_runs(runs, compute, "scores of any scorer")
    shown = frame.assign(tokens=frame["kind"].map(NAMES), what=frame["measure"].map(MEASURES))
    mass, rest = shown[shown["measure"] == "mass"], shown[shown["measure"] != "mass"]
    # Tokens and kept belong to the model: its first scorer with scores stands for it.
    keys = ["run", "method", "measure", "kind", "layer"]
    rest = rest.drop_duplicates(keys)
    rest = rest.assign(model=rest["method"].map(method_name), series=rest["method"])
    rest["label"] = rest["model"]
    figures = {}
    for name, part in (("mass", mass), ("kept", rest[rest["measure"] == "kept"])):
        for suffix, rows in by_run(part).items() if len(part) else ():
            figures["_".join(filter(None, (suffix, name)))] = draw(rows, name)
    tables = (
        layer_table("special_tokens_mass", MASS_CAPTION, mass, MASS),
        layer_table("special_tokens_kept", MODEL_CAPTION, rest.sort_values("measure"), MODEL),
    )
    return Analysis("special_tokens", frame, tables, figures, notes)


def draw(rows: pd.DataFrame, name: str) -> Figure:
    """Draw a panel per kind of token."""
    title = {"mass": "share of score mass", "kept": "share kept"}[name]
    panels = [(kind, f"{NAMES[kind]}: {title}") for kind in rows["kind"].unique()]
    limits = None if name == "mass" else (0.0, 1.0)
    return draw_by_layer(rows, panels, by="kind", limits=limits, from_zero=True)


def compute(scores: RunFolder) -> pd.DataFrame:
    """Compute the shares of every scorer that is no control."""
    frame = stacked(kind_shares(grid, scores.split) for grid in scores.all_grids())
    if frame.empty:
        return frame
    return frame.assign(series=frame["scorer"], label=scorers_with_models(frame))


if __name__ == "__main__":
    run_analysis(build, __doc__)
