"""Whether a run is still going, from its own record."""

from pathlib import Path
from typing import Any

from workbench.runs.folder import STAGES, read_json

_ALWAYS = ("predictions", "plausibility", "efficiency")


def unfinished_sentence(folder: Path, config: dict[str, Any]) -> str:
    """Which stages a run has not finished yet; empty for a finished one, or one without a record."""
    if not (folder / STAGES).is_file() or "methods" not in config:
        return ""
    evaluation = config.get("evaluation") or {}
    asked = [name for name in ("controls", "faithfulness") if _wanted(evaluation.get(name))]
    expected = [*config["methods"], *_ALWAYS, *asked]
    done = read_json(folder / STAGES)
    open_ones = [name for name in expected if name not in done]
    if not open_ones:
        return ""
    return (
        f"This run has not finished: {', '.join(open_ones)} still to come. What is below speaks of what "
        "there is; give the command that started the run again to go on, then `workbench report`."
    )


def _wanted(section: Any) -> bool:
    return bool(section.get("scorers") if isinstance(section, dict) else section)
