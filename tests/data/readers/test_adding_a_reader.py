"""The example of docs/adding-a-reader.md does what it says, also as a plug-in of the command."""

import pytest

from tests.helpers.docs_blocks import ROOT, python_blocks
from workbench.catalog.plugins import load_plugins, unload_plugins
from workbench.catalog.readers import READERS, register_reader
from workbench.config.data import DataSettings
from workbench.core.documents import Span
from workbench.data.corpus import load_corpus
from workbench.data.rows import Table
from workbench.data.sources import data_settings
from workbench.errors import InputError

DOCUMENT = ROOT / "docs" / "adding-a-reader.md"
LINES = "pos\ta <<fine>> film\nneg\ta <<dull>> film\npos\twarm and witty\n"


@pytest.fixture
def plugin(tmp_path):
    (code,) = python_blocks(DOCUMENT)
    path = tmp_path / "angles.py"
    path.write_text(code, encoding="utf-8")
    yield path
    unload_plugins()
    assert "angles" not in READERS


def test_it_reads_marks_and_names_a_bad_line(plugin, tmp_path):
    load_plugins([plugin])
    file = tmp_path / "reviews.angles"
    file.write_text(LINES, encoding="utf-8")
    settings = data_settings(str(file))
    assert (settings.source, settings.rationales) == ("angles", "annotated")
    documents = {one.id: one for members in load_corpus(settings).splits.values() for one in members}
    assert documents["line-1"].words == ("a", "fine", "film")
    assert documents["line-1"].rationale == (Span(1, 2),)
    assert documents["line-3"].rationale == ()
    file.write_text(LINES + "no tab\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"reviews\.angles:4: no tab"):
        load_corpus(settings)


def test_the_command_takes_it(plugin, tmp_path, workbench):
    file = tmp_path / "reviews.angles"
    file.write_text(LINES, encoding="utf-8")
    answer = workbench("data", "check", file, "--plugin", plugin)
    assert answer.code == 0
    assert "rationales: annotated spans" in answer.out
    unload_plugins()
    assert workbench("data", "check", file).code == 2


def test_an_unknown_reader_is_answered_with_the_nearest():
    with pytest.raises(InputError, match=r"unknown reader 'lable-studio' .*did you mean label-studio"):
        load_corpus(DataSettings(source="lable-studio"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "file", "description": "x"}, "the reader 'file' is registered already, at"),
        ({"name": "An Own", "description": "x"}, "lower-case letters"),
        ({"name": "own"}, "description"),
        ({"name": "own", "description": "x", "endngs": ()}, "endngs"),
        ({"name": "own", "description": "x", "rationales": "some"}, "rationales"),
    ],
)
def test_a_wrong_declaration_names_its_line(fields, message):
    with pytest.raises(InputError, match=message) as error:
        register_reader(**fields)(lambda settings: None)
    assert "test_adding_a_reader.py:" in str(error.value)
    assert "own" not in READERS


def test_rows_of_no_split_are_refused():
    with pytest.raises(InputError, match=r"^own: rows of a split 'training'; they are train, dev, test"):
        Table("own", {"training": []})
