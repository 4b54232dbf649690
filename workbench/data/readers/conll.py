"""CoNLL's columns: a token a line, a blank line between texts, BIO tags in one of the columns."""

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import listed
from workbench.data.rationales.forms import tag_spans
from workbench.data.readers.conll_columns import (
    ENDINGS,
    ColumnText,
    column_number,
    column_texts,
    token_column,
)
from workbench.data.rows import (
    Annotation,
    Row,
    Table,
    checked_label,
    checked_text,
    corpus_name,
    single_texts,
    split_of,
)
from workbench.errors import InputError


@register_reader(
    name="conll",
    description="Columns as in CoNLL: a token and its BIO tag a line; the class in `# label = ...`",
    rationales="annotated",
    usage=", data.path",
    any_texts=True,
    endings=ENDINGS,
)
def load_conll(settings: DataSettings) -> Table:
    """Return the texts of `data.path` (a file, or a folder of train, dev and test) or of `data.paths`.

    Columns stand between tabs, or else between spaces. The first has the token, the last the tag, unless
    `data.text_column` and `data.rationale_column` are numbers of columns, from 0 on; several numbers
    between commas (`2,3,4`) are the columns of several annotators. Comments before a text say the rest:
    `# label = good`, `# id = one`; `data.label_column`, `id_column` and `split_column` name other keys.
    Tags are BIO, BIOES or BILOU, of the types in `data.rationale_labels` where that is set. Lines that
    begin with -DOCSTART- are skipped. Raises InputError, naming file and line, for a text without a
    label, a column that is not there and a tag of another form.
    """
    single_texts(settings)
    token = token_column(settings)
    tags = [column_number(part) for part in (settings.rationale_column or "-1").split(",")]
    rows: dict[str, list[Row]] = {}
    for file_split, row_id, text in column_texts(settings):
        split, row = _row(text, token, tags, settings, row_id)
        rows.setdefault(file_split or split, []).append(row)
    if not rows:
        raise InputError(f"{settings.path or corpus_name(settings)}: holds no texts")
    return Table(corpus_name(settings), rows, annotated=True, units="token")


def _row(
    text: ColumnText, token: int, tags: list[int], settings: DataSettings, row_id: str
) -> tuple[str, Row]:
    key = settings.label_column
    if key not in text.said:
        raise InputError(
            f"{text.place}: no class: the line `# {key} = ...` is missing above the text (there are:"
            f" {listed(text.said) or 'none'}; data.label_column names another)"
        )
    label = checked_label(text.said[key], f"{text.place}: {key}")
    split = split_of(text.said, settings.split_column, text.place)
    annotations = tuple(
        Annotation(
            _marks(text, column, settings),
            annotator=f"column {column}" if len(tags) > 1 else "",
        )
        for column in tags
    )
    joined = checked_text(" ".join(text.tokens(token)), f"{text.place}: the text")
    return split, Row(text.id(settings, row_id), joined, label, text.place, annotations=annotations)


def _marks(text: ColumnText, column: int, settings: DataSettings) -> tuple[tuple[int, int], ...]:
    tags = []
    for where, tag in text.tags(column):
        tag_spans([tag], None, where)
        tags.append(tag)
    return tag_spans(tags, settings.rationale_labels, text.place)
