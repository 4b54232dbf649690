"""Data: the corpus of a run, its counts, and single texts with their rationales."""

import math

import streamlit as st

from app.choices import choice, switch, typed, value_range
from app.data.corpus import RunCorpus, histogram, read_run_corpus, with_label
from app.data.downloads import View
from app.data.texts import matching
from app.figures.charts import histogram_chart
from app.screen import offer_downloads, show_figure, show_table
from app.shared import cached, chosen_run, plain
from workbench.core.display_text import shortened
from workbench.core.documents import Document, mask
from workbench.core.task_type import NO_LABEL
from workbench.reporting.text.wording import capitalised, rationale_sentence

MOST = 200
ANY = "any"
HISTOGRAMS = {
    "words": (
        "lengths", "Texts by length in words, as the corpus splits them.", "words per text",
    ),
    "share": (
        "rationale_shares",
        "Texts by the share of their words that the human rationale marks; unannotated texts left out.",
        "marked share of the words",
    ),
}  # fmt: skip


corpus_of = cached(2, "Reading the texts …")(read_run_corpus)


def _search(texts: RunCorpus) -> None:
    """Find texts, and look at one."""
    st.subheader("Texts")
    left, middle, right = st.columns(3)
    split = choice(
        "Split", [ANY, *texts.corpus.splits], key="split", help="Whose texts to list.", at=left
    )
    label, values = ANY, None
    several = texts.corpus.task == "multi-label"
    if texts.corpus.has_values:
        help = "The true value."
        values = value_range("Label", texts.texts["label"], key="value", help=help, at=middle)
    else:
        labels = [ANY, *texts.corpus.labels, *([NO_LABEL] if several else [])]
        help = "A true label, alone or among others." if several else "The true class."
        label = choice("Label", labels, key="label", help=help, at=middle)
    help = "Letter by letter, upper and lower case alike."
    query = typed("Search", key="search", most=200, help=help, at=right)
    marked = switch("Only texts with a marked word", key="marked", help="Texts with human rationale.")
    every = texts.texts if label == ANY or not several else with_label(texts.texts, label)
    equal = {
        "split": None if split == ANY else split,
        "label": None if label == ANY or several else label,
    }
    between = {"label": values, "marked": (1, math.inf) if marked else None}
    found = matching(every, equal, between, query)
    if found.empty:
        st.info("No text fits. Change the split, the label or the search.")
        return
    listed = found.head(MOST)
    st.text(
        f"{len(found):,} texts" + (f", the first {MOST} of them listed" if len(found) > MOST else "")
    )
    table = listed.assign(text=listed["text"].str.slice(0, 200), share=100 * listed["share"])
    table = table.rename(columns={"share": "marked, % of words", "marked": "marked words"})
    show_table(table, "The texts found", height=250)
    places = {f"{s}: {i}": (s, i) for s, i in listed[["split", "id"]].itertuples(index=False)}
    help = "Split and id of the text to read."
    _show_document(texts.document(*places[choice("Text", list(places), key="document", help=help)]))


def _show_document(document: Document) -> None:
    """Show the words of a document as text; rationale is bold on colour. Two texts have a box each."""
    about = "Bold on colour: the human rationale."
    if not document.evidence:
        none = document.rationale is None
        about = "Nobody annotated this text." if none else "Annotated; nothing was marked."
    st.text(f"Label: {document.label or NO_LABEL}. {about}")
    words = [plain(shortened(word)) for word in (*document.words, *document.second)]
    marks = mask(document.rationale or (), len(words))
    shown = [
        f":orange-background[**{word}**]" if m else word for word, m in zip(words, marks, strict=True)
    ]
    for part in (shown[: len(document.words)], shown[len(document.words) :]):
        if part:
            st.container(border=True).markdown(" ".join(part))


run = chosen_run()
texts = corpus_of(run)
st.text(f"{texts.corpus.name}. {texts.origin}\n{rationale_sentence(run.config)}")
card = texts.card.splits.join(texts.card.classes.add_prefix("label "), how="left").reset_index()
st.subheader("Data card")
show_table(card, "Counts by split")
st.caption(
    "words_mean, _median, _max: words per text. rationale_share: marked words / words, mean over "
    "annotated texts. without_evidence: annotated texts with no marked word. all_rationale: texts "
    "marked whole."
)
for warning in texts.card.warnings:
    st.warning(capitalised(warning))
with st.expander("Notes and shared texts"):
    st.text("\n".join(texts.card.notes) or "No notes.")
    st.dataframe(texts.card.leaks, hide_index=True, alt="Texts that two splits share")
    st.caption("texts: equal in both splits, upper case, spaces and punctuation aside.")
views = []
for column, (measure, (name, caption, x)) in zip(st.columns(2), HISTOGRAMS.items(), strict=True):
    frame = histogram(texts.texts, measure)
    with column:
        views.append(show_figure(View(name, caption, frame, figure=histogram_chart(frame, x))))
_search(texts)
title = f"Counts by split of {texts.corpus.name}."
offer_downloads(View("data_card", title, card), *views, title="Data")
