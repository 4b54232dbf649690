"""A model made ready to be differentiated: nothing random, and no gradient held back."""

from collections.abc import Iterator
from contextlib import contextmanager

from workbench.models.classifier import PruningClassifier
from workbench.models.layouts import Rejoin


def rejoining(model: PruningClassifier) -> Rejoin | None:
    """Return how dropped tokens rejoin in a pass that is explained; None: only the text has outputs.

    Always with their whole gradient: what is explained is what the model computes, not how its method
    is trained.
    """
    return None if model.reads == "sequence" else "last"


@contextmanager
def frozen(model: PruningClassifier) -> Iterator[None]:
    """Have no dropout and no gradients of the parameters inside; afterwards all is as it was."""
    learning = [value for value in model.parameters() if value.requires_grad]
    was_training = model.training
    model.eval()
    for value in learning:
        value.requires_grad_(False)
    try:
        yield
    finally:
        for value in learning:
            value.requires_grad_()
        model.train(was_training)
