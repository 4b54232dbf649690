"""What a model says of one text, and the scores behind it."""

from dataclasses import dataclass

from workbench.core.merge_windows import stitched
from workbench.core.token_scores import TokenScores


@dataclass(frozen=True)
class Explained:
    """A prediction and the model's own scores behind it."""

    predicted: str
    """Class with the highest mean probability over the text's windows; of a regression
    what its value is called."""
    probabilities: dict[str, float]
    """By class; they sum to 1. Of a regression the predicted value, by its name."""
    records: tuple[TokenScores, ...]
    """Window by window, one per scorer in the order asked for; a dense model's own scores are NaN."""

    def stitched(self) -> list[TokenScores]:
        """One record per scorer, its windows put together."""
        scorers = dict.fromkeys(record.scorer for record in self.records)
        return [stitched([r for r in self.records if r.scorer == name]) for name in scorers]
