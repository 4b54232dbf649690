"""Folders that look like models and are traps: code, pickles, absurd sizes, broken files."""

import json
import os
import random
import shlex
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tests.campaigns.harness import Case
from tests.campaigns.stage import Stage

SECONDS = 5.0
Trap = Callable[[Path], None]
COMMANDS = {
    "attribute": ["attribute", "--model", "model", "--texts", "{base}/t.txt", "--limit", "3",
                  "--scorers", "saliency", "--out", "o"],
    "bench": ["bench", "--model", "model", "--texts", "{base}/t.txt", "--limit", "3", "--batch", "1",
              "--rounds", "1", "--out", "o"],
    "run": ["run", "{base}/tiny.yaml", "--set", "backbone=model", "--out", "o"],
}  # fmt: skip
CODE = "import pathlib\npathlib.Path('{sentinel}').touch()\nclass C: pass\n"
HARMLESS = {("10^14 bins", "run")}
"""A backbone's policy is not looked at: the run trains its own."""


def hostile_models(stage: Stage, total: int, rng: random.Random) -> Iterator[Case]:
    """Give every folder to every command that loads models."""
    names = sorted(TRAPS)
    rng.shuffle(names)
    for name in names[:total]:
        for command, line in COMMANDS.items():
            yield Case(
                f"{name}/{command}",
                command,
                lambda n=name, c=command: _refused(stage, n, c),
                f"{shlex.join(['workbench', *line])}   # model: {name}",
            )


def _refused(stage: Stage, name: str, command: str) -> str:
    stage.fresh()
    model, sentinel = stage.work / "model", stage.work / "owned"
    source = stage.base / "bert" if command == "run" else stage.base / "ref" / "models" / "adapler"
    shutil.copytree(source, model)
    TRAPS[name](model)
    for path in model.rglob("*.py"):
        path.write_text(CODE.format(sentinel=sentinel), encoding="utf-8")
    arguments = [part.replace("{base}", str(stage.base)) for part in COMMANDS[command]]
    outcome = stage.start(arguments, _say_yes).wait(6 * SECONDS)
    if sentinel.exists():
        return "its code ran"
    if (name, command) in HARMLESS and outcome.code == 0:
        return ""
    if outcome.cpu > SECONDS:
        return f"{outcome.cpu:.0f} s: {outcome.last}"
    return outcome.fault()


def _say_yes() -> None:
    """Answer every question with y."""
    read, write = os.pipe()
    os.write(write, b"y\n" * 100)
    os.close(write)
    os.dup2(read, 0)


def _json(file: str, changes: dict[str, Any], folder: Path) -> None:
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def _config(**changes: Any) -> Trap:
    return partial(_json, "config.json", changes)


def _policy(folder: Path) -> None:
    policy = {"method": "top", "policy": {"first_layer": 1, "bins": 10**14}}
    _json("config.json", {"workbench": policy}, folder)


def _write(file: str, content: bytes, folder: Path) -> None:
    path = folder / file
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def _file(file: str, content: bytes) -> Trap:
    return partial(_write, file, content)


def _as_folder(file: str) -> Trap:
    def change(folder: Path) -> None:
        (folder / file).unlink(missing_ok=True)
        (folder / file).mkdir()

    return change


def _gone(file: str) -> Trap:
    return lambda folder: (folder / file).unlink(missing_ok=True)


def _cut(file: str, share: float) -> Trap:
    def change(folder: Path) -> None:
        content = (folder / file).read_bytes()
        (folder / file).write_bytes(content[: int(share * len(content))])

    return change


def _with_code(changes: Trap) -> Trap:
    def change(folder: Path) -> None:
        changes(folder)
        (folder / "evil.py").write_text("", encoding="utf-8")

    return change


def _pickle(beside: bool) -> Trap:
    def change(folder: Path) -> None:
        if not beside:
            (folder / "model.safetensors").unlink()
        owned = folder.parent / "owned"
        (folder / "pytorch_model.bin").write_bytes(f"cposix\nsystem\n(S'touch {owned}'\ntR.".encode())

    return change


def _loop(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to("config.json")


_EVIL = {"model_type": "evil", "auto_map": {"AutoConfig": "evil.C", "AutoModel": "evil.C"}}
_BESIDE = {"auto_map": {"AutoConfig": "evil.C", "AutoModelForSequenceClassification": "evil.C"}}
_TOKENIZER = {"auto_map": {"AutoTokenizer": ["evil.C", "evil.C"]}, "tokenizer_class": "C"}
_HEADER = (2**60).to_bytes(8, "little") + b"{}"
_OFFSETS = b'{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}'
_TENSOR = len(_OFFSETS).to_bytes(8, "little") + _OFFSETS
TRAPS: dict[str, Trap] = {
    "auto_map of an unknown type": _with_code(_config(**_EVIL)),
    "auto_map beside a known type": _with_code(_config(**_BESIDE)),
    "auto_map of the tokenizer": _with_code(partial(_json, "tokenizer_config.json", _TOKENIZER)),
    "pickle instead": _pickle(False),
    "pickle beside": _pickle(True),
    "10^9 layers": _config(num_hidden_layers=10**9),
    "10^7 layers": _config(num_hidden_layers=10**7),
    "-1 layers": _config(num_hidden_layers=-1),
    "0 layers": _config(num_hidden_layers=0),
    "layers as a word": _config(num_hidden_layers="three"),
    "width 10^9": _config(hidden_size=10**9),
    "width -1": _config(hidden_size=-1),
    "width 0": _config(hidden_size=0),
    "width 17": _config(hidden_size=17),
    "10^12 words": _config(vocab_size=10**12),
    "-5 words": _config(vocab_size=-5),
    "feed-forward 10^12": _config(intermediate_size=10**12),
    "10^12 positions": _config(max_position_embeddings=10**12),
    "0 positions": _config(max_position_embeddings=0),
    "0 heads": _config(num_attention_heads=0),
    "-2 heads": _config(num_attention_heads=-2),
    "unknown activation": _config(hidden_act="evil"),
    "unknown dtype": _config(dtype="evil"),
    "another architecture": _config(model_type="gpt2"),
    "epsilon as a word": _config(layer_norm_eps="x"),
    "10^14 bins": _policy,
    "config is a list": _file("config.json", b"[]"),
    "config is null": _file("config.json", b"null"),
    "config is empty": _file("config.json", b""),
    "config is nested": _file("config.json", b'{"a":' * 100_000),
    "config is garbage": _file("config.json", bytes(range(256))),
    "config is a folder": _as_folder("config.json"),
    "config is a loop": _loop,
    "no config": _gone("config.json"),
    "weights cut": _cut("model.safetensors", 0.5),
    "weights empty": _file("model.safetensors", b""),
    "weights with an endless header": _file("model.safetensors", _HEADER),
    "weights of 4 TB": _file("model.safetensors", _TENSOR),
    "weights are a folder": _as_folder("model.safetensors"),
    "no weights": _gone("model.safetensors"),
    "tokenizer is {}": _file("tokenizer.json", b"{}"),
    "tokenizer is null": _file("tokenizer.json", b"null"),
    "tokenizer cut": _cut("tokenizer.json", 0.4),
    "tokenizer is a folder": _as_folder("tokenizer.json"),
    "tokenizer settings are null": _file("tokenizer_config.json", b"null"),
}
