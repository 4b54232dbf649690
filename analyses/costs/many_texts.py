"""Memory of the whole process while short texts stream through a small random model.

python analyses/costs/many_texts.py --classify 1000000
python analyses/costs/many_texts.py --attribute 20000

The model has two layers of width 32, so that texts are what grows, if anything does. Printed are what is
resident on the way, and how far the last quarter lies above the one after the first tenth.
"""

import argparse
import random
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from analyses.lib.study import run_script
from workbench.inference.classify import classify
from workbench.models.classifier import load_classifier
from workbench.models.stopwatch import resident
from workbench.pipeline.attribute import attribute
from workbench.pipeline.job import Reporter
from workbench.pipeline.requests import AttributeRequest

OPTIONS = {
    "--classify": {"type": int, "default": 0, "metavar": "N", "help": "texts from an iterator"},
    "--attribute": {"type": int, "default": 0, "metavar": "N", "help": "texts of a file, scored"},
    "--scorers": {"default": "attention,saliency", "help": "of --attribute"},
}
_POINTS = 40
"""How often memory is looked at."""
_WORDS = [f"word{number}" for number in range(2000)]
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def main(options: argparse.Namespace) -> None:
    """Print what is resident on the way, and by how much it grew."""
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:
        save_random_model(Path(folder) / "model")
        if options.classify:
            told("classify", classified(Path(folder) / "model", options.classify))
        if options.attribute:
            told("attribute", attributed(Path(folder), options.attribute, options.scorers.split(",")))


def save_random_model(folder: Path) -> None:
    """Save a BERT of two layers and width 32 with random weights, and its tokenizer."""
    torch.manual_seed(0)
    vocabulary = {token: number for number, token in enumerate((*_SPECIAL, *_WORDS))}
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64, id2label={0: "negative", 1: "positive"},
        label2id={"negative": 0, "positive": 1},
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(vocab=vocabulary, model_max_length=64).save_pretrained(folder)


def short_texts(count: int) -> Iterator[str]:
    """Yield texts of 5 to 25 words, the same at every call."""
    drawn = random.Random(0)
    for _ in range(count):
        yield " ".join(drawn.choices(_WORDS, k=drawn.randint(5, 25)))


def classified(model: Path, count: int) -> list[tuple[int, float]]:
    """Classify texts from an iterator; returns (texts done, MB resident) on the way."""
    points: list[tuple[int, float]] = []
    every = max(1, count // _POINTS)
    for done, _ in enumerate(classify(*load_classifier(model), short_texts(count)), 1):
        if done % every == 0:
            points.append(_point(done))
    return points


def attributed(folder: Path, count: int, scorers: list[str]) -> list[tuple[int, float]]:
    """Score the texts of a file into a folder of parts; returns (texts done, MB resident) on the way.

    Args:
        folder: Holds `model`; texts and scores come into it.
        count: How many texts.
        scorers: Their names.
    """
    points: list[tuple[int, float]] = []
    texts = folder / "texts.txt"
    with texts.open("w", encoding="utf-8") as file:
        file.writelines(f"{text}\n" for text in short_texts(count))

    class Watching(Reporter):
        """Looks at memory as texts are done."""

        def progress(self, done: int, total: int, values: dict[str, float]) -> None:
            if done * _POINTS // total > len(points):
                points.append(_point(done))

    request = AttributeRequest(
        texts=str(texts), scorers=scorers, model=folder / "model", out=folder / "scores"
    )
    attribute(request, Watching())
    return points


def _point(done: int) -> tuple[int, float]:
    now = resident("VmRSS")
    print(f"{done:,} texts, {process_time():.0f} s of the processor: {now:.0f} MB", flush=True)
    return done, now


def told(name: str, points: list[tuple[int, float]]) -> None:
    """Print the growth from the quarter after the first tenth to the last quarter."""
    print(f"{name}: {growth([mb for _, mb in points]):+.1%}, {resident('VmHWM'):.0f} MB at most")


def growth(resident_mb: list[float]) -> float:
    """Return by what share the mean of the last quarter lies above that of a quarter near the start.

    The first tenth is left out: pools and the allocator's heap are made there.
    """
    quarter = max(1, len(resident_mb) // 4)
    skipped = len(resident_mb) // 10
    early, late = resident_mb[skipped : skipped + quarter], resident_mb[-quarter:]
    return (sum(late) / len(late)) / (sum(early) / len(early)) - 1


if __name__ == "__main__":
    run_script(main, __doc__, OPTIONS)
