"""Token flow for print: the report's example panels, a long text cut into lines."""

from collections.abc import Sequence
from dataclasses import replace

from app.data.flows import Flow
from workbench.reporting.figures.chart import CellMap
from workbench.reporting.figures.examples import Example, examples_map

TOKENS = 40
"""Tokens in a line."""


def flow_map(flows: Sequence[Flow]) -> CellMap:
    """Return all flows of one text, line by line, each line of `TOKENS` tokens under every flow."""
    whole = examples_map([Example("", "", {}, (flow.record,), flow.name) for flow in flows])
    panels = []
    for number, line in enumerate(zip(*(panel.lines(TOKENS) for panel in whole.panels), strict=True)):
        for flow, panel in zip(flows, line, strict=True):
            verdict = f"{': ' if flow.verdict else ''}{flow.verdict}"
            more = f", from token {number * TOKENS}" if number else verdict
            panels.append(replace(panel, title=flow.name + more))
    return replace(whole, panels=panels, width=min(TOKENS, whole.width))
