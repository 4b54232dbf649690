"""Data: the corpus of a run, its counts, and single texts with their rationales."""

from functools import partial
from pathlib import Path

import streamlit as st

from app.choices import choice, switch, typed, value_range
from app.data.catalogue import stamp
from app.data.corpus import Shelf, histogram, matching, read_shelf
from app.data.downloads import View
from app.figures.corpus import histogram_figure
from app.marked import show_document
from app.screen import offer_downloads
from app.shared import chosen_run, is_dark, plain
from workbench.reporting.figures.corpus import draw_histogram
from workbench.reporting.text.wording import rationale_sentence
from workbench.runs.tables import read_run_data

MOST = 200
ANY = "any"
LENGTHS = "Texts by length in words, as the corpus splits them."
SHARES = "Texts by the share of their words that the human rationale marks; unannotated texts left out."


@st.cache_resource(max_entries=2, show_spinner="Reading the texts …")
def shelf_of(folder: str, stamps: object) -> Shelf:
    """The run's texts, read again when it changes."""
    return read_shelf(read_run_data(Path(folder)))


def histogram_view(shelf: Shelf, column: str, name: str, x: str, caption: str) -> View:
    """A histogram as it is shown and exported."""
    frame = histogram(shelf.texts, column)
    draws = partial(histogram_figure, frame, x), partial(draw_histogram, frame, x)
    return View(name, caption, frame, None, *draws)


def draw(view: View) -> None:
    """A figure with its caption."""
    assert view.figure is not None
    st.plotly_chart(view.figure(dark=is_dark()), theme=None, key=view.name, alt=view.caption)
    st.caption(plain(view.caption))


def chosen_label(shelf: Shelf) -> str | tuple[float, float] | None:
    """A class, or the lowest and highest value; None for any."""
    if len(shelf.corpus.labels) == 1:
        return value_range("Label", shelf.texts["label"], key="value", help="The true value.")
    label = choice("Label", [ANY, *shelf.corpus.labels], key="label", help="The true class.")
    return None if label == ANY else label


def search(shelf: Shelf) -> None:
    """Find texts, and look at one."""
    st.subheader("Texts")
    left, middle, right = st.columns(3)
    with left:
        split = choice("Split", [ANY, *shelf.corpus.splits], key="split", help="Whose texts to list.")
    with middle:
        label = chosen_label(shelf)
    with right:
        query = typed(
            "Search", key="search", most=200, help="Letter by letter, upper and lower case alike."
        )
    marked = switch("Only texts with a marked word", key="marked", help="Texts with human rationale.")
    found = matching(
        shelf.texts,
        split=None if split == ANY else split,
        label=label,
        query=query,
        only_marked=marked,
    )
    if found.empty:
        st.info("No text fits. Change the split, the label or the search.")
        return
    listed = found.head(MOST)
    st.text(
        f"{len(found):,} texts" + (f", the first {MOST} of them listed" if len(found) > MOST else "")
    )
    table = listed.assign(text=listed["text"].str.slice(0, 200), share=100 * listed["share"])
    st.dataframe(
        table.rename(columns={"share": "marked, % of words", "marked": "marked words"}),
        hide_index=True,
        height=250,
        width="stretch",
        alt="The texts found",
    )
    places = {f"{s}: {i}": (s, i) for s, i in listed[["split", "id"]].itertuples(index=False)}
    document = shelf.document(
        *places[choice("Text", list(places), key="document", help="Split and id of the text to read.")]
    )
    st.text(f"Label: {document.label}. " + rationale_words(document.rationale))
    show_document(document)


def rationale_words(rationale: object) -> str:
    """What is marked below, in words."""
    if rationale is None:
        return "Nobody annotated this text."
    return "Bold on colour: the human rationale." if rationale else "Annotated; nothing was marked."


run = chosen_run()
shelf = shelf_of(str(run.folder), stamp(run.folder))
st.text(f"{shelf.corpus.name}. {shelf.told}\n{rationale_sentence(run.config)}")
card = shelf.card.splits.join(shelf.card.classes.add_prefix("label "), how="left").reset_index()
st.subheader("Data card")
st.dataframe(card, hide_index=True, width="stretch", alt="Counts by split")
st.caption(
    "words_mean, _median, _max: words per text. rationale_share: marked words / words, mean over "
    "annotated texts. without_evidence: annotated texts with no marked word. all_rationale: texts "
    "marked whole."
)
with st.expander("Notes and shared texts"):
    st.text("\n".join(shelf.card.notes) or "No notes.")
    st.dataframe(shelf.card.leaks, hide_index=True, alt="Texts that two splits share")
    st.caption("texts: equal in both splits, upper case, spaces and punctuation aside.")
views = [
    histogram_view(shelf, "words", "lengths", "words per text", LENGTHS),
    histogram_view(shelf, "share", "rationale_shares", "marked share of the words", SHARES),
]
for column, view in zip(st.columns(2), views, strict=True):
    with column:
        draw(view)
search(shelf)
offer_downloads(
    View("data_card", f"Counts by split of {shelf.corpus.name}.", card), *views, title="Data"
)
