"""The order of a report: which tables and figures stand where, and what is said where one is missing."""

from dataclasses import dataclass


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
            "plausibility", "plausibility_table", "plausibility_kept", "fpr_comparisons", "earliest",
            "chance", "scorer_agreement", "plausibility_table_word",
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
