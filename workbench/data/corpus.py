"""The one way from a configuration to texts."""

from workbench.config.data import DataSettings
from workbench.core.documents import Corpus
from workbench.data.assembly import assemble
from workbench.data.sources import find_source


def load_corpus(settings: DataSettings) -> Corpus:
    """Return the documents that `settings` describe, with their rationales, in train, dev and test.

    Raises InputError, naming the file, line, row or id, for anything wrong with the data.
    """
    return assemble(find_source(settings.source).load(settings), settings)
