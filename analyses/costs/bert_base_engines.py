"""A 12-layer, 768-wide BERT in every engine, dense and with tokens dropped: timed, not judged.

python analyses/costs/bert_base_engines.py --out runs/bert-base-engines

Weights and AdapLeR's predictors are drawn at random; thresholds are set so that the asked-for shares of
the FLOPs are left, on the first of the texts that are timed.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import torch
from transformers import BertConfig, BertForSequenceClassification

from analyses.lib.study import Analysis, check_writable, run_script, stacked
from workbench.core.counts import counted
from workbench.core.documents import Window
from workbench.data.readers.plain_texts import read_texts
from workbench.data.windows.encode import encode
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.adapler import AdapLeR
from workbench.models.policies.base import Policy
from workbench.models.pretrained import load_tokenizer
from workbench.pipeline.bench.contestants import DTYPES, RIVALS
from workbench.pipeline.bench.engines import time_engines
from workbench.pipeline.bench.timing import counted_flops, load_stock
from workbench.reporting.tables.engines import engines_table

OPTIONS = {
    "--out": {"type": Path, "required": True, "metavar": "DIR", "help": "where the files go"},
    "--layers": {"type": int, "default": 12},
    "--width": {"type": int, "default": 768, "help": "of the states; heads are 64 wide"},
    "--sources": {"default": "rotten-tomatoes,imdb", "help": "texts, separated by commas"},
    "--max-tokens": {"type": int, "default": 512},
    "--flops": {"default": "2.6,8", "help": "how many times fewer, separated by commas"},
    "--engines": {"default": ",".join(RIVALS)},
    "--dtypes": {"default": "fp32,int8", "help": f"of {', '.join(DTYPES)}"},
    "--batch": {"default": "1,32"},
    "--texts": {"default": "8,32", "help": "how many, for each --batch"},
    "--rounds": {"type": int, "default": 2, "help": "recorded ones, after one to warm up"},
}
STEPS = 12
"""Halvings of the threshold's range."""
_SPREAD = 20.0
"""What predictors are multiplied by: as they are drawn, all tokens have nearly the uniform share."""


def main(options: argparse.Namespace) -> None:
    """Time every source at every batch size and write frame and table."""
    check_writable(options.out)
    sizes = [int(one) for one in options.batch.split(",")]
    counts = [int(one) for one in options.texts.split(",")]
    tokenizer = load_tokenizer("packaged")
    notes: list[str] = []
    timed: dict[str, list[pd.DataFrame]] = {}
    for source in options.sources.split(","):
        # No model was trained, so that labels mean nothing.
        documents = [replace(one, label="a") for one in read_texts(source, max(counts))]
        windows = encode(documents, ("a", "b"), tokenizer, options.max_tokens).windows[: max(counts)]
        models = dict(_models(options, len(tokenizer), windows[: min(counts)]))
        stock = load_stock(models["dense"], same_library=False)
        with TemporaryDirectory() as graphs:
            for size, count in zip(sizes, counts, strict=True):
                timed.setdefault(source, []).append(
                    time_engines(
                        stock, models, tokenizer, windows[:count], source,
                        engines=options.engines.split(","), batch_sizes=[size], rounds=options.rounds,
                        note=notes.append, dtypes=options.dtypes.split(","), graphs=Path(graphs),
                    )
                )  # fmt: skip
                notes.append(f"{source}: {counted(count, 'text')} at batch {size}.")
                # A later part may take more memory than there is.
                written = _analysis(timed, [*notes, f"{options.rounds} rounds."]).write(options.out)
                print(f"{source}: batch {size} timed", flush=True)
    print(*written, sep="\n")


def _analysis(timed: dict[str, list[pd.DataFrame]], notes: Sequence[str]) -> Analysis:
    frames = [_joined(parts) for parts in timed.values()]
    return Analysis(
        "bert-base-engines", stacked(frames), [engines_table(frame) for frame in frames],
        notes=list(dict.fromkeys(notes)),
    )  # fmt: skip


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put the batch sizes of one source together; the first call is that of the first size."""
    whole = stacked(parts)
    return whole.drop_duplicates([*whole.columns.drop("value")], ignore_index=True)


def _models(
    options: argparse.Namespace, vocabulary: int, windows: Sequence[Window]
) -> Iterator[tuple[str, PruningClassifier]]:
    """Yield the dense model and, with the same weights, a pruned one for every FLOPs ratio."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=vocabulary, num_hidden_layers=options.layers, hidden_size=options.width,
        num_attention_heads=options.width // 64, intermediate_size=4 * options.width,
        max_position_embeddings=512,
    )  # fmt: skip
    stock = BertForSequenceClassification(config).eval()
    yield "dense", PruningClassifier(stock, Policy()).eval()
    for ratio in map(float, options.flops.split(",")):
        model = PruningClassifier(stock, _adapler(config)).eval()
        set_flops(model, windows, ratio)
        yield f"AdapLeR, {ratio:g}x", model


def _adapler(config: BertConfig) -> AdapLeR:
    """Return a policy whose predictors tell tokens apart."""
    torch.manual_seed(1)
    policy = AdapLeR(config, cut="middle")
    with torch.no_grad():
        for predictor in policy.predictors:
            predictor[-1].weight.mul_(_SPREAD)
    return policy


def set_flops(model: PruningClassifier, windows: Sequence[Window], ratio: float) -> float:
    """Set AdapLeR's thresholds, the same in all layers, so that `ratio` times fewer FLOPs are left.

    Returns how many times fewer they are, by the papers' convention: at least the ratio, where any
    threshold gives that.

    Args:
        model: A classifier with AdapLeR's policy.
        windows: Texts that the FLOPs are counted on.
        ratio: How many times fewer.
    """
    low, high = 0.0, 4.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        model.policy.eta.data.fill_(middle)
        low, high = (middle, high) if counted_flops(model, windows).saved < ratio else (low, middle)
    model.policy.eta.data.fill_(high)
    return counted_flops(model, windows).saved


if __name__ == "__main__":
    run_script(main, __doc__, OPTIONS)
