"""One self-contained page about a run, and every figure and table it shows as files."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from workbench.reporting.figures.chart import CellMap, Chart
from workbench.reporting.figures.examples import (
    LONGEST,
    SHORTEST,
    Example,
    choose_examples,
    example_frame,
    examples_map,
    shades,
)
from workbench.reporting.figures.plausibility import (
    KEPT,
    SOFT_CURVES,
    kept_chart,
    layer_frame,
    plausibility_chart,
    where,
)
from workbench.reporting.figures.saving import Written, save_figure
from workbench.reporting.figures.speed import (
    speed_axes,
    speed_chart,
    speed_frame,
    token_frame,
    tokens_chart,
)
from workbench.reporting.tables.controls import control_sentences
from workbench.reporting.tables.of_run import write_tables
from workbench.reporting.text.aims import aim_sentences
from workbench.reporting.text.render import caption, render
from workbench.reporting.text.summary import summary_sentences
from workbench.reporting.text.wording import (
    method_name,
    rationale_sentence,
    scorer_name,
    short_rationales,
)
from workbench.runs.stages import unfinished_sentence
from workbench.runs.tables import RunData, read_run_data
from workbench.storage.atomic import write_text

_PICTURED = 2
"""Examples in the picture; all of them are on the page."""


def write_report(run_dir: Path) -> Path:
    """Write figures/, tables/, report.html and report.md of the run folder `run_dir`; returns the page.

    What the run lacks, or has not finished yet, is named on the page instead of failing. Raises
    InputError when `run_dir` is no run folder or a file in it is damaged, WorkbenchError when the disk
    refuses; each file is whole or not there.
    """
    run = read_run_data(Path(run_dir))
    examples = choose_examples(run)
    tables, figures = write_tables(run), write_figures(run, examples)
    names = {*tables, *figures, *LACKING}
    shown = _words(run) | {
        "tables": tables, "figures": figures, "folded": FOLDED, "absent": LACKING,
        "no_summary": NO_SUMMARY,
        "sections": [part for part in SECTIONS if not names.isdisjoint(part.names)],
    }  # fmt: skip
    write_text(run.folder / "report.md", render("report.md.j2", **shown))
    page, known = run.folder / "report.html", run.environment
    text = render(
        "report.html.j2", **shown, examples=examples, shades=shades, method_name=method_name,
        scorer_name=scorer_name,
        example_rule=caption("example_rule", shortest=SHORTEST, longest=LONGEST),
        environment=json.dumps(known, indent=2, ensure_ascii=False) if known else "",
    )  # fmt: skip
    write_text(page, text)
    return page


def write_figures(run: RunData, examples: list[Example]) -> dict[str, Written]:
    """Write every figure the run has numbers for, with the frame behind it; returns them by name."""
    made: dict[str, Written] = {}

    def add(name: str, frame: pd.DataFrame, figure: Chart | CellMap, words: str) -> None:
        if len(frame) and figure.panels:
            made[name] = save_figure(figure, run.folder, name, frame, words)

    agreement = run.rows("plausibility")
    if agreement is not None:
        curves, kept = layer_frame(agreement), layer_frame(agreement, KEPT)
        soft = layer_frame(agreement, SOFT_CURVES)
        people = run.rows("human_bound")
        words = {
            "source": f"{where(curves)} Rationales: {short_rationales(run.config)}.",
            "people": "" if people is None else caption("people"),
        }
        add("plausibility", curves, plausibility_chart(curves, people), caption("curves", **words))
        chart = plausibility_chart(soft, people, SOFT_CURVES)
        add("plausibility_soft", soft, chart, caption("curves_soft", **words))
        add("plausibility_kept", kept, kept_chart(kept), caption("kept", source=words["source"]))
    if run.predicted is not None:
        left = token_frame(run.predicted)
        add("tokens", left, tokens_chart(left), caption("tokens", over="texts, with quartiles"))
    classification, efficiency = run.rows("classification"), run.rows("efficiency")
    if classification is not None and efficiency is not None:
        points = speed_frame(classification, efficiency)
        axes = " and ".join(speed_axes(points))
        add("speedup", points, speed_chart(points), caption("speedup", axes=axes))
    shown = examples[:_PICTURED]
    add("examples", example_frame(shown), examples_map(shown), caption("examples"))
    return made


def _words(run: RunData) -> dict[str, Any]:
    """Say what page and Markdown both say in words."""
    name = str(run.config.get("name", run.folder.resolve().name))
    going = unfinished_sentence(run.folder, run.config)
    notes = run.about.get("notes", [])
    return {
        "title": f"Rationale Workbench: {name}",
        "subtitle": _subtitle(run),
        "notes": [
            *([going] if going else []),
            *(f"{line}." for line in aim_sentences(run.aims)),
            *run.warnings,
            rationale_sentence(run.config),
        ],
        "sentences": [*summary_sentences(run), *control_sentences(run)],
        "skipped": [*run.missing, *map(str, notes if isinstance(notes, list) else [notes])],
        "config": yaml.safe_dump(run.config, sort_keys=False, allow_unicode=True) if run.config else "",
    }


def _subtitle(run: RunData) -> str:
    data = run.config.get("data")
    source = data.get("source", "not recorded") if isinstance(data, dict) else "not recorded"
    backbone = run.config.get("backbone", "not recorded")
    return f"Data {source}, split {run.split}; backbone {backbone}; seed {run.config.get('seed', '?')}"


@dataclass(frozen=True)
class Section:
    """A heading and, by name, what stands under it; left out where nothing of it is there."""

    title: str
    names: tuple[str, ...]
    text: str = ""
    folded: tuple[str, ...] = ()
    """Of `names`: shown on request where a page can."""


SECTIONS = (
    Section("Quality and speed", ("main", "speedup", "efficiency", "significance")),
    Section("Other tokens at the same budget", ("controls_table",)),
    Section("Tokens left per layer", ("tokens",)),
    Section(
        "Agreement with rationales, layer by layer",
        (
            "plausibility", "plausibility_soft", "plausibility_table", "human_bound",
            "plausibility_kept", "fpr_comparisons", "earliest", "chance", "scorer_agreement",
            "plausibility_table_word",
        ),
        "A scorer gives every token of a layer a score. Average precision asks whether rationale "
        "tokens rank above the others. The false positive rate is the share of non-rationale tokens "
        "that get at least the uniform share of the score; it is low, too, when next to nothing is "
        "selected, so recall and the share selected stand beside it. Dropped tokens rank last, tied, "
        "and are never selected.",
        ("earliest", "chance", "scorer_agreement", "plausibility_table_word"),
    ),
    Section("Faithfulness: what the model says when words go", ("faithfulness_table",)),
)  # fmt: skip
FOLDED = {
    "earliest": "How early a selection holds the rationale",
    "chance": "What chance gives on these texts",
    "scorer_agreement": "How far scorers agree with one another",
    "plausibility_table_word": "The same by words",
}
NO_SUMMARY = "no metric that a summary could be computed from."
LACKING = {
    "main": "classification results.",
    "efficiency": "measured seconds and counted FLOPs.",
    "tokens": "predictions with their tokens per layer.",
    "plausibility_table": "plausibility results.",
}
"""What is said in the place of what every report should have."""
