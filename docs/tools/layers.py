"""The diagram of layers in docs/architecture.md, drawn from the imports that the code really has.

python docs/tools/layers.py          # writes it in place
"""

import ast
import re
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
PLACE = re.compile(r"(?<=<!-- layers -->\n).*?(?=<!-- end of layers -->)", re.S)
SIBLINGS = re.compile(r"\s*\|\s*")


def layers() -> list[list[str]]:
    """Return the packages of each layer of the contract in pyproject.toml, from the top down."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (rows,) = (c["layers"] for c in contracts["tool"]["importlinter"]["contracts"] if "layers" in c)
    return [SIBLINGS.split(row) for row in rows]


def diagram() -> str:
    """Return a Markdown table: each package, what it says of itself, and the packages it imports."""
    graph = grimp.build_graph("workbench", "app", "analyses", exclude_type_checking_imports=False)
    packages = [name for row in layers() for name in row]
    lines = ["| layer | package | holds | imports |", "| --- | --- | --- | --- |"]
    for number, row in enumerate(layers()):
        for name in row:
            imported = [other for other in packages if other != name and _uses(graph, name, other)]
            shown = ", ".join(f"`{_short(other)}`" for other in imported) or "nothing"
            lines.append(f"| {len(layers()) - number} | `{_short(name)}` | {_holds(name)} | {shown} |")
    return "\n".join(lines) + "\n"


def _uses(graph: grimp.ImportGraph, name: str, other: str) -> bool:
    """Say whether any module of one package imports any of the other."""
    inner = {name, *graph.find_descendants(name)}
    targets = {other, *graph.find_descendants(other)}
    return any(graph.find_modules_directly_imported_by(module) & targets for module in inner)


def _holds(name: str) -> str:
    """Return the first line of the package's own docstring."""
    path = ROOT / name.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0].rstrip(".")


def _short(name: str) -> str:
    return name.removeprefix("workbench.")


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(PLACE.sub(lambda _: diagram(), page), encoding="utf-8")
