"""The data card of a run: what it trained and tested on, from what the run recorded."""

from pathlib import Path
from typing import Any

import pandas as pd

from workbench.reporting.tables.table import markdown
from workbench.reporting.text.render import markdown_line as cell
from workbench.reporting.text.wording import rationale_sentence
from workbench.runs.tables import RunData

_UNKNOWN = (
    "licence of the texts, their language, how and from whom they were collected, and whether they hold "
    "personal data"
)


def data_card_text(run: RunData) -> str:
    """data_card.md: source, splits, classes, shared texts, and all that was decided on the way."""
    card = run.about.get("data") or {}
    notes = [f"- {cell(note)}" for note in run.about.get("notes", [])]
    return "\n\n".join(
        [
            f"# Data of {cell(run.config.get('name', run.folder.resolve().name))}",
            f"Source: {source_of(run.config)}. {rationale_sentence(run.config)}",
            "## Splits",
            _table(card.get("splits"), "quantity"),
            "Shares are means over texts, in words; windows are what the encoder saw, in tokens.",
            "## Texts per class, or values of a regression",
            _table(card.get("classes"), "label"),
            "## Texts that two splits share",
            _shared(card.get("leaks")),
            "## How it was split, cleaned and cut",
            "\n".join(notes) or "Not recorded.",
            "## Not known",
            f"Not recorded: {_UNKNOWN}.",
        ]
    )


def source_of(config: dict[str, Any]) -> str:
    """The data's source; of a path on this machine the last part only."""
    data = config.get("data") or {}
    parts = [str(data.get("source", "not recorded")), shown_place(data.get("path")), data.get("subset")]
    return cell(", ".join(str(part) for part in parts if part))


def shown_place(place: object) -> str | None:
    """A hub name as it is, a path without the folders that lead to it."""
    if place is None:
        return None
    path = Path(str(place))
    return path.name if path.is_absolute() or path.exists() else str(place)


def _table(by_split: dict[str, dict[str, Any]] | None, first: str) -> str:
    if not by_split:
        return "Not recorded."
    frame = pd.DataFrame(by_split)
    shown = frame.map(lambda value: "–" if value is None or value != value else f"{value:,.6g}")
    return markdown(shown.rename_axis(first).reset_index())


def _shared(leaks: list[dict[str, Any]] | None) -> str:
    if leaks is None:
        return "Not recorded."
    names = {"texts": "shared texts", "first_texts": "shared first texts"}
    return markdown(pd.DataFrame(leaks).rename(columns=names)) if leaks else "There is one split."
