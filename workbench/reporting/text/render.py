"""Files of text from the templates of `reporting/templates`."""

import base64
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

_SPECIAL = re.compile(r"[\\|*`]|(?<=\])\(")


def render(template: str, **values: Any) -> str:
    """Fill in a template; `.html.j2` escapes every value, and a value that is missing is an error."""
    return _templates().get_template(template).render(**values)


def markdown_line(value: object) -> str:
    """Return a value as one line of Markdown that shows it as it stands: no cell's end, HTML, emphasis
    or link."""
    text = " ".join(str(value).split()).replace("&", "&amp;").replace("<", "&lt;")
    return _SPECIAL.sub(lambda match: "\\" + match[0], text)


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("workbench.reporting"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["line"] = markdown_line
    templates.filters["base64"] = _base64
    return templates


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode("ascii")
