"""Controls of what-if: thresholds, budgets, and single tokens forced."""

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

from app.choices import choice, clear, several, slider, switch
from app.shared import plain
from workbench.inference.what_if import Change, Outcome
from workbench.reporting.text.wording import method_name

_T = TypeVar("_T")
FORCED = {"dropped": "▼ out", "kept": "▲ stays"}
_THRESHOLD = "Factor on the score that a token needs to stay: above 1 more tokens go, below 1 fewer."
_RANKS = {
    "top": "ToP cuts by rank: each rank counts so many times, so that a gate closes at a rank that much "
    "smaller. A layer whose coarse gate is off cuts nothing at any factor; give it a budget.",
    "powerbert": "PoWER-BERT cuts by rank: the number of tokens that stay is divided by this.",
}
_BUDGET = (
    "Share of the text's tokens, rounded up, chosen by the method's own scores, [CLS] among them. What "
    "an earlier layer dropped stays away."
)


def wanted_change(method: str, own: Outcome, text_key: str) -> Change:
    """The change that the reader wants of `method`, whose own run gave `own`."""
    layers = own.record.layers
    scored = [layer for layer in range(layers) if own.scored[layer]]
    name = method_name(method)
    scale: tuple[float, ...] = ()
    budget: tuple[float | None, ...] = ()
    if not scored:
        st.caption(f"{name} scores no token: only tokens forced out change anything.")
    else:
        columns = st.columns(2, vertical_alignment="bottom")
        with columns[0]:
            what = choice("Change", ["thresholds", "token budget"], key="what", help="What to move.")
        with columns[1]:
            single = switch("One for all layers", key="single", default=True)
        if what == "thresholds":
            values = _by_layer(
                "Thresholds ×", "scale", scored, single, 4.0, _RANKS.get(method, _THRESHOLD)
            )
            scale = _spread(values, layers, 1.0, 1.0)
        else:
            values = _by_layer("Tokens kept, at most", "budget", scored, single, 1.0, _BUDGET)
            budget = _spread(values, layers, 1.0, None)
        silent = [str(layer) for layer in range(layers) if layer not in scored]
        if silent:
            where = ", ".join(silent)
            st.caption(f"{name} scores nothing in layer {where}: only tokens forced out go there.")
    kept, dropped, layer = _forced(own, text_key)
    return Change(scale, budget, frozenset(kept), frozenset(dropped), layer)


def _by_layer(
    name: str, key: str, layers: Sequence[int], single: bool, high: float, help: str
) -> dict[int, float]:
    if single:
        value = slider(name, 0.05, high, key=key, default=1.0, step=0.05, help=help)
        return dict.fromkeys(layers, value)
    columns, values = st.columns(min(4, len(layers))), {}
    for number, layer in enumerate(layers):
        with columns[number % len(columns)]:
            label, own = f"{name}, layer {layer}", f"{key}-{layer}"
            values[layer] = slider(label, 0.05, high, key=own, default=1.0, step=0.05, help=help)
    return values


def _spread(
    values: dict[int, float], layers: int, neutral: float, otherwise: _T
) -> tuple[float | _T, ...]:
    """An entry per layer, `otherwise` where there is none or it changes nothing; () for no change."""
    if set(values.values()) == {neutral}:
        return ()
    own = {layer: value for layer, value in values.items() if value != neutral}
    return tuple(own.get(layer, otherwise) for layer in range(layers))


def _forced(own: Outcome, text_key: str) -> tuple[list[int], list[int], int]:
    if st.session_state.setdefault("forced_of", text_key) != text_key:
        st.session_state["forced_of"] = text_key
        clear(FORCED)
    tokens = own.record.tokens

    def name(index: int) -> str:
        return f"{index} {tokens[index][:40]}"

    columns = st.columns([3, 3, 2, 2])
    with columns[0]:
        help = "Or click a token above the bands. [CLS] cannot go."
        dropped = several("Force out ▼", range(1, len(tokens)), key="dropped", format=name, help=help)
    with columns[1]:
        free = [index for index in range(len(tokens)) if index not in dropped]
        kept = several("Force to stay ▲", free, key="kept", format=name)
    with columns[2]:
        layer = choice("Out at", range(own.record.layers), key="drop_layer", help="At which layer.")
    with columns[3]:
        help = "What a click on a token above the bands does; a second click sets it free."
        choice("A click", list(FORCED), key="click", format=FORCED.__getitem__, help=help)
    return kept, dropped, layer


def changes_at_a_glance(before: Outcome, after: Outcome) -> None:
    """The main numbers, before and after."""
    label = before.predicted
    share = before.probabilities[label], after.probabilities[label]
    tokens = before.tokens.sum(), after.tokens.sum()
    flops = before.flops / 1e6, after.flops / 1e6
    took = before.milliseconds, after.milliseconds
    shown = [
        (f"P({label})", "{:.3f}", share, "Probability of the class predicted before the change.")
        if before.classes
        else (label, "{:.3f}", share, "The predicted value."),
        ("Tokens", "{:.0f}", tokens, "In self-attention, summed over the layers."),
        ("MFLOPs", "{:,.0f}", flops, "Million FLOPs as it ran, without padding."),
        ("ms", "{:.1f}", took, "Milliseconds of the packed model, median of rounds in turn."),
    ]
    for column, (name, form, (old, new), help) in zip(st.columns(len(shown)), shown, strict=True):
        was, now = (form.format(value) for value in (old, new))
        column.metric(plain(name), now, f"was {was}", "off", delta_arrow="off", help=help)
    if after.predicted != before.predicted:
        st.warning(plain(f"The prediction changes from {before.predicted} to {after.predicted}."))


def clicked(chart: str) -> None:
    """Force the token that was clicked on, or set it free again."""
    kind = st.session_state.get("click", "dropped")
    points = st.session_state[chart]["selection"]["points"]
    # A new key is a new chart, so that the same token can be clicked again.
    st.session_state["clicks"] = st.session_state.get("clicks", 0) + 1
    for point in points:
        token = point.get("customdata")
        token = token[0] if isinstance(token, list) else token
        if not isinstance(token, int) or (token == 0 and kind == "dropped"):
            continue
        for name in FORCED:
            held = list(st.session_state.get(name, []))
            if token in held:
                st.session_state[name] = [index for index in held if index != token]
            elif name == kind:
                st.session_state[name] = [*held, token]
