"""Texts that are unlike those a model was trained on: single ones for a model of pairs, or pairs."""

from collections.abc import Collection, Iterable

from workbench.core.documents import Window
from workbench.inference.model import Model


def unlike_training(model: Model, seconds: Collection[bool]) -> str | None:
    """Say that texts lack the second one that the model was trained with, or have one it never saw.

    None where all are as in training, and for a model that does not know, as those of earlier versions.

    Args:
        model: Any classifier.
        seconds: Of each text whether it has a second one.
    """
    unlike = sum(second != model.pairs for second in seconds)
    if model.pairs is None or not unlike:
        return None
    trained, lacks = ("pairs", "no second one") if model.pairs else ("single texts", "a second one")
    have = "the text has" if len(seconds) == 1 else f"{unlike:,} of {len(seconds):,} texts have"
    return f"{model.method} was trained on {trained}; {have} {lacks}"


def seconds_of(windows: Iterable[Window]) -> list[bool]:
    """Return of each text of some windows whether it has a second one."""
    return [bool(window.token_type_ids.any()) for window in windows if not window.window]
