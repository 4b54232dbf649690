"""The one way from a configuration to texts."""

from collections.abc import Callable

from workbench.config.data import DataSettings
from workbench.core.documents import Corpus
from workbench.data.assembly import assemble
from workbench.data.readers.datasets_hub import load_hub
from workbench.data.readers.eraser import load_eraser
from workbench.data.readers.files import load_file
from workbench.data.readers.glue_tables import load_standard_table
from workbench.data.readers.hatexplain import load_hatexplain
from workbench.data.readers.imdb import load_imdb_folder
from workbench.data.readers.label_studio import load_label_studio
from workbench.data.readers.newsgroups import load_newsgroups
from workbench.data.readers.packaged import load_reviews
from workbench.data.readers.rows import Table

LOADERS: dict[str, Callable[[DataSettings], Table]] = {
    "rotten-tomatoes": load_reviews,
    "imdb": load_reviews,
    "eraser": load_eraser,
    "file": load_file,
    "hub": load_hub,
    "glue": load_standard_table,
    "agnews": load_standard_table,
    "dbpedia": load_standard_table,
    "imdb-folder": load_imdb_folder,
    "20newsgroups": load_newsgroups,
    "hatexplain": load_hatexplain,
    "label-studio": load_label_studio,
}
"""How the raw rows of each source are read."""


def load_corpus(settings: DataSettings) -> Corpus:
    """The documents that `settings` describe, with their rationales, in train, dev and test.

    Raises InputError, naming the file, line, row or id, for anything wrong with the data.
    """
    return assemble(LOADERS[settings.source](settings), settings)
