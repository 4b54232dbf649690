"""The one way from a configuration to texts."""

from collections.abc import Callable

from workbench.config import DataSettings
from workbench.data.assembly import assemble
from workbench.data.documents import Corpus
from workbench.data.eraser import load_eraser
from workbench.data.hatexplain import load_hatexplain
from workbench.data.hub import load_hub
from workbench.data.imdb_folder import load_imdb_folder
from workbench.data.label_studio import load_label_studio
from workbench.data.newsgroups import load_newsgroups
from workbench.data.own_files import load_file
from workbench.data.packaged import load_reviews
from workbench.data.rows import Table
from workbench.data.standard_tables import load_standard_table

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
