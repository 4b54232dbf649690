"""Every Python file that README, CONTRIBUTING and docs name exists where they say."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.docs_blocks import FENCED, ROOT, markdown_files

FILES = {str(p.relative_to(ROOT)): p for p in markdown_files() if p.name != "CHANGELOG.md"}
NAMED = re.compile(r"`([\w./-]+/|[\w./-]*\w\.py)`")


def missing(text: str) -> Iterator[str]:
    """Files that exist neither below the root nor workbench/, nor in the folder named before them."""
    folder = ""
    for name in NAMED.findall(FENCED.sub("", text)):
        bases = ("", "workbench/", folder)
        if name.endswith("/"):
            folder = next((base + name for base in bases if (ROOT / base / name).is_dir()), folder)
        elif "NAME" not in name and not any((ROOT / base / name).is_file() for base in bases):
            yield name


@pytest.mark.parametrize("name", FILES)
def test_files_are_where_documents_say(name: str) -> None:
    text = FILES[name].read_text(encoding="utf-8")
    own = set(re.findall(r'title="([^"]+)"|"""(\w+\.py):|\b(my_\w+\.py)', text))
    examples = {part for parts in own for part in parts}
    assert [path for path in missing(text) if Path(path).name not in examples] == []


def test_what_is_missing_is_found() -> None:
    text = "`models/encoder.py`, `models/gone.py`, in `models/layouts/` `packed.py` and `encoder.py`"
    assert list(missing(text)) == ["models/gone.py", "encoder.py"]
