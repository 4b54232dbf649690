"""The app's server imports ahead what pages need, and no torch with it."""

import subprocess
import sys

from tests.helpers.app_pages import ROOT

PROGRAM = """
import sys
from importlib import import_module
from app.serve import AHEAD
for name in AHEAD:
    import_module(name)
print("pandas" in sys.modules, "torch" in sys.modules)
"""


def test_what_is_imported_ahead_is_there_and_needs_no_torch() -> None:
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["True", "False"]
