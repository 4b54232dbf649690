"""Plausibility layer by layer: the rows of one choice, and what is not measured."""

import pandas as pd

from workbench.reporting.figures.plausibility import in_order, kept_once, one_control
from workbench.reporting.text.wording import scorer_name


def layer_frame(
    plausibility: pd.DataFrame, *, unit: str, universe: str, selection: str, metric: str
) -> pd.DataFrame:
    """Return the rows of one metric by scorer, method and layer, in the order of the report's figures.

    A control is the same on every model, so one method stands for it; what a model keeps does not
    depend on the scorer, so with selection `kept` one scorer stands for each method.

    Args:
        plausibility: The run's table.
        unit: `token` or `word`.
        universe: Which windows count.
        selection: Which units count as chosen.
        metric: Whose rows.
    """
    chosen = {"unit": unit, "universe": universe, "selection": selection, "metric": metric}
    rows = plausibility
    for column, value in chosen.items():
        rows = rows[rows[column] == value]
    rows = in_order(rows)
    return kept_once(rows) if selection == "kept" else one_control(rows)


def not_measured(plausibility: pd.DataFrame, frame: pd.DataFrame, selection: str) -> list[str]:
    """Return a sentence for each scorer, or layer of one, without a value in the chosen `frame`.

    Args:
        plausibility: All rows.
        frame: Rows of `layer_frame`.
        selection: That of `frame`.
    """
    shown = set(frame["scorer"].astype(str))
    layers = set(plausibility["layer"].astype(int))
    sentences = []
    for scorer in in_order(plausibility)["scorer"].unique():
        name = scorer_name(scorer)
        if scorer not in shown:
            if selection != "kept":
                sentences.append(f"{name}: not measured, because no text has a value for this choice.")
            continue
        lacking = sorted(layers - set(frame.loc[frame["scorer"] == scorer, "layer"].astype(int)))
        if lacking:
            listed = ", ".join(map(str, lacking))
            sentences.append(f"{name}: not measured in layer {listed}, of which it says nothing.")
    if selection == "kept":
        sentences.append(
            "Scorers on a model that drops nothing have no kept tokens; of several scorers on one model "
            "the first is shown, because what the model keeps is the same for all."
        )
    return sentences
