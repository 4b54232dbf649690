"""What if: the controls of a change, and what a run's models say of a text before and after it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from app.choices import choice, forget_on_change, several, slider, switch
from app.data.run_list import stamp
from app.live import run_once
from app.shared import cached, plain
from workbench.catalog.methods import METHODS
from workbench.errors import InputError
from workbench.inference.recorded_windows import record_windows
from workbench.inference.what_if import Change, Outcome, what_if
from workbench.reporting.text.wording import method_name
from workbench.runs.folder import Run
from workbench.runs.tables import RunData

FORCED = {"dropped": "▼ out", "kept": "▲ stays"}
_THRESHOLD = "Factor on the score that a token needs to stay: above 1 more tokens go, below 1 fewer."
_BUDGET = (
    "Share of the text's tokens, rounded up, chosen by the method's own scores, [CLS] among them. What "
    "an earlier layer dropped stays away."
)


def chosen_change(method: str, unchanged: Outcome, text_key: str) -> Change:
    """Let the reader choose what to change.

    Args:
        method: Whose decisions.
        unchanged: What its model gives as it is.
        text_key: Forced tokens are forgotten when it changes.
    """
    layers = unchanged.record.layers
    scored = [layer for layer in range(layers) if unchanged.scored[layer]]
    name = method_name(method)
    scale: tuple[float, ...] = ()
    budget: tuple[float | None, ...] = ()
    if not scored:
        st.caption(f"{name} scores no token: only tokens forced out change anything.")
    else:
        left, right = st.columns(2, vertical_alignment="bottom")
        kinds, help = ["thresholds", "token budget"], "What to move."
        what = choice("Change", kinds, key="what", help=help, at=left)
        single = switch("One for all layers", key="single", default=True, at=right)
        if what == "thresholds":
            note = METHODS[method].factor_note if method in METHODS else ""
            values = _by_layer("Thresholds ×", "scale", scored, single, 4.0, note or _THRESHOLD)
            scale = tuple(values.get(layer, 1.0) for layer in range(layers)) if values else ()
        else:
            values = _by_layer("Tokens kept, at most", "budget", scored, single, 1.0, _BUDGET)
            budget = tuple(values.get(layer) for layer in range(layers)) if values else ()
        undefined = [str(layer) for layer in range(layers) if layer not in scored]
        if undefined:
            where = ", ".join(undefined)
            st.caption(f"{name} scores nothing in layer {where}: only tokens forced out go there.")
    kept, dropped, layer = _forced(unchanged, text_key)
    return Change(scale, budget, frozenset(kept), frozenset(dropped), layer)


def _by_layer(
    name: str, key: str, layers: Sequence[int], single: bool, high: float, help: str
) -> dict[int, float]:
    """The value of each layer that is not 1, which changes nothing."""
    settings = {"default": 1.0, "step": 0.05, "help": help}
    if single:
        values = dict.fromkeys(layers, slider(name, 0.05, high, key=key, **settings))
    else:
        columns = st.columns(min(4, len(layers)))
        values = {
            layer: slider(
                f"{name}, layer {layer}", 0.05, high, key=f"{key}-{layer}",
                at=columns[number % len(columns)], **settings,
            )
            for number, layer in enumerate(layers)
        }  # fmt: skip
    return {layer: value for layer, value in values.items() if value != 1.0}


def _forced(unchanged: Outcome, text_key: str) -> tuple[list[int], list[int], int]:
    forget_on_change("forced_of", text_key, FORCED)
    tokens = unchanged.record.tokens

    def name(index: int) -> str:
        return f"{index} {tokens[index][:40]}"

    out, stay, at_layer, click = st.columns([3, 3, 2, 2])
    help = "Or click a token above the bands. [CLS] cannot go."
    dropped = several(
        "Force out ▼", range(1, len(tokens)), key="dropped", format=name, help=help, at=out
    )
    free = [index for index in range(len(tokens)) if index not in dropped]
    kept = several("Force to stay ▲", free, key="kept", format=name, at=stay)
    layers, help = range(unchanged.record.layers), "At which layer."
    layer = choice("Out at", layers, key="drop_layer", help=help, at=at_layer)
    help = "What a click on a token above the bands does; a second click sets it free."
    choice("A click", list(FORCED), key="click", format=FORCED.__getitem__, help=help, at=click)
    return kept, dropped, layer


def changes_at_a_glance(before: Outcome, after: Outcome) -> None:
    """Show the main numbers, before and after."""
    label = before.likeliest
    share = before.probabilities[label], after.probabilities[label]
    tokens = before.tokens.sum(), after.tokens.sum()
    flops = before.flops / 1e6, after.flops / 1e6
    took = before.milliseconds, after.milliseconds
    shown = [
        (
            f"P({label})",
            "{:.3f}",
            share,
            "Of what was likeliest before the change.",
        )
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


LONG = 1500
"""Tokens from which on a text is timed in one round instead of several."""


def has_model(run: RunData, method: str) -> bool:
    """Return whether the run holds the method's model."""
    return (run.folder / "models" / method / "config.json").is_file()


