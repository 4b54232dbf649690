"""Tables for a page."""

from collections.abc import Collection, Iterable, Sequence

from markupsafe import Markup

_TAGS = {"best": "b", "second": "u"}


def html_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[tuple[str, str]]],
    caption: str,
    text_columns: Collection[str] = (),
) -> Markup:
    """A table element, every value escaped; a cell is its text and "", "best" or "second".

    Cells of `text_columns` have the class `text`.
    """
    kinds = [Markup(' class="text"') if name in text_columns else Markup("") for name in headings]
    head = Markup().join(
        Markup('<th scope="col"{}>{}</th>').format(kind, name)
        for kind, name in zip(kinds, headings, strict=True)
    )
    body = Markup("\n").join(
        Markup("<tr>{}</tr>").format(
            Markup().join(
                Markup("<td{}>{}</td>").format(kind, _marked(*cell))
                for kind, cell in zip(kinds, row, strict=True)
            )
        )
        for row in rows
    )
    return Markup(
        "<table>\n<caption>{}</caption>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}\n</tbody></table>"
    ).format(caption, head, body)


def _marked(text: str, mark: str) -> str | Markup:
    tag = _TAGS.get(mark)
    return Markup("<{0}>{1}</{0}>").format(Markup(tag), text) if tag else text
