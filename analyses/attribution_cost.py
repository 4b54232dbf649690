"""What every scorer costs beside a plain forward pass, on texts of a given length.

    python analyses/attribution_cost.py --run runs/demo --texts imdb --limit 100 --max-tokens 128

Prints seconds per 100 windows, and how many plain passes (masked, same batches) that is; every scorer
runs alone, then all that watch run together, which is what sharing a pass is worth.
"""

import argparse
from pathlib import Path
from time import perf_counter

import torch

from workbench.attribution.options import Options
from workbench.attribution.registry import SCORERS
from workbench.attribution.running import score_windows
from workbench.data.plain_texts import read_texts
from workbench.data.windows import encode
from workbench.models.classifier import load_classifier
from workbench.pipeline.timing import masked_seconds
from workbench.runs import load_run

SLOW = (
    "lime", "kernel-shap", "occlusion", "feature-ablation", "integrated-gradients", "gradient-shap",
    "smoothgrad", "smoothgrad-squared", "vargrad", "decompx", "value-zeroing", "value-zeroing-rollout",
)  # fmt: skip
"""Left out unless `--slow`."""


def main() -> None:
    """Parse, measure, print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--method", default="dense")
    parser.add_argument("--texts", default="rotten-tomatoes")
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--slow", action="store_true", help="Also what takes many passes.")
    parser.add_argument("--scorers", help="These only, such as globenc,alti.")
    options = parser.parse_args()
    model, tokenizer = load_classifier(load_run(options.run).model_folder(options.method))
    documents = read_texts(options.texts, options.limit)
    windows = encode(documents, model.labels, tokenizer, options.max_tokens).windows

    def seconds(names: list[str]) -> float:
        start = perf_counter()
        for _ in score_windows(names, model, tokenizer, windows, Options(batch_size=options.batch_size)):
            pass
        return perf_counter() - start

    masked_seconds(model, windows, options.batch_size)
    base = min(masked_seconds(model, windows, options.batch_size) for _ in range(3))
    suitable = [
        name
        for name, row in SCORERS.items()
        if row.method in (None, options.method) and (options.slow or name not in SLOW)
        if options.scorers is None or name in options.scorers.split(",")
    ]
    watching = [name for name in suitable if SCORERS[name].observer is not None]
    mean = sum(len(window.input_ids) for window in windows) / len(windows)
    print(f"{len(windows)} windows, {mean:.0f} tokens on average, {torch.get_num_threads()} threads\n")
    print("| scorer | seconds per 100 windows | plain passes |\n| --- | --- | --- |")
    line("plain forward pass", base, base, len(windows))
    for name in suitable:
        line(name, seconds([name]), base, len(windows))
    line(f"{len(watching)} that watch, together", seconds(watching), base, len(windows))


def line(name: str, seconds: float, base: float, windows: int) -> None:
    """A row of the table."""
    print(f"| {name} | {100 * seconds / windows:.2f} | {seconds / base:.2f} |")


if __name__ == "__main__":
    main()
