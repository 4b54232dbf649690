"""No code that comes with a model or a data set is ever run, whatever is answered on the terminal."""

import ast
import contextlib
import io
import json
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import transformers.dynamic_module_utils as dynamic
from transformers import AutoConfig

from tests.helpers.toys import LABELS
from workbench.errors import InputError
from workbench.models import model_config, model_folder, pretrained
from workbench.models.classifier import load_classifier
from workbench.models.pretrained import load_backbone, load_tokenizer

ROOT = Path(__file__).parents[2]
LOADERS = ("from_pretrained", "load_dataset")
CONFIG, TOKENIZER = "config.json", "tokenizer_config.json"
OWN_TYPE = {CONFIG: {"model_type": "evil", "auto_map": {"AutoConfig": "evil.C", "AutoModel": "evil.M"}}}
TRAPS = {
    "model type of its own": OWN_TYPE,
    "configuration": {CONFIG: {"auto_map": {"AutoConfig": "evil.C"}}},
    "model": {CONFIG: {"auto_map": {"AutoModelForSequenceClassification": "evil.M"}}},
    "tokenizer in the model's": {CONFIG: {"auto_map": {"AutoTokenizer": ["evil.T", "evil.T"]}}},
    "tokenizer": {TOKENIZER: {"auto_map": {"AutoTokenizer": ["evil.T", "evil.T"]}}},
    "tokenizer, old form": {TOKENIZER: {"auto_map": ["evil.T", "evil.T"], "tokenizer_class": "T"}},
}  # fmt: skip
"""What is put into a folder's files so that evil.py beside them is run."""


@pytest.fixture(params=TRAPS.values(), ids=TRAPS)
def trap(
    request: pytest.FixtureRequest, tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder whose code leaves a file `ran` beside the folder; the terminal says yes to everything."""
    folder = Path(shutil.copytree(tiny_folder, tmp_path / "model"))
    for name, values in request.param.items():
        stored = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(stored | values))
    (folder / "evil.py").write_text(
        f"open({str(tmp_path / 'ran')!r}, 'w').close()\nC = M = T = object\n"
    )
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n" * 20))
    monkeypatch.setattr(dynamic, "HF_MODULES_CACHE", str(tmp_path / "cache"))
    return folder


LOAD = pytest.mark.parametrize(
    "load",
    [lambda name: load_backbone(name, LABELS), load_tokenizer, load_classifier],
    ids=["load_backbone", "load_tokenizer", "load_classifier"],
)


@LOAD
def test_a_folder_with_code_is_refused(trap: Path, load: Callable[[str], object]) -> None:
    start = time.monotonic()
    with pytest.raises(InputError, match=r"\.json: has auto_map: .*runs no code") as caught:
        load(str(trap))
    assert time.monotonic() - start < 5
    assert str(trap) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (trap.parent / "ran").exists()


@LOAD
def test_the_library_is_not_allowed_to_run_code(
    trap: Path, load: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where our own refusal overlooks something."""
    for module in (model_folder, model_config, pretrained):
        monkeypatch.setattr(module, "refuse_foreign", lambda values, where: None)
    with contextlib.suppress(InputError):
        load(str(trap))
    assert not (trap.parent / "ran").exists()


def test_the_trap_is_one(tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(shutil.copytree(tiny_folder, tmp_path / "model"))
    stored = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(stored | OWN_TYPE[CONFIG]))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\nC = object\n")
    monkeypatch.setattr(dynamic, "HF_MODULES_CACHE", str(tmp_path / "cache"))
    with pytest.raises(AttributeError):
        AutoConfig.from_pretrained(folder, trust_remote_code=True)
    assert (tmp_path / "ran").exists()


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in our code of what could run a model's or a data set's code, and where it is."""
    for top in ("workbench", "app", "analyses", "docs"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _name(node.func) in LOADERS:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def test_every_call_refuses_foreign_code() -> None:
    found = dict(calls())
    assert len(found) >= 3
    for place, call in found.items():
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        assert isinstance(given.get("trust_remote_code"), ast.Constant), place
        assert given["trust_remote_code"].value is False, place


def test_every_example_refuses_foreign_code() -> None:
    texts = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "workbench").rglob("*.j2")]
    found = [
        line
        for path in texts
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(rf"({'|'.join(LOADERS)})\(", line)
    ]
    assert len(found) >= 4
    assert [line for line in found if "trust_remote_code=False" not in line] == []
