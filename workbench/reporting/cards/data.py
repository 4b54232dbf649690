"""The data card of a run: what it trained and tested on, from what the run recorded."""

from pathlib import Path
from typing import Any

import pandas as pd

from workbench.reporting.tables.table import markdown
from workbench.reporting.text.render import markdown_line, render
from workbench.reporting.text.wording import rationale_sentence
from workbench.runs.tables import RunData


def data_card_text(run: RunData) -> str:
    """Write data_card.md: source, splits, classes, shared texts, and all that was decided on the way."""
    recorded = run.about.get("data") or {}
    return render(
        "data_card.md.j2",
        name=run.config.get("name", run.folder.resolve().name),
        source=source_of(run.config),
        rationales=rationale_sentence(run.config),
        splits=_by_split(recorded.get("splits"), "quantity"),
        classes=_by_split(recorded.get("classes"), "label"),
        shared=_shared(recorded.get("leaks")),
        notes=run.about.get("notes", []),
    )


def source_of(config: dict[str, Any]) -> str:
    """Return the data's source; of a path on this machine the last part only."""
    data = config.get("data") or {}
    parts = [str(data.get("source", "not recorded")), shown_place(data.get("path")), data.get("subset")]
    return markdown_line(", ".join(str(part) for part in parts if part))


def shown_place(place: object) -> str | None:
    """Return a hub name as it is, a path without the folders that lead to it."""
    if place is None:
        return None
    path = Path(str(place))
    return path.name if path.is_absolute() or path.exists() else str(place)


def _by_split(values: dict[str, dict[str, Any]] | None, first: str) -> str:
    if not values:
        return ""
    shown = pd.DataFrame(values).map(
        lambda value: "–" if value is None or value != value else f"{value:,.6g}"
    )
    return markdown(shown.rename_axis(first).reset_index())


def _shared(leaks: list[dict[str, Any]] | None) -> str:
    if leaks is None:
        return ""
    names = {"texts": "shared texts", "first_texts": "shared first texts"}
    return markdown(pd.DataFrame(leaks).rename(columns=names)) if leaks else "There is one split."
