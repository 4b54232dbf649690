"""A tiny BERT over the sample's words, and runs of it that take seconds; for pipeline and cli tests."""

import contextlib
import hashlib
import io
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
import yaml
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from workbench.cli import main
from workbench.runs.manifest import read_stages, write_stages
from workbench.storage.fingerprints import file_sha256

ROOT = Path(__file__).parents[2]
T = TypeVar("T")
SAMPLE = ROOT / "data" / "eraser-sample"
METHODS = ["dense", "adapler", "top"]
SCORERS = {
    "cp": "adapler", "top": "top", "saliency": "dense", "attention": "dense", "rollout": "dense",
    "random": "dense", "uniform": "dense", "oracle": "dense",
}  # fmt: skip
"""Scorer -> the model it is computed on."""
LAYERS = 3
CLOCK = ["seconds_median", "speedup_vs_hf", "realised_share"]
"""Quantities that a stopwatch decides."""


def save_bert(folder: Path, dropout: float = 0.1, layers: int = LAYERS, more: str = "") -> Path:
    """A random 16-wide BERT whose vocabulary is the sample's words, and those of `more`."""
    texts = [path.read_text(encoding="utf-8").lower() for path in (SAMPLE / "docs").glob("*.txt")]
    texts.append(more.lower())
    words = sorted({word for text in texts for word in re.findall(r"\w+|[^\w\s]", text)})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=16, num_hidden_layers=layers, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64, initializer_range=0.4,
        hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(vocab={piece: index for index, piece in enumerate(pieces)}).save_pretrained(folder)
    return folder


def tiny_settings(backbone: Path) -> dict:
    """One epoch of six steps per method; both pruners drop tokens."""
    training = {"epochs": 1, "batch_size": 8, "learning_rate": 1e-3, "checkpoint_steps": 2}
    gates = {"bins": 6, "sparsity_slack": 0.0}
    return {
        "name": "tiny",
        "backbone": str(backbone),
        "data": {
            "source": "eraser", "path": str(SAMPLE), "rationales": "annotated", "max_tokens": 32,
        },
        "dense": {**training, "keep_best": 1},
        "adapler": {**training, "phi": 0.5, "eta_start": 0.6},
        "top": {**training, **gates},
        "evaluation": {"bootstrap": 20, "random_draws": 2},
        "efficiency": {"batch_sizes": [1, 4], "texts": 6, "repeats": 2},
    }  # fmt: skip


def write_settings(folder: Path, dropout: float = 0.1, **more: dict) -> Path:
    """A backbone and a configuration in `folder`; sections of `more` are merged in."""
    settings = tiny_settings(save_bert(folder / "bert", dropout))
    for section, values in more.items():
        settings[section] = {**settings[section], **values}
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


def call(*arguments: object) -> int:
    """Run the command line in this process; its exit code."""
    before = sys.argv
    sys.argv = ["workbench", *map(str, arguments)]
    try:
        main()
    except SystemExit as end:
        return end.code or 0
    finally:
        sys.argv = before
    return 0


@dataclass(frozen=True)
class TinyRun:
    """A configuration and the finished run it gave."""

    config: Path
    folder: Path


_FINISHED: dict[str, TinyRun] = {}


def once(factory, name: str, write: Callable[[Path], Path]) -> TinyRun:
    """The run of this name, made when first asked for: `write` leaves its settings in a folder."""
    if name not in _FINISHED:
        folder = factory.mktemp(name)
        config = write(folder)
        told = io.StringIO()
        with contextlib.redirect_stderr(told), contextlib.redirect_stdout(told):
            code = call("run", config, "--out", folder / "run")
        assert code == 0, told.getvalue()
        _FINISHED[name] = TinyRun(config, folder / "run")
    return _FINISHED[name]


def finished_tiny_run(factory) -> TinyRun:
    """Trained once per test session, whichever folder's tests ask first; leave it as it is."""
    return once(factory, "tiny", write_settings)


def forget(folder: Path, *stages: str) -> None:
    """Let a run have no record of some stages."""
    recorded = read_stages(folder)
    for name in stages:
        del recorded["stages"][name]
    write_stages(folder, recorded)


def accept_changes(folder: Path) -> None:
    """Record the files of a run as they are now."""
    recorded = read_stages(folder)
    for files in (recorded["files"], *(stage["files"] for stage in recorded["stages"].values())):
        files |= {name: file_sha256(folder / name) for name in files}
    write_stages(folder, recorded)


def digests(folder: Path) -> dict[str, str]:
    """Every file below `folder` with a hash of its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def times(folder: Path) -> dict[str, int]:
    """Every file below `folder` with its time of modification."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def without_cards(files: dict[str, T]) -> dict[str, T]:
    """Of files by name those that are no cards: a card tells seconds, too."""
    return {name: value for name, value in files.items() if not name.endswith(".md")}
