"""One self-contained page about a run, and every figure and table it shows as files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from workbench.files import write_text
from workbench.records import TokenScores
from workbench.reporting.controls import control_sentences, controls_table
from workbench.reporting.examples import (
    LONGEST,
    SHORTEST,
    Example,
    choose_examples,
    draw_examples,
    example_frame,
    shades,
)
from workbench.reporting.faithfulness import faithfulness_table
from workbench.reporting.figures import draw_kept, draw_plausibility, kept_frame, plausibility_frame
from workbench.reporting.figures_speed import draw_speed, draw_tokens, speed_frame, token_frame
from workbench.reporting.page import render
from workbench.reporting.run_data import RunData, read_run_data
from workbench.reporting.style import Written, save_figure
from workbench.reporting.summary import summary_sentences
from workbench.reporting.tables import Table, efficiency_table, main_table, plausibility_table
from workbench.reporting.template import PAGE
from workbench.reporting.wording import (
    conventions,
    method_name,
    rationale_sentence,
    scorer_name,
    short_rationales,
    student_sentence,
)

_PICTURED = 2
"""Examples in the picture; all of them are on the page."""

_CURVES = "Average precision and false positive rate by layer, with 95 % intervals over texts."
_KEPT = "Share of the non-rationale and of the rationale tokens that each model still has."
_TOKENS = "Tokens left in each layer, relative to the full text: median over texts, with quartiles."
_SPEED = (
    "Quality (95 % interval over texts) against counted and measured speed-up; the line is the dense "
    "model's."
)
_PICTURE = (
    "Tokens across, layers downward; darker is a higher score within the layer, blank is dropped, "
    "outlined is rationale; a dashed line, where there is one, begins the second text of a pair."
)


def write_report(run_dir: Path) -> Path:
    """Write figures/, tables/ and report.html of the run folder `run_dir`; returns the page's path.

    What the run lacks is named on the page instead of failing. Raises InputError when `run_dir` is no
    run folder or a file in it is damaged, WorkbenchError when the disk refuses; each file is whole or
    not there.
    """
    run = read_run_data(Path(run_dir))
    examples = choose_examples(run)
    tables = write_tables(run)
    figures = write_figures(run, examples)
    page = run.folder / "report.html"
    write_text(page, _render(run, tables, figures, examples))
    return page


def write_tables(run: RunData) -> dict[str, Table]:
    """Write every table the run has numbers for as CSV and LaTeX; returns them by name."""
    tables: list[Table] = []
    classification, efficiency = run.rows("classification"), run.rows("efficiency")
    seed = f"1 seed ({run.config.get('seed', 'not recorded')})"
    if classification is not None:
        student = student_sentence(run.config, classification["method"])
        told = f"Split {run.split}, {seed}. {student}".strip()
        tables.append(main_table(classification, efficiency, told))
    if efficiency is not None and efficiency["batch_size"].notna().any():
        told = f"Split {run.split}, {seed}."
        tables.append(efficiency_table(efficiency, run.rows("stopwatch"), told))
    controls, compared = run.rows("controls"), run.rows("control_comparisons")
    if controls is not None and compared is not None:
        tables.append(controls_table(controls, compared, f"Split {run.split}, {seed}."))
    agreement = run.rows("plausibility")
    if agreement is not None:
        tables += [_agreement(run, agreement, "token", "plausibility_table"),
                   _agreement(run, agreement, "word", "plausibility_table_word")]  # fmt: skip
    tested = run.rows("faithfulness")
    if tested is not None:
        tables.append(faithfulness_table(tested, f"Split {run.split}, {seed}."))
    counts = run.rows("plausibility_counts")
    if counts is not None:
        caption = "Windows and texts that each rule kept and dropped."
        names = tuple(name for name in counts.columns if counts[name].dtype.kind not in "iuf")
        tables.append(Table("counts", caption, counts, counts, names))
    tables = [table for table in tables if len(table.frame)]
    for table in tables:
        table.write(run.folder)
    return {table.name: table for table in tables}


def _agreement(run: RunData, rows: pd.DataFrame, unit: str, name: str) -> Table:
    here = rows[(rows["unit"] == unit) & (rows["universe"] == "with-evidence")]
    n = int(here["n"].max()) if len(here) else 0
    told = conventions(
        run.config, run.about, unit=unit, universe="with-evidence", selection="uniform", n=n
    )
    return plausibility_table(rows, unit=unit, conventions=f"Split {run.split}. {told}", name=name)


def write_figures(run: RunData, examples: list[Example]) -> dict[str, Written]:
    """Write every figure the run has numbers for, with the frame behind it; returns them by name."""
    made: dict[str, Written] = {}

    def add(name: str, frame: pd.DataFrame, draw: Callable[[], Any], caption: str) -> None:
        if len(frame):
            made[name] = save_figure(draw(), run.folder, name, frame, caption)

    agreement = run.rows("plausibility")
    if agreement is not None:
        source = f"Rationales: {short_rationales(run.config)}."
        curves, kept = plausibility_frame(agreement), kept_frame(agreement)
        add("plausibility", curves, lambda: draw_plausibility(curves), f"{_CURVES} {source}")
        add("plausibility_kept", kept, lambda: draw_kept(kept), f"{_KEPT} {source}")
    if run.predicted is not None:
        left = token_frame(run.predicted)
        add("tokens", left, lambda: draw_tokens(left), _TOKENS)
    classification, efficiency = run.rows("classification"), run.rows("efficiency")
    if classification is not None and efficiency is not None:
        points = speed_frame(classification, efficiency)
        add("speedup", points, lambda: draw_speed(points), _SPEED)
    shown = examples[:_PICTURED]
    add("examples", example_frame(shown), lambda: draw_examples(shown), _PICTURE)
    return made


def _render(
    run: RunData, tables: dict[str, Table], figures: dict[str, Written], examples: list[Example]
) -> str:
    name = str(run.config.get("name", run.folder.resolve().name))
    return render(
        PAGE,
        figures,
        title=f"Rationale Workbench: {name}",
        subtitle=_subtitle(run),
        rationales=rationale_sentence(run.config),
        sentences=[*summary_sentences(run), *control_sentences(run)],
        tables=tables,
        examples=[_example_view(example) for example in examples],
        example_rule=(
            f"The first texts of {SHORTEST} to {LONGEST} tokens (with a rationale, where there are "
            "any): up to four that the first pruned model classifies correctly, then up to two that "
            "it does not."
        ),
        skipped=[*run.missing, *_notes(run)],
        config=yaml.safe_dump(run.config, sort_keys=False, allow_unicode=True) if run.config else "",
        environment=json.dumps(run.environment, indent=2, ensure_ascii=False) if run.environment else "",
    )


def _subtitle(run: RunData) -> str:
    data = run.config.get("data")
    source = data.get("source", "not recorded") if isinstance(data, dict) else "not recorded"
    backbone = run.config.get("backbone", "not recorded")
    return f"Data {source}, split {run.split}; backbone {backbone}; seed {run.config.get('seed', '?')}"


def _notes(run: RunData) -> list[str]:
    notes = run.about.get("notes", [])
    return [str(note) for note in notes] if isinstance(notes, list) else [str(notes)]


def _example_view(example: Example) -> dict[str, Any]:
    return {
        "text_id": example.text_id,
        "label": example.label or "not recorded",
        "predicted": [(method_name(method), said) for method, said in example.predicted.items()],
        "views": [_scorer_view(record) for record in example.records],
    }


def _scorer_view(record: TokenScores) -> dict[str, Any]:
    shade = shades(record)
    marks = [False] * len(record.tokens) if record.rationale is None else record.rationale.tolist()
    layers = [
        [
            {
                "text": token,
                "gone": value != value,
                "marked": marked,
                "shade": f"{0.55 * value:.2f}",
                "second": index == record.second_start,
            }
            for index, (token, marked, value) in enumerate(zip(record.tokens, marks, row, strict=True))
        ]
        for row in shade.tolist()
    ]
    return {"title": f"{method_name(record.method)}, {scorer_name(record.scorer)}", "layers": layers}
