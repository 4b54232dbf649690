"""Text from the files in `reporting/templates`: whole pages, and captions."""

import base64
import re
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from workbench.storage.visible import visible

_SPECIAL = re.compile(r"[\\|*`]|(?<=\])\(")


def render(template: str, **values: Any) -> str:
    """Fill in a template; `.html.j2` escapes every value, and a value that is missing is an error."""
    return _templates().get_template(template).render(**values)


def caption(name: str, **words: object) -> str:
    """Return what `templates/captions.yaml` has under `name`, with `words` in its braces."""
    return " ".join(_captions()[name].format(ranks=_captions()["ranks"], **words).split())


def markdown_line(value: object) -> str:
    """Return a value as one line of Markdown that shows it as it stands, whatever is in it."""
    text = visible(" ".join(str(value).split())).replace("&", "&amp;").replace("<", "&lt;")
    return _SPECIAL.sub(lambda match: "\\" + match[0], text)


@cache
def _captions() -> dict[str, str]:
    text = files("workbench.reporting").joinpath("templates", "captions.yaml").read_text("utf-8")
    captions: dict[str, str] = yaml.safe_load(text)
    return captions


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
    templates.filters["base64"] = lambda file: base64.b64encode(file.read_bytes()).decode("ascii")
    return templates
