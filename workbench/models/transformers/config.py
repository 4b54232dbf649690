"""The configurations of exported models: a family's, and which tokens stay."""

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, Self

from transformers import CONFIG_MAPPING, PreTrainedConfig

from workbench.models import EXPORTED


@cache
def config_class(model_type: str) -> Any:
    """Return the class of an exported model's configuration, for a family by its own `model_type`."""
    family: type[PreTrainedConfig] = CONFIG_MAPPING[model_type]

    class Config(family):
        """A family's settings, and the same about the policy as in the config.json of a run's folder."""

        workbench: dict[str, Any] | None = None
        """`method`, and `policy`: the constructor arguments of its policy."""

        import_model: ClassVar[Callable[[str], None]] = staticmethod(lambda family: None)
        """Imports the model's class, and with it torch; set by `register`."""

        @classmethod
        def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Self:
            """Read a configuration; its model's class is made known first."""
            cls.import_model(model_type)
            settings: Self = super().from_dict(config_dict, **kwargs)
            return settings

    Config.model_type = EXPORTED + model_type
    Config.__name__ = Config.__qualname__ = f"Workbench{family.__name__}"
    return Config
