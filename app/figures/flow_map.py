"""Token flow for print: the report's example panels, a long text cut into lines."""

from collections.abc import Sequence
from dataclasses import replace

from app.data.flows import Flow
from workbench.core.token_scores import TokenScores
from workbench.reporting.figures.chart import CellMap
from workbench.reporting.figures.examples import Example, examples_map

TOKENS = 40
"""Tokens in a line."""


def flow_map(flows: Sequence[Flow]) -> CellMap:
    """Return all flows of one text, line by line, each line of `TOKENS` tokens under every flow."""
    n = len(flows[0].record.tokens)
    lines = [slice(start, min(start + TOKENS, n)) for start in range(0, n, TOKENS)]
    return examples_map(
        [
            Example(flow.record.text_id, "", {}, (_part(flow.record, line),), _heading(flow, line))
            for line in lines
            for flow in flows
        ]
    )


def _heading(flow: Flow, line: slice) -> str:
    if line.start:
        return f"{flow.name}, from token {line.start}"
    return f"{flow.name}{': ' if flow.verdict else ''}{flow.verdict}"


def _part(record: TokenScores, line: slice) -> TokenScores:
    return replace(
        record,
        tokens=record.tokens[line],
        word_index=record.word_index[line],
        scores=record.scores[:, line],
        kept=None if record.kept is None else record.kept[:, line],
        rationale=None if record.rationale is None else record.rationale[line],
    )
