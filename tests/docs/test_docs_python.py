"""Python that README and docs show outside the cookbook runs on a finished run."""

from pathlib import Path

import pytest

from tests.helpers.docs_blocks import (
    ROOT,
    fenced,
    indented_python,
    markdown_files,
    python_blocks,
    run_python,
)

ELSEWHERE = {
    "cookbook.md": "test_cookbook.py",
    "adding-a-method.md": "test_adding_a_method.py",
    "adding-a-scorer.md": "test_adding_a_scorer.py",
    "adding-a-reader.md": "test_adding_a_reader.py",
}
"""Files whose Python other tests run, block by block."""
INDENTED = {
    str(path.relative_to(ROOT)): indented_python(path)
    for path in markdown_files()
    if indented_python(path)
}


@pytest.mark.parametrize("name", INDENTED)
def test_indented_python_runs(name: str, kitchen: Path) -> None:
    for code in INDENTED[name]:
        run_python(code, name, {"texts": ["the film is warm .", "a film ."]})


def test_every_python_block_has_a_test() -> None:
    for path in markdown_files():
        if python_blocks(path):
            assert path.name in ELSEWHERE
            assert list((ROOT / "tests").rglob(ELSEWHERE[path.name]))
    assert "README.md" in INDENTED


def test_blocks_are_found_whole() -> None:
    text = '```python\na = 1\n\nb = 2\n```\n\n```yaml title="x.yaml"\nc: 1\n```\n'
    assert [tuple(block) for block in fenced(text)] == [
        ("python", "", "a = 1\n\nb = 2\n"),
        ("yaml", "x.yaml", "c: 1\n"),
    ]


def test_an_indented_block_keeps_its_empty_lines(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(
        "Text\n\n    import re\n\n    re.purge()\n\nMore\n\n    not python\n", encoding="utf-8"
    )
    (code,) = indented_python(path)
    assert "import re\n\nre.purge()" in code
