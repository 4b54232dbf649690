"""The parts of the documentation that are made from the code when the site is built."""

import ast
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from typer import Context
from typer.cli import get_docs_for_click
from typer.main import get_command

from workbench.attribution.registry import refused_because
from workbench.catalog.backbones import BACKBONES
from workbench.catalog.scorers import SCORERS
from workbench.cli.program import app
from workbench.config.describing import A_RUNS, Kind, configuration_class, one_line, sections_of
from workbench.metrics.registry import (
    AGREEMENT,
    ANNOTATED,
    DIVERGENCES,
    FAITHFULNESS,
    LISTED,
    METRICS,
    SOFT,
    Metric,
)
from workbench.metrics.schemas import RUN_TABLES
from workbench.metrics.table_schema import COLUMNS
from workbench.models.backbones import backbone_class

ROOT = Path(__file__).parents[2]


def configuration() -> str:
    """Describe every key of the kinds of configuration, a table per section."""
    titles: dict[Kind, str] = {
        "run": "A run", "compare": "A comparison", "answer": "Question answering",
        "tag": "Token classification",
    }  # fmt: skip
    lines: list[str] = []
    for kind, title in titles.items():
        lines.append(f"## {title}")
        for section in sections_of(configuration_class(kind)):
            lines += [f"### {section.name}"] if section.name else []
            rows = ({"key": f"`{key.name}`", "takes": key.takes, "default": _default(key.default),
                     "what it does": _line(key.meaning)} for key in section.keys)  # fmt: skip
            lines.append(f"\n{_line(section.about)}\n\n{_table(rows)}\n")
    return "\n".join(lines)


def _default(shown: str) -> str:
    return shown if shown == A_RUNS else f"`{shown}`"


def _table(rows: Iterable[dict[str, str]]) -> str:
    """Rows of the same columns, whose cells are Markdown already, as a table."""
    rows = list(rows)
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _line(text: str | None) -> str:
    """One line that may stand in a table."""
    return one_line(text).replace("|", "\\|")


def command_line() -> str:
    """Describe every command with its options, as typer itself writes them."""
    command = get_command(app)
    text = get_docs_for_click(obj=command, ctx=Context(command), name="workbench", title="workbench")
    return "\n".join(map(_escaped, text.partition("\n")[2].splitlines()))


def _escaped(line: str) -> str:
    """`<` outside code spans is no HTML here."""
    parts = re.split(r"(`[^`]*`)", line)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)


def _metrics(metrics: Iterable[Metric], columns: int = 4) -> str:
    """Metrics with their first columns: name, what, range, better; then what is agreement's own."""
    return _table(dict([*_metric_row(metric).items()][:columns]) for metric in metrics)


def _metric_row(metric: Metric) -> dict[str, str]:
    better = {True: "higher", False: "lower", None: "neither"}[metric.higher_is_better]
    high = "∞" if metric.high == float("inf") else f"{metric.high:g}"
    low = "-∞" if metric.low == float("-inf") else f"{metric.low:g}"
    return {
        "name": f"`{metric.name}`",
        "what": metric.label,
        "range": f"{low} to {high}",
        "better": better,
        "needs": metric.needs,
        "over": metric.over,
        "a text of one class": metric.one_class,
        "against ERASER's scorer": metric.eraser or "–",
    }


def metric_tables() -> str:
    """The tables of a run's metrics/: what they hold, what their rows are about, and their numbers."""
    return _table(
        {
            "table": f"`{name}`",
            "what it holds": schema.about,
            "a row is about": ", ".join(f"`{column}`" for column in schema.keys),
            "its numbers": ", ".join(f"`{column}`" for column in schema.values),
        }
        for name, schema in RUN_TABLES.items()
    )


def metric_columns() -> str:
    """Every column of those tables."""
    used = {column for schema in RUN_TABLES.values() for column in schema.columns}
    return _table(
        {"column": f"`{name}`", "what it means": meaning}
        for name, (_, meaning) in COLUMNS.items()
        if name in used
    )


def scorers() -> str:
    """Show each scorer of the catalogue: what it scores, how it runs, and what may be asked of it."""
    layers = {"all": "all layers", "input": "the input only", "some": "the layers it cuts at"}
    runs = {
        "layers": "a pass shared with others", "task": "batches", "layer_input": "each layer's input",
        "switches": "changed texts", "window": "no model",
    }  # fmt: skip
    return _table(
        {
            "name": f"`{name}`",
            "title": _line(spec.title),
            "scores": _line(spec.description),
            "model": spec.method or "any",
            "runs on": runs[spec.takes],
            "layers": layers[spec.rows],
            "signed": "yes" if spec.signed else "no",
            "options": ", ".join(f"`{option}`" for option in sorted(spec.supported_options)),
        }
        for name, spec in SCORERS.items()
    )


def scorers_by_backbone() -> str:
    """Show which scorer explains which family's models; families of the same answers share a column."""
    families = [backbone_class(name) for name in BACKBONES]
    answers = {
        family.title: tuple(refused_because(spec, family) for spec in SCORERS.values())
        for family in families
    }
    columns = {column: [t for t in answers if answers[t] == column] for column in answers.values()}
    return _table(
        {
            "scorer": f"`{name}`",
            **{
                ", ".join(titles): "yes" if column[number] is None else f"no: it {column[number]}"
                for column, titles in columns.items()
            },
        }
        for number, name in enumerate(SCORERS)
    )


def analyses() -> str:
    """Show each script of analyses/ with its own description."""
    parts = []
    for path in sorted((ROOT / "analyses").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if '__name__ == "__main__"' in text:
            name, doc = path.relative_to(ROOT / "analyses"), ast.get_docstring(ast.parse(text))
            parts.append(f"## {name}\n\n```text\n{doc}\n```")
    return "\n\n".join(parts)


GENERATED: dict[str, Callable[[], str]] = {
    "configuration": configuration,
    "command-line": command_line,
    "agreement-metrics": lambda: _metrics((*AGREEMENT, *SOFT, *ANNOTATED, *LISTED), 8),
    "faithfulness-metrics": lambda: _metrics((*FAITHFULNESS, *DIVERGENCES)),
    "quality-metrics": lambda: _metrics(m for m in METRICS.values() if m.needs == "predictions"),
    "metric-tables": metric_tables,
    "metric-columns": metric_columns,
    "scorers": scorers,
    "scorers-by-backbone": scorers_by_backbone,
    "analyses": analyses,
}
"""What `<!-- generated: NAME -->` in a page stands for."""
