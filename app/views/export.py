"""Export: what was on screen before, as files, and a link that opens it again."""

from collections.abc import Callable
from urllib.parse import urlencode

import streamlit as st

from app.data import export
from app.data.downloads import View
from app.screen import last_screen
from app.shared import FIRST, empty, plain


def formats(view: View) -> list[tuple[str, str, str, Callable[[], str | bytes]]]:
    """Label, file ending, MIME type and maker of each file a view can become; made when asked for."""
    files: list[tuple[str, str, str, Callable[[], str | bytes]]] = [
        ("CSV", "csv", "text/csv", lambda: export.csv(view)),
        ("LaTeX", "tex", "text/x-tex", lambda: export.latex(view)),
    ]
    if view.printed is not None:
        files.append(("PNG", "png", "image/png", lambda: export.picture(view, "png")))
        files.append(("SVG", "svg", "image/svg+xml", lambda: export.picture(view, "svg")))
    return files


screen = last_screen()
if screen is None or not screen.views:
    empty("Nothing to export yet: look at another page first, then come back.")
st.text(f"What the page {screen.title} showed when you left it.")
st.subheader("Link to the view")
query = urlencode(screen.query, doseq=True)
base = (st.context.url or "").rsplit("/", 1)[0]
# The first page has no name of its own in addresses.
where = "" if screen.path == FIRST else screen.path
st.code(f"{base}/{where}{'?' + query if query else ''}", language=None, wrap_lines=True)
st.caption("Opens the same page with the same choices, where the app runs on the same folder of runs.")

st.subheader("All of it")
st.download_button(
    "One HTML page",
    lambda: export.page(f"{screen.title} · Rationale Workbench", screen.views),
    f"{screen.path}.html",
    "text/html",
    on_click="ignore",
    help="Self-contained: figures can be hovered over without a network, about 5 MB with a figure.",
)
for view in screen.views:
    st.subheader(plain(view.name))
    st.caption(plain(view.caption))
    with st.container(horizontal=True):
        for label, ending, kind, make in formats(view):
            name = f"{view.name}.{ending}"
            st.download_button(label, make, name, kind, key=f"export-{name}", on_click="ignore")
    st.dataframe(view.formatted.head(100), hide_index=True, width="stretch", alt="The first 100 rows")
