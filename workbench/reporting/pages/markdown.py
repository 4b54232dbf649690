"""A report for a repository: Markdown beside its figures."""

from collections.abc import Mapping, Sequence

from workbench.reporting.figures.saving import Written
from workbench.reporting.pages.sections import LACKING, NO_SUMMARY, SECTIONS
from workbench.reporting.tables.markdown import cell
from workbench.reporting.tables.table import Table


def report_markdown(
    title: str,
    subtitle: str,
    notes: Sequence[str],
    sentences: Sequence[str],
    tables: Mapping[str, Table],
    figures: Mapping[str, Written],
    skipped: Sequence[str],
    config: str,
) -> str:
    """The page's text with figures as links relative to the run folder, settings at the end."""
    parts = [f"# {cell(title)}", cell(subtitle)]
    parts += [f"> {cell(note)}" for note in notes]
    parts += [
        "## Summary",
        _list(sentences) or f"Missing: {NO_SUMMARY}",
    ]
    for section in SECTIONS:
        shown = [_item(name, tables, figures) for name in section.names]
        if any(shown):
            parts += [f"## {section.title}", section.text, *shown]
    parts += ["## Examples", _item("examples", tables, figures) or "Missing: none of fitting length."]
    parts += ["## What was left out", _list(skipped) or "Nothing that the run recorded."]
    parts += [tables[name].markdown() for name in ("data", "counts") if name in tables]
    parts += ["## Settings", f"```yaml\n{config.rstrip()}\n```" if config else "Missing: config.yaml."]
    return "\n\n".join(part for part in parts if part) + "\n"


def _item(name: str, tables: Mapping[str, Table], figures: Mapping[str, Written]) -> str:
    """A table, a figure, what is said in their place, or nothing."""
    if name in tables:
        return tables[name].markdown()
    if name in figures:
        return f"![{name}](figures/{figures[name].png.name})\n\n{cell(figures[name].caption)}"
    return f"Missing: {LACKING[name]}" if name in LACKING else ""


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {cell(line)}" for line in lines)
