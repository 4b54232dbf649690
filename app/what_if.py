"""Controls of what-if: thresholds, budgets, and single tokens forced."""

import streamlit as st
from choices import choice, clear, several, slider, switch

from workbench.reporting.wording import method_name
from workbench.viewing.whatif import Change, Outcome

FORCED = {"dropped": "▼ dropped", "kept": "▲ kept"}
_MEANS = {
    "top": "Ranks count so many times: ToP's gates close at a rank that much smaller. A layer whose coarse "
    "gate is off cuts nothing at any factor; give it a budget.",
    "powerbert": "Ranks count so many times: the number of tokens that stay is divided by it.",
}
_THRESHOLD = "Factor on the score that a token needs to stay: above 1 more tokens go, below 1 fewer."


def wanted_change(method: str, own: Outcome, text_key: str) -> Change:
    """The change that the reader wants of `method`, whose own run gave `own`."""
    layers = own.record.layers
    scored = [layer for layer in range(layers) if _speaks(own, layer)]
    scale, budget = (1.0,) * layers, (None,) * layers
    if scored:
        what = choice("Change", ["thresholds", "token budget"], key="what",
                      help="A factor on what the method asks for, or a share of tokens of its choice.")  # fmt: skip
        single = switch("One for all layers", key="single", default=True)
        if what == "thresholds":
            scale = _by_layer("threshold ×", "scale", scored, layers, single, 1.0, 1.0,
                              0.1, 4.0, _MEANS.get(method, _THRESHOLD))  # fmt: skip
        else:
            budget = _by_layer("keep at most, share", "budget", scored, layers, single, 1.0, None,
                               0.05, 1.0, "Share of the text's tokens, by the method's own scores, [CLS] "
                               "among them. A layer never brings back what an earlier one dropped.")  # fmt: skip
        silent = [str(layer) for layer in range(layers) if layer not in scored]
        if silent:
            st.caption(
                f"{method_name(method)} scores nothing in layer {', '.join(silent)}: nothing to change."
            )
    else:
        st.caption(f"{method_name(method)} scores no token: only tokens forced out change anything.")
    kept, dropped, layer = _forced(own, text_key)
    return Change(
        () if set(scale) == {1.0} else scale,
        () if set(budget) == {None} else budget,
        frozenset(kept),
        frozenset(dropped),
        layer,
    )


def _speaks(own: Outcome, layer: int) -> bool:
    scores = own.record.scores[layer]
    return bool((scores == scores).any())


def _by_layer(name, key, scored, layers, single, default, otherwise, low, high, help):  # type: ignore[no-untyped-def]
    """A value for each layer; `otherwise` where the method scores nothing."""
    if single:
        value = slider(name, low, high, key=key, default=default, step=0.05, help=help)
        values = dict.fromkeys(scored, value)
    else:
        values = {}
        columns = st.columns(min(4, len(scored)))
        for number, layer in enumerate(scored):
            with columns[number % len(columns)]:
                values[layer] = slider(f"layer {layer}: {name}", low, high, key=f"{key}-{layer}",
                                       default=default, step=0.05, help=help)  # fmt: skip
    return tuple(values.get(layer, otherwise) for layer in range(layers))


def _forced(own: Outcome, text_key: str) -> tuple[list[int], list[int], int]:
    if st.session_state.setdefault("forced_of", text_key) != text_key:
        st.session_state["forced_of"] = text_key
        clear(FORCED)
    tokens = own.record.tokens
    columns = st.columns([2, 2, 1])
    with columns[0]:
        dropped = several("Force out ▼", range(1, len(tokens)), key="dropped",
                          format=lambda i: f"{i} {tokens[i][:40]}",
                          help="Or click a token above the bands. [CLS] cannot go.")  # fmt: skip
    with columns[1]:
        free = [index for index in range(len(tokens)) if index not in dropped]
        kept = several("Force to stay ▲", free, key="kept", format=lambda i: f"{i} {tokens[i][:40]}")
    with columns[2]:
        layer = choice("Out at layer", range(own.record.layers), key="drop_layer")
        choice("A click", list(FORCED), key="click", format=lambda kind: FORCED[kind])
    return kept, dropped, layer


def clicked(chart: str) -> None:
    """Force the token that was clicked on, or set it free again."""
    kind = st.session_state.get("click", "dropped")
    points = st.session_state[chart]["selection"]["points"]
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
