"""Controls whose values stand in the URL."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest


@pytest.fixture
def controls() -> Callable[..., AppTest]:
    """A page with one control of each kind, opened with a query."""

    def script() -> None:
        import streamlit as st

        from app.choices import choice, clear, several, slider, switch, typed

        st.session_state["keys"] = []
        if st.session_state.get("forget"):
            clear(["layer", "names"])
        st.session_state["values"] = [
            choice("Layer", [0, 1, 2], key="layer", default=2),
            several("Names", ["a b", "<i>", "c"], key="names", default=["c", "gone"], most=2),
            slider("Cut", 0.0, 2.0, key="cut", default=1.0),
            slider("Range", 0, 9, key="range", default=(2, 5)),
            switch("On", key="on", default=True),
            typed("Text", key="text", lines=3, most=3000),
        ]

    def opened(**query: str | list[str]) -> AppTest:
        app = AppTest.from_function(script)
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        assert not app.exception
        return app

    return opened


def values(app: AppTest) -> list[object]:
    return app.session_state["values"]


def test_defaults_and_the_url_they_make(controls: Callable[..., AppTest]) -> None:
    app = controls()
    assert values(app) == [2, ["c"], 1.0, (2, 5), True, ""]
    assert app.query_params["layer"] == "2"
    assert app.query_params["range"] == "2_5"


def test_what_is_chosen_comes_back_from_its_url(controls: Callable[..., AppTest]) -> None:
    app = controls()
    app.selectbox(key="layer").set_value(1)
    app.multiselect(key="names").set_value(["<i>", "a b"])
    app.slider(key="cut").set_value(0.25)
    app.slider(key="range").set_value((0, 9))
    app.toggle(key="on").set_value(False)
    app.text_area(key="text").set_value("größer & <b>").run()
    expected = [1, ["<i>", "a b"], 0.25, (0, 9), False, "größer & <b>"]
    assert values(app) == expected
    assert values(controls(**{key: app.query_params[key] for key in app.query_params})) == expected


def test_nothing_chosen_is_not_the_default(controls: Callable[..., AppTest]) -> None:
    app = controls()
    app.multiselect(key="names").set_value([]).run()
    assert app.query_params["names"] == ""
    assert values(controls(names=[""]))[1] == []


@pytest.mark.parametrize(
    "query",
    [
        {"layer": "7"},
        {"layer": "x"},
        {"names": ["a b", "gone"]},
        {"names": ["a b", "<i>", "c"]},
        {"cut": "2.5"},
        {"cut": "nan"},
        {"cut": "1_2"},
        {"range": "5_2"},
        {"range": "3"},
        {"range": "1_2_3"},
        {"range": "a_b"},
        {"on": "yes"},
        {"text": "x" * 3001},
    ],
)
def test_what_does_not_fit_is_the_default(
    controls: Callable[..., AppTest], query: dict[str, str | list[str]]
) -> None:
    assert values(controls(**query)) == [2, ["c"], 1.0, (2, 5), True, ""]


def test_a_text_too_long_for_a_link_stays_in_the_session(controls: Callable[..., AppTest]) -> None:
    app = controls(text="short")
    app.text_area(key="text").set_value("x" * 2500).run()
    assert values(app)[5] == "x" * 2500
    assert "text" not in app.query_params


def test_clear_brings_the_defaults_back(controls: Callable[..., AppTest]) -> None:
    app = controls(layer="0", names=["a b"], cut="0.5")
    app.session_state["forget"] = True
    app.run()
    assert values(app)[:3] == [2, ["c"], 0.5]


def test_sessions_share_nothing_typed(controls: Callable[..., AppTest]) -> None:
    one, other = controls(), controls()
    one.text_area(key="text").set_value("mine").run()
    other.run()
    assert values(one)[5] == "mine"
    assert values(other)[5] == ""
