"""What the app's tests share beside their fixtures."""

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

TESTS = Path(__file__).parents[1]
MAIN = TESTS.parent / "app" / "main.py"
OpenPage = Callable[..., AppTest]
"""What the fixture `open_page` gives."""


def check_clean(app: AppTest) -> AppTest:
    """No exception and no error on the page; returns it."""
    assert not app.exception
    assert [error.value for error in app.error] == []
    return app
