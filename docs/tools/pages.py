"""Hooks of the site: generated parts of pages, pages about the code, and files kept at the top level."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import normpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from reference import GENERATED, ROOT

TOP_LEVEL = {
    "contributing.md": ("Contributing", "CONTRIBUTING.md"),
    "changelog.md": ("Changelog", "CHANGELOG.md"),
    "data.md": ("Data", "data/README.md"),
}
"""Page -> its name, and the file outside docs/ that it shows."""
ROOMS = {
    "Top level": "workbench/*.py",
    "Data": "workbench/data/*.py",
    "Models": "workbench/models/*.py",
    "Layouts": "workbench/models/layouts/*.py",
    "Policies": "workbench/models/policies/*.py",
    "Training": "workbench/training/**/*.py",
    "Attribution": "workbench/attribution/*.py",
    "Evaluation": "workbench/evaluation/*.py",
    "Pipeline": "workbench/pipeline/*.py",
    "Exchange": "workbench/exchange/*.py",
    "Reporting": "workbench/reporting/**/*.py",
}
"""A page of the API reference -> its modules."""
PLACE = re.compile(r"<!-- generated: (\S+) -->")
LINK = re.compile(r"(\]\()([^)#:\s]+)(#[^)\s]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages made here into the navigation."""
    *first, development = config.nav
    more = [{title: page} for page, (title, source) in TOP_LEVEL.items() if (ROOT / source).is_file()]
    development["Development"] += more
    config.nav = [*first, {"API": [{room: _api_page(room)} for room in ROOMS]}, development]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the API reference and those whose text lies outside docs/."""
    for room, pattern in ROOMS.items():
        files.append(File.generated(config, _api_page(room), content=api(room, pattern)))
    for page, (_, source) in TOP_LEVEL.items():
        if (ROOT / source).is_file():
            files.append(File.generated(config, page, content=relinked(source)))
    return files


def on_page_markdown(text: str, **_: object) -> str:
    """Fill in what `<!-- generated: NAME -->` stands for; KeyError for an unknown name."""
    return PLACE.sub(lambda found: GENERATED[found[1]](), text)


def _api_page(room: str) -> str:
    return f"api/{room.lower().replace(' ', '-')}.md"


def api(room: str, pattern: str) -> str:
    """A page that shows every module of a room that has a docstring."""
    modules = "\n\n".join(
        f"::: {name}\n    options: {{heading_level: 2}}" for name in modules_of(pattern)
    )
    return f"# {room}\n\n{modules}\n"


def modules_of(pattern: str) -> Iterator[str]:
    """Dotted names of the modules that say what they are."""
    for path in sorted(ROOT.glob(pattern)):
        if ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def relinked(source: str) -> str:
    """A file from outside docs/ whose links lead to the site's pages; others are left as plain text."""
    folder = Path(source).parent.as_posix()
    pages = {name: page for page, (_, name) in TOP_LEVEL.items()}

    def link(found: re.Match[str]) -> str:
        target = normpath(f"{folder}/{found[2]}")
        page = pages.get(target, target.removeprefix("docs/") if target.startswith("docs/") else None)
        return f"{found[1]}{page}{found[3] or ''})" if page else found[0]

    return LINK.sub(link, (ROOT / source).read_text(encoding="utf-8"))
