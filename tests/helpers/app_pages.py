"""What the app's tests share beside their fixtures."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "app" / "main.py"
OpenPage = Callable[..., AppTest]
"""What the fixture `open_page` gives."""


def check_clean(app: AppTest) -> AppTest:
    """No exception and no error on the page; returns it."""
    assert not app.exception
    assert [error.value for error in app.error] == []
    return app


def said(page: AppTest) -> str:
    """All plain sentences on the page."""
    parts = [*page.text, *page.info, *page.caption, *page.error]
    return "\n".join(part.value.replace("\\", "") for part in parts)


def figures(page: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


def values_of(packed: object) -> np.ndarray:
    """Plotly packs numbers in base 64."""
    if not isinstance(packed, dict):
        return np.array(packed, dtype=float)
    flat = np.frombuffer(base64.b64decode(packed["bdata"]), dtype=packed["dtype"])
    return (
        flat.reshape([int(part) for part in packed["shape"].split(",")]) if "shape" in packed else flat
    )
