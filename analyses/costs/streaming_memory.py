"""Memory of the whole process while any number of texts streams through packed inference.

python analyses/costs/streaming_memory.py --model runs/imdb-8000/models/adapler --texts 10000
"""

import argparse
import itertools
from collections.abc import Iterator
from time import perf_counter

from analyses.lib.study import run_script
from workbench.data.readers.plain_texts import read_texts
from workbench.inference.classify import classify
from workbench.models.backbone import load_backbone, load_tokenizer
from workbench.models.classifier import PruningClassifier, load_classifier
from workbench.models.policies.base import Policy
from workbench.models.stopwatch import resident

OPTIONS = {
    "--model": {"default": "packaged", "help": "packaged, or a model folder"},
    "--texts": {"type": int, "default": 10_000, "help": "IMDB texts to stream"},
}


def main(options: argparse.Namespace) -> None:
    """Print, ten times, what is resident now and what was at most."""
    if options.model == "packaged":
        model = PruningClassifier(load_backbone("packaged", ("negative", "positive")), Policy()).eval()
        tokenizer = load_tokenizer("packaged")
    else:
        model, tokenizer = load_classifier(options.model)
    texts = imdb(options.texts)
    print(f"before the first text: {resident('VmRSS'):.0f} MB resident")
    start = perf_counter()
    for done, _ in enumerate(classify(model, tokenizer, texts), 1):
        if done % max(1, options.texts // 10) == 0:
            print(
                f"{done} texts, {perf_counter() - start:.0f} s: {resident('VmRSS'):.0f} MB resident, "
                f"{resident('VmHWM'):.0f} MB at most",
                flush=True,
            )


def imdb(count: int) -> Iterator[tuple[str, str]]:
    """Yield (id, text) of `count` packaged reviews, from the start again where there are fewer."""
    documents = itertools.cycle(read_texts("imdb"))
    for number, document in enumerate(itertools.islice(documents, count)):
        yield str(number), " ".join(document.words)


if __name__ == "__main__":
    run_script(main, __doc__, OPTIONS)
