"""Our models under transformers' own names: `AutoModelForSequenceClassification` knows them.

`import workbench` is enough, before or after transformers is imported, and imports neither
transformers nor torch by itself: the model type is made known once transformers is in use.
"""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_LIBRARY = "transformers"


def register() -> None:
    """Make the model type known: now, if transformers has been imported, else when it is."""
    if _LIBRARY in sys.modules:
        _register_config()
    elif _AfterImport not in sys.meta_path:
        sys.meta_path.insert(0, _AfterImport)


def _register_config() -> None:
    from transformers import AutoConfig

    # The model's class, and with it torch, follows when a configuration is read: `Config.from_dict`.
    from workbench.models.transformers.config import Config

    AutoConfig.register(Config.model_type, Config, exist_ok=True)


class _AfterImport:
    """Finds transformers as Python would, and registers as soon as it has been imported.

    Not a part of it, such as its table of model types: that one is imported in the middle of others,
    where BERT's configuration cannot be had yet.
    """

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != _LIBRARY:
            return None
        others = (finder for finder in sys.meta_path if finder is not _AfterImport)
        found = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_register(module: ModuleType) -> None:
            execute(module)
            _register_config()

        spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec
