"""How many tokens are left in each layer, as a distribution over texts.

AdapLeR's figure of sequence lengths by layer (arXiv 2203.08991) and ToP's of remaining tokens
(arXiv 2306.14393). What differs: both papers show means; here boxes show the quartiles and whiskers
the 5th and 95th percentile over texts, of the share of the text and in the frame also of the number
of tokens. Counts are those in self-attention, special tokens included.

    python analyses/studies/tokens_per_layer.py --runs runs/demo --out out
"""

from analyses.lib.drawing import draw_token_boxes, token_quantiles
from analyses.lib.study import Analysis, by_run, over_runs, run_analysis
from workbench.reporting.tables.by_layer import layer_table
from workbench.reporting.text.wording import method_name
from workbench.runs.many import Runs

HEADINGS = {"run": "run", "method": "method", "quantity": "tokens left, % of the text"}
CAPTION = "Tokens left by layer over texts (percent of the text's own tokens). n: texts."
SHOWN = {"q5": "5th percentile", "median": "median", "mean": "mean", "q95": "95th percentile"}


def build(runs: Runs) -> Analysis:
    """Draw boxes per layer, a panel per method, and put the quantiles into a table."""
    runs.need("predictions")
    frame, notes = over_runs(runs, lambda run: token_quantiles(run.predictions), "predictions")
    share = frame[frame["measure"] == "share"]
    long = share.melt(["run", "method", "layer", "n"], list(SHOWN), var_name="quantity")
    long = long.assign(
        value=100 * long["value"],
        method=long["method"].map(method_name),
        quantity=long["quantity"].map(SHOWN),
    )
    table = layer_table("tokens_per_layer", CAPTION, long, HEADINGS, digits=1)
    figures = {suffix: draw_token_boxes(rows) for suffix, rows in by_run(share).items()}
    return Analysis("tokens_per_layer", frame, (table,), figures, notes)


if __name__ == "__main__":
    run_analysis(build, __doc__)
