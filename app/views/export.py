"""Export: what was on screen before, as files, and a link that opens it again."""

from functools import partial
from urllib.parse import urlencode

import streamlit as st

from app.data import downloads
from app.shared import FIRST, empty, plain

TABLES = (("CSV", "csv", "text/csv"), ("LaTeX", "tex", "text/x-tex"))
PICTURES = (("PNG", "png", "image/png"), ("SVG", "svg", "image/svg+xml"))
"""Label, file ending and MIME type."""

screen = st.session_state.get("screen")
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
    lambda: downloads.page(f"{screen.title} · Rationale Workbench", screen.views),
    f"{screen.path}.html",
    "text/html",
    on_click="ignore",
    help="Self-contained: figures can be hovered over without a network, about 5 MB with a figure.",
)
for view in screen.views:
    st.subheader(plain(view.name))
    st.caption(plain(view.caption))
    with st.container(horizontal=True):
        for label, ending, kind in (*TABLES, *(PICTURES if view.figure is not None else ())):
            name = f"{view.name}.{ending}"
            # Made when it is clicked on.
            make = partial(downloads.as_file, view, ending)
            st.download_button(label, make, name, kind, key=f"export-{name}", on_click="ignore")
    st.dataframe(view.formatted.head(100), hide_index=True, width="stretch", alt="The first 100 rows")
