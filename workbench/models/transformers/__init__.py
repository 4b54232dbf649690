"""Make our models known under transformers' own names, such as to `AutoModelForSequenceClassification`.

transformers has no entry point for model types. `import workbench` therefore registers ours at once
where transformers is imported already, else as soon as it is; it imports neither transformers nor torch.
"""

import sys
import warnings
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

from workbench.catalog.backbones import BACKBONES

_LIBRARY = "transformers"


def register() -> None:
    """Make the model type known to transformers, which is imported for that; harmless when repeated.

    `import workbench` does this by itself. It is left to the user where another finder than Python's own
    imports transformers, such as that of a frozen program.

    Example:
        >>> import workbench
        >>> workbench.register()
        >>> from transformers import AutoConfig
        >>> AutoConfig.for_model("workbench-bert").model_type
        'workbench-bert'
    """
    from transformers import AutoConfig

    from workbench.models.transformers.config import config_class

    for family in BACKBONES:
        config = config_class(family)
        config.import_model = staticmethod(_import_model)
        AutoConfig.register(config.model_type, config, exist_ok=True)


def _import_model(family: str) -> None:
    from workbench.models.transformers.model import PRUNED, model_class

    for head in PRUNED:
        model_class(family, head)


def register_on_import() -> None:
    """Call `register` now if transformers has been imported, else right after it is."""
    if _LIBRARY in sys.modules:
        _register_or_warn()
    elif _RegisteringLoader not in sys.meta_path:
        sys.meta_path.insert(0, _RegisteringLoader)


def _register_or_warn() -> None:
    # `import transformers` must work whatever becomes of us.
    try:
        register()
    except Exception as error:
        warnings.warn(f"workbench's models are unknown to transformers: {error!r}", stacklevel=2)


class _RegisteringLoader(SourceFileLoader):
    """Loads transformers from Python's path as Python does, then registers.

    Not a part of it, such as its table of model types: that one is imported in the middle of others,
    where a family's configuration cannot be had yet.
    """

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As of a finder on `sys.meta_path`; whatever is not on Python's path is left to the others."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname == _LIBRARY else None
        if spec is None or type(spec.loader) is not SourceFileLoader:
            return None
        spec.loader = cls(fullname, spec.loader.path)
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Import, then register."""
        super().exec_module(module)
        _register_or_warn()
