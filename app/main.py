"""The app's entry: `streamlit run app/main.py`, or better `workbench app`.

Layout only. `views/` has a file per page, `shared.py` and `choices.py` what all pages use, `screen.py`
what they show and export; `data/` computes the numbers without Streamlit, `figures/` draws.
"""

import logging

import streamlit as st

from app.shared import FIRST, VIEWS, problem, runs_root
from workbench.errors import WorkbenchError

st.set_page_config(page_title="Rationale Workbench", layout="wide", initial_sidebar_state="expanded")
pages = [
    st.Page(path, title=title, url_path=path.stem, default=path.stem == FIRST) for path, title in VIEWS
]
page = st.navigation(pages)
st.session_state["page"] = page.url_path or FIRST
st.session_state["keys"] = []
st.title(page.title)
try:
    runs_root()
    page.run()
except WorkbenchError as error:
    problem(str(error))
except Exception as error:
    logging.getLogger(__name__).exception("page %s", page.title)
    problem(
        f"This page failed ({type(error).__name__}: {error}). "
        "The terminal that runs the app has the details."
    )
