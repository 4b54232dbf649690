"""Tiny runs of other families than BERT: accents, emoji, long texts, pairs, with marked words."""

import json
from pathlib import Path

import yaml

from tests.helpers.families import tiny_model
from tests.helpers.tiny_runs import TinyRun, once
from tests.helpers.tokenizers import byte_level_tokenizer, unigram_tokenizer
from workbench.data.words import split_words

TOKENIZERS = {
    "roberta": byte_level_tokenizer,
    "modernbert": lambda: byte_level_tokenizer("bert"),
    "deberta-v2": lambda: unigram_tokenizer("bert"),
}
"""By family, the kind of tokenizer that its published models have."""
METHODS = {
    "roberta": [
        "dense", "adapler", "top", "powerbert", "trbert", "ltp", "transkimmer", "distilbert",
    ],
    "modernbert": ["dense", "adapler", "top"],
    "deberta-v2": ["dense", "adapler", "top"],
}  # fmt: skip
SCORERS = ["cp", "top", "attention", "saliency", "globenc", "alti", "lime", "oracle"]
MARKED = (
    ("a great film , and a warm and witty one .", "great"),
    ("Café crème 👍🏽 — naïve , but the greatest films 🎬 !", "naïve"),
    ("it is not good ; it is a bad , bad film !", "bad"),
)
"""Texts, and the word of each that is marked where it stands first."""
SECOND = "one 👍🏽 é"
WINDOW = 54
LONG = 4
"""How often the longest text repeats a sentence: it needs several windows."""


def save_family(folder: Path, family: str, **config: object) -> Path:
    """Save a small random classifier of a family and its tokenizer; `config` is in its config.json."""
    tokenizer = TOKENIZERS[family]()
    named = ("pad_token_id", "cls_token_id", "sep_token_id")
    special = {name: getattr(tokenizer, name) for name in named}
    ends = {"bos_token_id": tokenizer.cls_token_id, "eos_token_id": tokenizer.sep_token_id}
    tiny_model(family, **{"vocab_size": len(tokenizer), **special, **ends, **config}).save_pretrained(
        folder
    )
    tokenizer.save_pretrained(folder)
    return folder


def rows() -> list[dict]:
    """Texts of a run: a word of each is marked by its characters, the last text is a long one."""
    found = []
    for k in range(24):
        text, word = MARKED[k % 3]
        start = text.index(word)
        text = " ".join([text] * LONG) if k == 23 else text + " ok" * (k % 2)
        part = "train" if k < 12 else "dev" if k < 17 else "test"
        found.append({"text": text, "more": SECOND, "label": ("no", "yes")[k % 2], "part": part,
                      "why": [[start, start + len(word)]]})  # fmt: skip
    return found


def marked_places(row: dict) -> list[int]:
    """Return which words of a row are marked: the first that is the marked word."""
    ((start, end),) = row["why"]
    return [split_words(row["text"]).index(row["text"][start:end])]


def finished_family_run(factory, family: str) -> TinyRun:
    """One epoch of every method of `METHODS`; ModernBERT's texts are pairs. Leave it as it is."""

    def write(folder: Path) -> Path:
        path = folder / "rows.jsonl"
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows())
        path.write_text("".join(lines), encoding="utf-8")
        training = {"epochs": 1, "batch_size": 8, "learning_rate": 1e-3, "checkpoint_steps": 2}
        settings = {
            "name": family, "backbone": str(save_family(folder / "backbone", family)),
            "methods": METHODS[family],
            "data": {
                "source": "file", "path": str(path), "split_column": "part", "max_tokens": WINDOW,
                "rationale_column": "why", "rationales": "annotated", "offsets": "code-point",
                **({"second_column": "more"} if family == "modernbert" else {}),
            },
            **dict.fromkeys(METHODS[family], training),
            "adapler": {**training, "phi": 0.5, "eta_start": 0.6},
            "top": {**training, "bins": 6, "sparsity_slack": 0.0},
            "evaluation": {"bootstrap": 20, "random_draws": 2, "scorers": SCORERS},
            "efficiency": {"batch_sizes": [1, 4], "texts": 6, "repeats": 1},
        }  # fmt: skip
        config = folder / "run.yaml"
        config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        return config

    return once(factory, f"run-{family}", write)
