"""Tables of own texts over the sample's words: with a value each, or with any number of labels."""

import csv
import json
from pathlib import Path

import yaml

from tests.helpers.tiny_regression import write_encoder
from tests.helpers.tiny_runs import SAMPLE, TinyRun, once, write_settings

LABELS = ("anger", "joy", "surprise")
METHODS = ["dense", "distilbert", "adapler", "top", "ltp", "transkimmer", "powerbert", "trbert"]
SIZES = {"train": 60, "dev": 12, "test": 12}


def labels_of(number: int) -> list[str]:
    """The labels of a text by its number: each set of three labels once in eight texts."""
    return [name for bit, name in enumerate(LABELS) if number >> bit & 1]


def texts() -> list[tuple[str, str]]:
    """(split, text); no two are the same."""
    whole = (SAMPLE / "docs" / "wedding.txt").read_text(encoding="utf-8").lower()
    words = [word for word in whole.split() if word.isalpha()]
    splits = [split for split, size in SIZES.items() for _ in range(size)]
    return [
        (
            split,
            f"{split} {number} "
            + " ".join(words[(7 * number + step) % len(words)] for step in range(6)),
        )
        for number, split in enumerate(splits)
    ]


def write_labelled(folder: Path) -> dict:
    """JSON lines of texts with lists of labels; the settings that read them."""
    path = folder / "feelings.jsonl"
    lines = [
        json.dumps({"text": text, "labels": labels_of(number), "split": split})
        for number, (split, text) in enumerate(texts())
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {
        "source": "file", "path": str(path), "split_column": "split", "label_column": "labels",
        "task": "multi-label", "rationales": "none",
    }  # fmt: skip


def write_valued(folder: Path) -> dict:
    """A CSV file of texts with a number each; the settings that read it."""
    path = folder / "ratings.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "stars", "split"])
        table.writerows([text, number % 6 + 0.25, split] for number, (split, text) in enumerate(texts()))
    return {
        "source": "file", "path": str(path), "split_column": "split", "label_column": "stars",
        "task": "regression", "rationales": "none",
    }  # fmt: skip


def finished_tiny_labels(factory) -> TinyRun:
    """All eight methods on texts with any number of labels, once per test session; leave it as it is."""

    def settings(folder: Path) -> Path:
        training = {"epochs": 1, "batch_size": 8, "learning_rate": 1e-3}
        more = dict.fromkeys(METHODS, training)
        more["ltp"] = training | {"distil": 0.5}
        config = write_settings(
            folder,
            data=write_labelled(folder),
            evaluation={"scorers": ["cp", "top", "saliency", "random"], "controls": ["random"]},
            **{name: more[name] for name in ("dense", "adapler", "top")},
        )
        values = yaml.safe_load(config.read_text(encoding="utf-8"))
        values |= {name: more[name] for name in METHODS if name not in values} | {"methods": METHODS}
        config.write_text(yaml.safe_dump(values), encoding="utf-8")
        write_encoder(folder / "bert")
        return config

    return once(factory, "tiny-labels", settings)
