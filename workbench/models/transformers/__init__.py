"""Make our models known under transformers' own names, to `AutoModelForSequenceClassification`.

transformers has no entry point for model types. `import workbench` therefore registers ours at once
where transformers is imported already, else as soon as it is; it imports neither transformers nor torch.
"""

import sys
import warnings
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from types import ModuleType

_LIBRARY = "transformers"


def register() -> None:
    """Make the model type known to transformers, which is imported for that; harmless when repeated.

    `import workbench` does this by itself. It is left to the user where another finder than Python's own
    imports transformers, such as that of a frozen program.
    """
    from transformers import AutoConfig

    # The model's class, and with it torch, follows when a configuration is read: `Config.from_dict`.
    from workbench.models.transformers.config import Config

    AutoConfig.register(Config.model_type, Config, exist_ok=True)


def register_on_import() -> None:
    """Call `register` now if transformers has been imported, else right after it is."""
    if _LIBRARY in sys.modules:
        _register_or_warn()
    elif _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)


def _register_or_warn() -> None:
    # `import transformers` must work whatever becomes of us.
    try:
        register()
    except Exception as error:
        warnings.warn(f"workbench's models are unknown to transformers: {error!r}", stacklevel=2)


class _Finder:
    """Finds transformers on Python's path; whatever it does not find there is left to other finders.

    Not a part of it, such as its table of model types: that one is imported in the middle of others,
    where BERT's configuration cannot be had yet.
    """

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As `importlib.abc.MetaPathFinder.find_spec`, for the one name."""
        if fullname != _LIBRARY:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or type(spec.loader) is not SourceFileLoader:
            return None
        loader = _Loader(fullname, spec.loader.path)
        return spec_from_file_location(fullname, spec.loader.path, loader=loader)


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        """Import as Python does, then register."""
        super().exec_module(module)
        _register_or_warn()
