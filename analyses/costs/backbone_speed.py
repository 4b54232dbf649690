"""Packed execution of every family of encoders against its stock model: a table of docs/performance.md.

python analyses/costs/backbone_speed.py --backbones bert,roberta,modernbert
"""

import argparse
from dataclasses import replace

import torch
from transformers import CONFIG_MAPPING

from analyses.lib.study import run_script
from workbench.catalog.backbones import BACKBONES
from workbench.data.readers.plain_texts import read_texts
from workbench.data.windows.encode import encode
from workbench.models.backbones import backbone_class
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy
from workbench.models.pretrained import load_tokenizer
from workbench.pipeline.bench.timing import STOCK, STOCK_GIVEN, STOCK_TORCH, load_stock, time_models

SHAPE = {
    "num_hidden_layers": 6, "hidden_size": 384, "num_attention_heads": 12, "intermediate_size": 1536,
    "max_position_embeddings": 514, "pad_token_id": 1,
}  # fmt: skip
"""The packaged backbone's, with RoBERTa's two positions that no token has."""
OWN = {
    "distilbert": {"n_layers": 6, "dim": 384, "n_heads": 12, "hidden_dim": 1536},
    "deberta-v2": {
        "relative_attention": True, "pos_att_type": ["c2p", "p2c"], "position_buckets": 256,
        "share_att_key": True, "norm_rel_ebd": "layer_norm", "position_biased_input": False,
        "type_vocab_size": 0, "pooler_hidden_size": 384,
    },
    "modernbert": {"intermediate_size": 576, "classifier_pooling": "mean"},
}  # fmt: skip
"""What a family's configuration says besides, as its published models do; ModernBERT's gated part is 1.5
times as wide as its states."""

OPTIONS = {
    "--backbones": {"default": ",".join(BACKBONES), "help": "model types, separated by commas"},
    "--source": {"default": "imdb", "help": "texts"},
    "--texts": {"type": int, "default": 128},
    "--rounds": {"type": int, "default": 5},
    "--batch-size": {"type": int, "default": 32},
}


def main(options: argparse.Namespace) -> None:
    """Print how many times faster packed execution with all tokens is, family by family."""
    tokenizer = load_tokenizer("packaged")
    # No model was trained, so that labels mean nothing.
    documents = [replace(one, label="a") for one in read_texts(options.source, options.texts)]
    windows = encode(documents, ("a", "b"), tokenizer, 512).windows[: options.texts]
    for name in options.backbones.split(","):
        model = _random(name, len(tokenizer))
        table = time_models(
            load_stock(model), {"dense": model}, windows, options.source,
            batch_sizes=[options.batch_size], repeats=options.rounds,
        ).efficiency  # fmt: skip
        seconds = table[table["quantity"] == "seconds_median"].set_index("method")["value"]
        ratios = (
            f"{label} {seconds[rival] / seconds['dense']:.2f}x"
            for rival, label in RIVALS.items()
            if rival in seconds
        )
        print(f"{name}: {', '.join(ratios)}", flush=True)


RIVALS = {
    STOCK_TORCH: "out of the box", STOCK_GIVEN: "same matrix library", STOCK: "sorted by length",
}  # fmt: skip


def _random(model_type: str, vocabulary: int) -> PruningClassifier:
    own = OWN.get(model_type, {})
    shape = {} if model_type == "distilbert" else SHAPE
    config = CONFIG_MAPPING[model_type](**shape | own | {"vocab_size": vocabulary})
    torch.manual_seed(0)
    stock = backbone_class(model_type).stock_class()(config)
    return PruningClassifier(stock, Policy()).eval()


if __name__ == "__main__":
    run_script(main, __doc__, OPTIONS)
