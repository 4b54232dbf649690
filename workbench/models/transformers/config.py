"""The configuration of an exported model: BERT's, and which tokens stay."""

from collections.abc import Callable
from typing import Any, ClassVar, Self

from transformers import BertConfig

from workbench.models import EXPORTED_MODEL_TYPE


class Config(BertConfig):
    """A BERT with a policy; the same settings as in the config.json of a run's model folder."""

    model_type = EXPORTED_MODEL_TYPE

    workbench: dict[str, Any] | None = None
    """`method`, and `policy`: the constructor arguments of its policy."""

    import_model: ClassVar[Callable[[], None]] = staticmethod(lambda: None)
    """Imports the model's class, and with it torch; set by `register`."""

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Self:
        """Read a configuration; its model's class is made known first."""
        cls.import_model()
        return super().from_dict(config_dict, **kwargs)
