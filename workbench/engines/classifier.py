"""A classifier whose graph an engine runs."""

from collections.abc import Sequence

from workbench.core.documents import Window
from workbench.core.inference import Inference, in_batches
from workbench.core.task_type import TaskType, task_type_of
from workbench.engines.graphs import CALL_PAIRS, Graphs
from workbench.engines.manifest import is_of_texts
from workbench.errors import InputError


class EngineClassifier(Graphs):
    """An exported classifier in ONNX Runtime or OpenVINO: the same answers as the torch model's."""

    def check(self) -> None:
        """Raise InputError where the folder's model says something of each token."""
        if not is_of_texts(self.manifest.task):
            raise InputError(
                f"{self.folder}: its model says something of each token ({self.manifest.task}), and a "
                "classifier is needed; one that answers questions is loaded by workbench.load_answerer, "
                "on the command line by workbench ask"
            )

    @property
    def task_type(self) -> TaskType:
        """Return what the outputs mean."""
        assert is_of_texts(self.manifest.task)
        return task_type_of(self.labels, self.manifest.task)

    @property
    def pairs(self) -> bool | None:
        return self.manifest.pairs

    def infer(self, windows: Sequence[Window], batch_size: int = 32) -> Inference:
        """Return logits and remaining tokens of every window.

        Args:
            windows: Results come in their order.
            batch_size: Windows of similar length that run together.

        Raises:
            InputError: A window is longer than the model.
        """
        return in_batches(
            windows,
            self.together(windows, batch_size),
            lambda batch: Inference(*self.run([windows[index] for index in batch])),
            outputs=len(self.labels),
            layers=self.costs.shape.layers,
            pairs=CALL_PAIRS,
        )
