"""Memory of the whole process while any number of texts streams through it.

Through packed inference:
python analyses/costs/streaming_memory.py --model runs/imdb-8000/models/adapler --texts 10000

Through the reader alone, from a file of JSON lines that is written for it and removed again:
python analyses/costs/streaming_memory.py --read 2000
"""

import argparse
import itertools
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from analyses.lib.study import run_script
from workbench.data.readers.plain_texts import iter_texts, read_texts
from workbench.inference.classify import classify
from workbench.models.classifier import PruningClassifier, load_classifier
from workbench.models.policies.base import Policy
from workbench.models.pretrained import load_backbone, load_tokenizer
from workbench.models.stopwatch import resident

OPTIONS = {
    "--model": {"default": "packaged", "help": "packaged, or a model folder"},
    "--texts": {"type": int, "default": 10_000, "help": "IMDB texts to stream"},
    "--read": {
        "type": int,
        "default": 0,
        "metavar": "MB",
        "help": "read JSON lines of this size instead",
    },
}
_WORDS = 200
"""Per invented text."""


def main(options: argparse.Namespace) -> None:
    """Print, ten times, what is resident now and what was at most."""
    if options.read:
        read(options.read)
        return
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
            print(_told(done, start), flush=True)


def read(megabytes: int) -> None:
    """Write a file of JSON lines, stream it through the reader of `workbench predict`, remove it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.jsonl"
        count = write_lines(path, megabytes)
        print(f"{path.stat().st_size / 1e6:,.0f} MB, {count:,} texts")
        print(f"before the first text: {resident('VmRSS'):.0f} MB resident")
        start = perf_counter()
        for done, _ in enumerate(iter_texts(str(path)), 1):
            if done % max(1, count // 10) == 0:
                print(_told(done, start), flush=True)


def write_lines(path: Path, megabytes: int) -> int:
    """Write texts of which hardly two words are the same, and return how many."""
    written = number = 0
    with path.open("w", encoding="utf-8") as file:
        while written < megabytes * 1e6:
            text = " ".join(f"w{number}x{place}" for place in range(_WORDS))
            written += file.write(json.dumps({"id": number, "text": text}) + "\n")
            number += 1
    return number


def imdb(count: int) -> Iterator[tuple[str, str]]:
    """Yield (id, text) of `count` packaged reviews, from the start again where there are fewer."""
    documents = itertools.cycle(read_texts("imdb"))
    for number, document in enumerate(itertools.islice(documents, count)):
        yield str(number), " ".join(document.words)


def _told(done: int, start: float) -> str:
    return (
        f"{done} texts, {perf_counter() - start:.0f} s: {resident('VmRSS'):.0f} MB resident, "
        f"{resident('VmHWM'):.0f} MB at most"
    )


if __name__ == "__main__":
    run_script(main, __doc__, OPTIONS)
