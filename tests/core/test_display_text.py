"""Texts stay texts: in markdown, in Plotly, with direction marks and very long words."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.helpers.seen_html import Seen
from workbench.core.display_text import for_markdown, for_plotly, shortened, visible

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](http://example.com/x.png)",
    "**bold** _it_ `code` ~~gone~~ $x^2$ # head",
    ":red[x] :material/home: :smile: :orange-background[y]",
    "http://example.com www.example.com a@example.com",
    "1. item",
    "| a | b |\n|---|---|",
    "&lt;b&gt; \\* \\\\",
)


def rendered(markdown: str) -> Seen:
    seen = Seen()
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    seen.feed(parser.render(markdown))
    return seen


def check_letter_by_letter(text: str) -> None:
    markdown = for_markdown(text)
    seen = rendered(markdown)
    assert set(seen.tags) <= {"p"}
    assert seen.text.replace("\u2060", "").strip() == visible(text).replace("\u2060", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_is_shown_letter_by_letter(text: str) -> None:
    check_letter_by_letter(text)


@given(st.text(alphabet=st.characters(exclude_characters="\x00"), max_size=60))
def test_any_text_is_shown_letter_by_letter(text: str) -> None:
    check_letter_by_letter(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_looked_for_after_parsing_is_parted(text: str) -> None:
    # Streamlit turns addresses, short codes and directives in the parsed text into something else.
    shown = rendered(for_markdown(text)).text
    for found in ("://", "www.", "@example", ":smile:", ":material/", ":red["):
        assert found not in shown


@given(st.text(max_size=60))
def test_plotly_gets_no_tags(text: str) -> None:
    shown = for_plotly(text)
    assert "<" not in shown
    assert html.unescape(shown) == visible(text)


def test_direction_and_control_signs_are_named() -> None:
    assert visible("a\u202eb\x07c\ufeffd") == "a⟨U+202E⟩b⟨U+0007⟩c⟨U+FEFF⟩d"
    assert visible(" two\nlines\t") == "two lines"


def test_joiners_inside_emoji_and_scripts_stay() -> None:
    assert visible("👩\u200d🔬") == "👩\u200d🔬"


def test_a_word_of_10000_characters_is_shortened_and_says_so() -> None:
    assert shortened("x" * 200) == "x" * 200
    assert shortened("x" * 10_000) == "x" * 200 + "… (10,000 characters)"
