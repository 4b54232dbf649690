"""Export: what was on screen before, as files, and a link that opens it again."""

from urllib.parse import urlencode

import streamlit as st
from screen import last_screen
from shared import empty, plain

from workbench.viewing import export

screen = last_screen()
if screen is None or not screen.views:
    empty("Nothing to export yet: look at another page first, then come back.")
st.text(f"What the page {screen.title} showed when you left it.")
st.subheader("Link to the view")
query = urlencode(screen.query, doseq=True)
base = (st.context.url or "").rsplit("/", 1)[0]
st.code(f"{base}/{screen.path}{'?' + query if query else ''}", language=None, wrap_lines=True)
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
    formats = [("CSV", "csv", "text/csv", lambda v=view: export.csv(v)),
               ("LaTeX", "tex", "text/x-tex", lambda v=view: export.latex(v))]  # fmt: skip
    if view.printed is not None:
        formats += [("PNG", "png", "image/png", lambda v=view: export.picture(v, "png")),
                    ("SVG", "svg", "image/svg+xml", lambda v=view: export.picture(v, "svg"))]  # fmt: skip
    with st.container(horizontal=True):
        for label, ending, kind, make in formats:
            st.download_button(
                label,
                make,
                f"{view.name}.{ending}",
                kind,
                key=f"{view.name}-{ending}",
                on_click="ignore",
            )
    st.dataframe(view.formatted.head(100), hide_index=True, width="stretch", alt="The first 100 rows")
