"""The one way from a configuration to texts."""

from workbench.config.data import DataSettings
from workbench.core.documents import Corpus
from workbench.data.assembly import assemble
from workbench.data.sources import find_source


def load_corpus(settings: DataSettings) -> Corpus:
    """Return the documents that `settings` describe, with their rationales, in train, dev and test.

    Raises InputError, naming the file, line, row or id, for anything wrong with the data.

    Example:
        >>> import workbench
        >>> corpus = workbench.load_corpus(workbench.load_config("runs/demo/config.yaml").data)
        >>> longest = max(corpus.splits["train"], key=lambda document: len(document.words))
    """
    return assemble(find_source(settings.source).load(settings), settings)
