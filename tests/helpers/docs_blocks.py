"""Code blocks of Markdown files, and the scripts that make the documentation."""

import importlib.util
import re
import sys
import textwrap
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FENCED = re.compile(
    r"^```(?P<kind>\w*)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<code>.*?)^```$", re.M | re.S
)
INDENTED = re.compile(r"(?:^ {4}.*\n?|^\n(?= {4}))+", re.M)


@cache
def docs_tool(name: str) -> ModuleType:
    """The module docs/tools/`name`.py, which finds its neighbours by name as it does under mkdocs."""
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class Block(NamedTuple):
    """A fenced block."""

    kind: str
    """Its language."""
    title: str
    """The file that it is; empty for none."""
    code: str


def markdown_files() -> list[Path]:
    """Every Markdown file of the project that people read."""
    return [
        *sorted(ROOT.glob("*.md")),
        *sorted((ROOT / "docs").glob("*.md")),
        ROOT / "data" / "README.md",
    ]


def fenced(text: str) -> list[Block]:
    """All fenced blocks, in order."""
    return [Block(*(part or "" for part in found.groups())) for found in FENCED.finditer(text)]


def python_blocks(path: Path) -> list[str]:
    """The code of a file's Python blocks."""
    return [block.code for block in fenced(path.read_text(encoding="utf-8")) if block.kind == "python"]


def indented_python(path: Path) -> list[str]:
    """The indented blocks of a file that begin with an import."""
    prose = FENCED.sub("", path.read_text(encoding="utf-8"))
    blocks = [textwrap.dedent(found[0]).strip("\n") for found in INDENTED.finditer(prose)]
    return [block for block in blocks if block.startswith("import ")]


def run_python(code: str, name: str, namespace: dict[str, object]) -> None:
    """Execute a block as a module of its own would be."""
    exec(compile(code, name, "exec"), namespace)


def command_lines(text: str) -> list[str]:
    """Lines of shell blocks, fenced or indented, without the path of the environment."""
    blocks = [block.code for block in fenced(text) if block.kind in ("sh", "shell", "bash")]
    blocks += [found[0] for found in INDENTED.finditer(FENCED.sub("", text))]
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [line.removeprefix(".venv/bin/") for line in lines if line]


def without_code(text: str) -> str:
    """Prose alone: no blocks and no code spans."""
    return re.sub(r"`[^`\n]*`", "", INDENTED.sub("", FENCED.sub("", text)))