def open_model(run: RunData, method: str) -> tuple[Any, Any]:
    """Return a method's model and tokenizer; InputError naming what is missing or has changed."""
    if not has_model(run, method):
        raise InputError(
            f"this run has no model of {method_name(method)}: only recorded flows can be shown"
        )
    return _model(Run(run.folder).model_folder(method))


@cached(3, "Loading the model …")
def _model(folder: Path) -> tuple[Any, Any]:
    from workbench.models.classifier import load_classifier

    return load_classifier(folder)


def typed_windows(run: RunData, method: str, text: str, second: str | None) -> Sequence[Any]:
    """Return the windows of a typed text, as long as the run's own.

    Args:
        run: Whose model.
        method: Whose tokenizer.
        text: InputError for one without words.
        second: The second text of a pair.
    """
    from workbench.inference.explain import text_windows

    model, tokenizer = open_model(run, method)
    data = run.config.get("data")
    settings = data if isinstance(data, dict) else {}
    longest, segmenter = settings.get("max_tokens"), settings.get("segmenter", "unicode")
    return text_windows(model, tokenizer, text, second or None, longest, segmenter)


def unlike_texts(run: RunData, windows: dict[str, Sequence[Any]]) -> list[str]:
    """Say of which models the text is unlike those they were trained on: no pair, or one.

    Args:
        run: Whose models.
        windows: Of the text, by method.
    """
    from workbench.inference.pairs import seconds_of, unlike_training

    said = (unlike_training(open_model(run, m)[0], seconds_of(cut)) for m, cut in windows.items())
    return [sentence for sentence in said if sentence]


def run_windows(run: RunData, method: str, records: Sequence[Any]) -> Sequence[Any]:
    """Return the windows behind recorded scores.

    Args:
        run: Their run.
        method: Their model.
        records: The scores.
    """
    return record_windows(open_model(run, method)[1], records)


def outcomes(
    run: RunData, method: str, windows: Sequence[Any], change: Change
) -> tuple[Outcome, Outcome]:
    """Return the outcomes before and after a change, run now or remembered by this session.

    Args:
        run: Whose model.
        method: InputError where the run has no model of it.
        windows: Of one text.
        change: What is changed.
    """
    model, tokenizer = open_model(run, method)
    text = tuple(window.input_ids.tobytes() for window in windows)
    key = (str(run.folder), method, stamp(run.folder / "models" / method), text, change)
    total = sum(len(window.input_ids) for window in windows)
    parts = f"{total:,} tokens in {len(windows):,} windows" if len(windows) > 1 else f"{total} tokens"
    return run_once(
        key,
        f"Running {method_name(method)} on {parts} …",
        lambda: what_if(model, tokenizer, windows, change, repeats=1 if total > LONG else 5),
    )
