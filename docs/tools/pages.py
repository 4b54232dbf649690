"""Hooks of the site: generated parts of pages, pages about the code, and files kept at the top level."""

import ast
import re
from pathlib import Path
from posixpath import normpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from reference import GENERATED, ROOT

TOP_LEVEL = {
    "contributing.md": ("Contributing", "CONTRIBUTING.md"),
    "changelog.md": ("Changelog", "CHANGELOG.md"),
    "data-sets.md": ("Data sets", "data/README.md"),
}
"""Page -> its name, and the file outside docs/ that it shows."""
PLACE = re.compile(r"^<!-- generated: ([a-z-]+) -->$", re.M)
LINK = re.compile(r"\[([^\]]*)\]\(([^)#:\s]+)(#[^)\s]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages made here into the navigation."""
    *first, development = config.nav
    more = [{title: page} for page, (title, source) in TOP_LEVEL.items() if (ROOT / source).is_file()]
    development["Development"] += more
    config.nav = [*first, {"API": [{room: _api_page(room)} for room in rooms()]}, development]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the API reference and those whose text lies outside docs/."""
    for room in rooms():
        files.append(File.generated(config, _api_page(room), content=api(room)))
    for page, (_, source) in TOP_LEVEL.items():
        if (ROOT / source).is_file():
            files.append(File.generated(config, page, content=relinked(source)))
    return files


def on_page_markdown(text: str, **_: object) -> str:
    """Fill in what `<!-- generated: NAME -->` stands for; KeyError for an unknown name."""
    return PLACE.sub(lambda match: GENERATED[match[1]](), text)


def rooms() -> list[str]:
    """List every package below `workbench` whose modules say what they are, by its dotted name."""
    folders = {path.parent for path in (ROOT / "workbench").rglob("*.py")}
    names = (".".join(folder.relative_to(ROOT).parts) for folder in folders)
    return sorted(name for name in names if modules_of(name))


def modules_of(room: str) -> list[str]:
    """List the dotted names of a package's own modules that have a docstring."""
    return [
        room if path.stem == "__init__" else f"{room}.{path.stem}"
        for path in sorted((ROOT / room.replace(".", "/")).glob("*.py"))
        if ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]


def _api_page(room: str) -> str:
    return f"api/{room}.md"


def api(room: str) -> str:
    """Write a page that shows every module of a package."""
    modules = (f"::: {name}\n    options: {{heading_level: 2}}" for name in modules_of(room))
    return "\n\n".join([f"# {room}", *modules]) + "\n"


def relinked(source: str) -> str:
    """Return a file from outside docs/, its links to pages of the site led there, others as words."""
    folder = Path(source).parent.as_posix()
    pages = {name: page for page, (_, name) in TOP_LEVEL.items()}

    def link(match: re.Match[str]) -> str:
        target = normpath(f"{folder}/{match[2]}")
        page = pages.get(target, target.removeprefix("docs/") if target.startswith("docs/") else None)
        return f"[{match[1]}]({page}{match[3] or ''})" if page else match[1]

    return LINK.sub(link, (ROOT / source).read_text(encoding="utf-8"))
