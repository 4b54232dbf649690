"""The tables, figures and page of a comparison, all from its folder."""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from workbench.reporting.figures.comparison import tradeoff_chart
from workbench.reporting.figures.saving import Written, save_figure
from workbench.reporting.figures.speed import token_frame, tokens_chart
from workbench.reporting.tables.comparison import (
    area_table,
    cells_table,
    comparison_table,
    curve_points,
    pairs_table,
    searches_table,
)
from workbench.reporting.tables.table import Table
from workbench.reporting.text.aims import aim_sentences
from workbench.reporting.text.render import caption, render
from workbench.reporting.text.wording import method_name, quality_words, times
from workbench.runs.comparison import COUNTED, ComparisonData, read_comparison
from workbench.storage.atomic import write_text
from workbench.storage.tables import write_table


@dataclass(frozen=True)
class WrittenComparison:
    """What was written, for the command line."""

    page: Path
    main: Table
    problems: list[str]
    missed: list[str]
    """Of `problems`: what settings asked for and the compared models are not."""


def write_comparison(folder: Path) -> WrittenComparison:
    """Write tables/, figures/ and comparison.html of a comparison from its compare.json and cells.

    Raises InputError when the folder is no comparison or nothing in it has finished.
    """
    data = read_comparison(folder)
    points = curve_points(data)
    tables = _tables(data, points)
    figures = _figures(data, points)
    short = missed_aims(data)
    problems = find_problems(data) + short
    page = data.folder / "comparison.html"
    settings = data.folder / "compare.yaml"
    text = render(
        "comparison.html.j2",
        figures=figures,
        title=f"Rationale Workbench: {data.about['name']}",
        subtitle=_subtitle(data),
        sentences=sentences(data),
        problems=problems,
        tables=tables,
        config=settings.read_text(encoding="utf-8") if settings.is_file() else "",
        environment=json.dumps(data.about["environment"], indent=2, ensure_ascii=False),
    )
    write_text(page, text)
    return WrittenComparison(page, tables["comparison"], problems, short)


def _tables(data: ComparisonData, points: pd.DataFrame) -> dict[str, Table]:
    made = [comparison_table(data), area_table(points), pairs_table(data), cells_table(data)]
    searches = searches_table(data)
    tables = {table.name: table for table in (*made, searches) if table is not None and len(table.frame)}
    for table in tables.values():
        table.write(data.folder)
        write_table(table.frame, data.folder / "tables" / f"{table.name}.parquet")
    return tables


def _figures(data: ComparisonData, points: pd.DataFrame) -> dict[str, Written]:
    left = [
        data.predictions[name].assign(method=group.key)
        for group in data.compared
        for name in group.trials
    ]  # fmt: skip
    tokens = token_frame(pd.concat(left, ignore_index=True))
    axes = " and ".join(dict.fromkeys(points["axis"].astype(str)))
    drawn = {
        "tradeoff": (points, tradeoff_chart, caption("tradeoff", axes=axes)),
        "tokens": (tokens, tokens_chart, caption("tokens", over="texts and seeds, quartiles")),
    }
    return {
        name: save_figure(draw(frame), data.folder, name, frame, words)
        for name, (frame, draw, words) in drawn.items()
        if len(frame)
    }


def _subtitle(data: ComparisonData) -> str:
    runs, hours = len(data.about["cells"]), data.about["seconds"] / 3600
    state = "" if data.about["finished"] else "; not finished"
    return f"Data {data.about['data']}, split {data.split}; {runs} runs, {hours:.2f} hours{state}"


def sentences(data: ComparisonData) -> list[str]:
    """Say what each compared method reaches, and whether it is ahead of random tokens at its budget."""
    lines = []
    dense = data.trials[data.trials["kind"] == "dense"].set_index("seed")[data.quality]
    for group in data.compared:
        rows = data.rows(group)
        text = f"{method_name(group.key)}: {quality_words(data.quality, rows[data.quality].mean())}"
        if group.method != "dense":
            lost = 100 * (rows["seed"].map(dense) - rows[data.quality]).mean()
            way = "below" if lost >= 0 else "above"
            fewer = times(rows[COUNTED].mean())
            text += f", {abs(lost):.1f} points {way} dense, at {fewer} times fewer FLOPs (unpadded)"
        lines.append(f"{text}, mean of n = {len(rows)}.{_against_random(rows, data.quality)}")
    return lines


def _against_random(rows: pd.DataFrame, quality: str) -> str:
    if "random_quality" not in rows or rows["random_quality"].isna().all():
        return ""
    gain = 100 * (rows[quality] - rows["random_quality"]).mean()
    limit = rows["random_high"].fillna(rows["random_quality"]).mean()
    verdict = "" if rows[quality].mean() > limit else ": within noise of it"
    return f" Random tokens at the same budget: {gain:+.1f} points for the method{verdict}."


def missed_aims(data: ComparisonData) -> list[str]:
    """List what settings asked for and the compared models are not, a line each."""
    names = dict.fromkeys(name for group in data.compared for name in group.trials)
    return [f"{name}: {line}" for name in names for line in aim_sentences(data.aims.get(name))]


def find_problems(data: ComparisonData) -> list[str]:
    """List failed runs, searches that missed their target, and what contradicted them, a line each."""
    lines = [
        f"{cell['name']} failed: {cell['error']}" for cell in data.about["cells"] if cell["error"]
    ]  # fmt: skip
    for search in data.about["searches"]:
        nearest, where = search["nearest"], f"{search['method']}, seed {search['seed']}"
        if not search["reached"]:
            near = (
                f"nearest {nearest['value']:.3g} at strength {nearest['strength']:g}"
                if nearest
                else "no try finished"
            )
            where += f": {search['quantity']} {search['target']:g} not matched, {near}"
        if search["notes"] or not search["reached"]:
            lines.append("; ".join([where, *search["notes"]]))
    return lines
