"""A run's main numbers as Markdown, for a README: quality, speed, agreement with rationales by layer.

The agreement table has the form of AdapLeR's AP/FPR figure: token unit, windows with evidence, FPR by
uniform selection. Usage: python analyses/results_markdown.py --run runs/demo
"""

import argparse
from pathlib import Path

import pandas as pd

from workbench import Run, load_run
from workbench.metrics.classification import judged_by
from workbench.reporting.tables.table import markdown
from workbench.reporting.text.wording import decimals


def quality_table(run: Run, split: str = "test") -> pd.DataFrame:
    """One row per method: quality with interval, both FLOPs speed-ups, time against the stock model."""
    quality, speed = run.metrics("classification"), run.metrics("efficiency")
    quality = quality[(quality["split"] == split) & (quality["metric"] == judged_by(quality))]
    rows = []
    for facts in quality.itertuples():
        own = speed[(speed["method"] == facts.method) & (speed["split"] == split)]
        counted = own[own["batch_size"].isna()].set_index("quantity")["value"]
        timed = own[own["quantity"] == "speedup_vs_hf"].set_index("batch_size")["value"]
        realised = own[own["quantity"] == "realised_share"].set_index("batch_size")["value"]
        row = {
            "method": facts.method,
            f"{facts.metric} (95 %)": f"{facts.value:.3f} ({facts.ci_low:.3f}–{facts.ci_high:.3f})",
            "FLOPs, unpadded": f"{counted['flops_speedup_unpadded']:.2f}x",
            "FLOPs, padded": f"{counted['flops_speedup_padded']:.2f}x",
            "tokens kept": f"{counted['tokens_kept_share']:.0%}",
        }
        row |= {f"time, batch {size}": f"{value:.2f}x" for size, value in timed.items()}
        if len(realised):  # A run may count FLOPs only.
            row[f"realised share, batch {realised.index.max()}"] = (
                f"{realised[realised.index.max()]:.2f}"
            )
        rows.append(row)
    return pd.DataFrame(rows)


def agreement_table(
    run: Run, metric: str, selection: str, scorers: list[str] | None = None, split: str = "test"
) -> pd.DataFrame:
    """One row per scorer (of `scorers`), one column per layer; values of one metric and selection."""
    frame = run.metrics("plausibility")
    if scorers:
        frame = frame[frame["scorer"].isin(scorers)]
    wanted = {
        "split": split,
        "unit": "token",
        "universe": "with-evidence",
        "metric": metric,
        "selection": selection,
    }
    for name, value in wanted.items():
        frame = frame[frame[name] == value]
    table = frame.pivot_table(index=["scorer", "method"], columns="layer", values="value", sort=False)
    shown = table.map(decimals)
    return shown.reset_index().rename(columns={"method": "model"})


def main() -> None:
    """Print the decimals tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--scorers", nargs="*", help="only these; default: all")
    options = parser.parse_args()
    run, scorers = load_run(options.run), options.scorers
    parts = [
        markdown(quality_table(run)),
        "AP:\n\n" + markdown(agreement_table(run, "ap", "none", scorers)),
        "FPR:\n\n" + markdown(agreement_table(run, "fpr", "uniform", scorers)),
        "Recall (TPR) of the same selection:\n\n"
        + markdown(agreement_table(run, "tpr", "uniform", scorers)),
    ]
    print("\n\n".join(parts))


if __name__ == "__main__":
    main()
