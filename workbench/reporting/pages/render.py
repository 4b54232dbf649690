"""From a template, tables and figures to one self-contained page."""

import base64
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, StrictUndefined

from workbench.reporting.figures.saving import Written


def render(template: str, figures: Mapping[str, Written], **values: Any) -> str:
    """`template` with the figures' pictures in it; every value is escaped, a missing one is an error."""
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    images = {
        name: {"caption": one.caption, "base64": base64.b64encode(one.png.read_bytes()).decode("ascii")}
        for name, one in figures.items()
    }
    return page.from_string(template).render(figures=images, **values)
