"""The token flow's parts on the screen and in print, and hostile strings in it."""

import json

import numpy as np
import pytest

from app.data.flows import Flow
from app.figures.drawing import in_print
from app.figures.token_flow import flow_figure
from tests.helpers.three_tokens import three_tokens

HOSTILE = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\u202edrow", "x" * 10_000)


@pytest.mark.parametrize("across", [True, False])
def test_bands_end_where_tokens_are_dropped(across: bool) -> None:
    limits = np.array([[0.1, 0.6, 0.1], [0.5, np.nan, 0.5]])
    flow = Flow("AdapLeR", three_tokens(), "pos 0.9, right", limits)
    figure = flow_figure([flow], across=across)
    (heat,) = (trace for trace in figure.data if trace.type == "heatmap")
    shown = ~np.isnan(np.array(heat.z, dtype=float))
    assert (shown if across else shown.T).tolist() == [[True, False, True], [True, False, False]]
    hovers = np.array(heat.text) if across else np.array(heat.text).T
    assert hovers[0, 1] == (
        "<b>good</b>, layer 0<br>dropped here<br>score 0.5000, threshold 0.6000<br>rank 1 of 3"
    )
    assert hovers[1, 1] == "<b>good</b>, layer 1<br>dropped at layer 0"
    traces = {trace.name: trace for trace in figure.data}
    assert len(traces["dropped"].x) == 2
    assert len(traces["rationale"].x) == 6 * (1 + across)
    assert list(traces["tokens"].customdata) == [0, 1, 2]
    assert traces["prediction"].text[0].strip().startswith("pos 0.9")


def test_long_texts_run_over_lines_and_lose_nothing() -> None:
    n = 300
    alive = np.ones((2, n), dtype=bool)
    tokens = tuple(f"word{index}" for index in range(n))
    record = three_tokens(tokens=tokens, word_index=np.arange(n), scores=np.ones((2, n)), kept=alive,
                          rationale=np.arange(n) % 7 == 0)  # fmt: skip
    flow = Flow("a", record)
    figure = flow_figure([flow, Flow("b", record)])
    heats = [trace for trace in figure.data if trace.type == "heatmap"]
    assert sum(np.array(heat.z).shape[1] for heat in heats) == 2 * n
    words = figure.data[0]
    assert list(words.text) == list(tokens)
    assert max(words.x) < figure.layout.xaxis.range[1] <= 73
    assert len(set(words.y)) == len(heats) / 2 > 10


@pytest.mark.parametrize("across", [True, False])
@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_tokens_are_shown_as_text(word: str, across: bool) -> None:
    record = three_tokens(tokens=("[CLS]", word, "film"))
    figure = flow_figure([Flow(f"AdapLeR {word}", record, word)], across=across)
    told = json.loads(figure.to_json())
    for trace in told["data"]:
        for text in np.array(trace.get("text", []), dtype=object).reshape(-1):
            assert "<script" not in text
            assert "<img" not in text
            assert "\u202e" not in text
            if trace["name"] in ("tokens", "score"):
                assert len(text) < 400


def test_headings_of_columns_are_broken_to_fit_a_narrow_page() -> None:
    names = [
        "dense · saliency",
        "AdapLeR · contribution predictor",
        "AdapLeR, what if",
        "ToP · ToP importance",
    ]
    record = three_tokens()

    def headings(flows: list[Flow], *traces: str) -> list[tuple[float, float, str]]:
        """x, y and text, flow by flow from the top."""
        drawn = [one for one in flow_figure(flows, across=False).data if one.name in traces]
        found = [spot for one in drawn for spot in zip(one.x, one.y, one.text, strict=True)]
        return sorted(
            (x, y, text.strip().removeprefix("<b>").removesuffix("</b>")) for x, y, text in found
        )

    said = "pos 0.981, wrong: label neg"
    one = [Flow(names[1], record, said)]
    assert [text for *_, text in headings(one, "flows")] == names[1].split(" · ")
    assert [text for *_, text in headings(one, "prediction", "more")] == [said]
    four = [Flow(name, record, said) for name in names]
    above, below = headings(four, "flows"), headings(four, "prediction", "more")
    assert " ".join(text for *_, text in above) == " ".join(names).replace(" · ", " ")
    assert " ".join(text for *_, text in below) == " ".join([said] * 4)
    assert max(len(text) for *_, text in above + below) <= 13
    assert max(y for _, y, _ in above) < min(y for _, y, _ in below)
    assert len({(x, y) for x, y, _ in above + below}) == len(above + below)


def test_a_deep_model_numbers_fewer_of_its_narrow_layers() -> None:
    def numbered(layers: int, flows: int) -> list[str]:
        record = three_tokens(scores=np.ones((layers, 3)), kept=None)
        figure = flow_figure([Flow("a", record)] * flows, across=False)
        return next(list(trace.text) for trace in figure.data if trace.name == "layers")

    assert numbered(12, 1) == [str(layer) for layer in range(12)]
    assert numbered(12, 4) == ["0", "2", "4", "6", "8", "10"] * 4
    assert numbered(24, 4) == ["0", "4", "8", "12", "16", "20"] * 4
    assert numbered(6, 4) == list("012345") * 4


def test_flows_of_different_texts_are_refused() -> None:
    other = three_tokens(tokens=("[CLS]", "bad", "film"))
    with pytest.raises(ValueError, match="one text"):
        flow_figure([Flow("a", three_tokens()), Flow("b", other)])


def test_the_printed_version_has_a_panel_per_line_and_flow() -> None:
    n = 90
    record = three_tokens(
        tokens=("w",) * n, word_index=np.arange(n), scores=np.ones((2, n)), rationale=None,
        kept=np.ones((2, n), dtype=bool),
    )  # fmt: skip
    figure = in_print([Flow("first", record, "pos 0.9"), Flow("second $x$", record)])
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[:2] == ["first: pos 0.9", r"second \$x\$"]
    assert titles[2] == "first, from token 40"
    assert len(titles) == 6
